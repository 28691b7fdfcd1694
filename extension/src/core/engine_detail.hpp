// What the engine's calls share: answers, and finding one's own hold with the locks to change it.
#pragma once

#include "engine.hpp"

namespace tix::core {

inline HoldAnswer answer(Status status, Reason reason = Reason::none) {
    HoldAnswer a;
    a.status = status;
    a.reason = reason;
    return a;
}

inline HoldAnswer need_more(const PartitionSet& need) {
    HoldAnswer a = answer(Status::need_partitions);
    a.need = need;
    return a;
}

HoldAnswer describe(const Arena& arena, const Hold& hold);
// After seats were flagged for release: counts the version of the release, which is the answer's,
// and when seats stay, one more for the journal row that lists them.
HoldAnswer describe_release(const Arena& arena, Hold& hold);

// The owner's live hold, with the locks to change it, and no other transaction at work on it;
// otherwise null, and `why` says why not. Requires room for `entries` in the log.
Hold* claim_own(const Access& a, u64 lock_id, const Uuid& owner, u32 entries, HoldAnswer* why);

inline Partition& home_of(const Access& a, u64 lock_id) {
    return a.arena.partition(a.arena.partition_of(Token::home(lock_id)));
}

// A token greater than any before, for a hold whose first seat this is.
u64 next_token(const Arena& arena, SessionBlock& block, Ordinal seat, u32 generation);

// Counts how long a lock call waited until it could be decided, in a partition that it holds.
inline void note_call(const Access& a, u32 partition, Latency kind) {
    if (a.began != 0) a.arena.latency(partition).of[static_cast<u32>(kind)].add(a.now - a.began);
}

// A block of the waiting list that no transaction is giving back.
inline bool settled_listed(const Hold& h) {
    return h.state == SeatState::blocked && (h.flags & kListed) != 0 && h.writer == 0;
}

inline bool pending_release(const SeatSlot& slot) {
    return (slot.flags & kPendingRelease) != 0;
}

}  // namespace tix::core
