// The rules of a sale that an organiser may change while it runs: when it is open, for whom, and
// how many seats one buyer may have.
//
// Locking. Rules are single words, read without a lock and written when the transaction that sets
// them commits. A channel is written under every partition of its block while no seat is in it, so
// one partition lock is enough to read the channel of a seat.
#pragma once

#include "session.hpp"

namespace tix::core {

// What a caller brings to the rules: the wall clock, microseconds, and the channel keys it knows.
struct Caller {
    i64 wall = 0;
    const Text* keys = nullptr;
    u32 n_keys = 0;
    bool above_rules = false;  // writes tickets, or takes back what was paid
    bool admitted = false;     // has come through the waiting room
    bool from_list = false;    // an offer to the waiting list: may have its seats
};

// none, or why nothing of this session is sold to the caller now: paused, sale_ended, queued,
// not_on_sale. A channel that opens before the sale is no way past a waiting room.
Reason sale_closed(const SessionBlock& block, const Caller& caller);

inline i64 rule(const SessionBlock& block, Rule which) {
    return block.rules[static_cast<u32>(which)].load(std::memory_order_relaxed);
}

// What a channel says to a caller who wants its seat.
enum class Admission : u8 {
    general,  // in no channel, or its time is over: anybody's, while the session is on sale
    opened,   // the caller has the key and the channel is open, even before the general sale
    barred,
};
Admission admission(const SessionBlock& block, const SeatSlot& slot, const Caller& caller);

// The seat is in this channel, or in none, from now on.
inline void channel_enter(SessionBlock& block, Ordinal seat, u8 channel) {
    u8& now = block.slot(seat).channel;
    block.channelled.fetch_add((channel != 0) - (now != 0), std::memory_order_relaxed);
    now = channel;
}

// The channel with this key and these times, made where no other is using the room; counted from 1.
// 0 when the session has as many channels as it may. Requires a key that fits, and every partition
// of the block.
u8 channel_claim(SessionBlock& block, Text key, i64 from, i64 until);

}  // namespace tix::core
