// The orphan rule for seats somebody chose: do not leave a single seat that nobody will buy.
//
// An orphan is a free seat, no accessible place, whose neighbours in the row are not free: taken,
// an aisle or the row's end. A choice that makes one is refused, unless the row has no better for
// as many: no block of as many free neighbours in that row would leave none either.
#pragma once

#include "engine_detail.hpp"

namespace tix::core {

// The first seat that taking call.seats would make an orphan against the rule; kNoSeat when there
// is none or the call allows orphans. Overdue seats count as free, seats of one's own hold as
// taken. Requires the partition locks of the seats.
Ordinal find_orphan(const Access& a, const LockCall& call);

inline HoldAnswer refuse_orphan(Ordinal seat) {
    HoldAnswer refused = answer(Status::refused, Reason::orphan);
    refused.orphan = seat;
    return refused;
}

}  // namespace tix::core
