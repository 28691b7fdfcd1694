// The rules of a session as the tables have them, as the loader and tix_check() see them.
#pragma once

#include "glue.hpp"

namespace tix::pg {

struct TableBlock {
    Text seat;
    Micros deadline;
};

struct TableChannel {
    Text key;
    TimestampTz from, until;
    TextList seats;
    Ordinal* seat;  // room for all of them
};

struct TableRules {
    i64 value[kRules];
    int blocks, channels;
    TableBlock* block;
    TableChannel* channel;
};

// Requires SPI_connect; everything is palloc'd in the current context.
TableRules read_rules(const Uuid& session, AsOf as_of = AsOf::now);
// Brings them into a block nobody else can see, after its holds. Cannot fail. Requires every
// partition of the block in `a.held`; the house's holds get tokens of this generation.
void apply_rules(const Access& a, SessionBlock& block, const TableRules& rules, u32 generation);

}  // namespace tix::pg
