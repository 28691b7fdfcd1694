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
TableRules read_rules(const Uuid& session);
// Brings them into a block nobody else can see, after its holds. Cannot fail.
void apply_rules(SessionBlock& block, const TableRules& rules);

}  // namespace tix::pg
