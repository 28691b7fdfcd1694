// What the views over memory share.
#pragma once

#include "loader.hpp"

namespace tix::pg {

// The sessions of this database that are in memory; each is pinned until the transaction ends.
struct Blocks {
    SessionBlock** block;
    u32 n;
};
Blocks pin_blocks(const char* function);

inline Datum count_datum(u64 n) {
    return Int64GetDatum(static_cast<int64>(n));
}

}  // namespace tix::pg
