// Who has how many seats of a session: its live holds and sold seats, chained by owner.
//
// An entry is the head seat of a hold, or a sold seat; the hold entry of a sold seat is nobody's
// and keeps the owner. Locking. A chain needs the lock of its owner's partition, which belongs to
// the partitions of every hold (`hold_partitions`).
#pragma once

#include "session.hpp"

namespace tix::core {

inline u64 owner_hash(const Uuid& owner) {
    return mix64(owner.hi ^ mix64(owner.lo));
}

// A session has at least as many chains as there are partitions, so the partition of an owner is
// the same in all sessions.
inline u32 owner_partition(const Arena& arena, const Uuid& owner) {
    return arena.partition_of(static_cast<u32>(owner_hash(owner)));
}

// Asks for the memory that chaining a seat under an owner touches.
inline void owner_ask(SessionBlock& block, const Uuid& owner) {
    const u64 chain = owner_hash(owner) & (block.owner_chains - 1);
    __builtin_prefetch(&block.part<Ordinal>(block.owner_heads_at)[chain], 1);
}
inline void owner_ask(SessionBlock& block, Ordinal entry) {
    __builtin_prefetch(&block.part<OwnerLink>(block.owner_links_at)[entry], 1);
}

// Chains the entry under the owner that its hold entry names; takes it out again.
void owner_link(SessionBlock& block, Ordinal entry);
void owner_unlink(SessionBlock& block, Ordinal entry);

// The seat is sold to this owner from now on.
inline void owner_keeps_sold(SessionBlock& block, Ordinal seat, const Uuid& owner) {
    block.hold(seat).owner = owner;
    owner_link(block, seat);
}

// True when the chain of the entry's owner leads to it.
bool owner_linked(SessionBlock& block, Ordinal entry);

// Seats the owner has: sold, or in holds that are not overdue.
u32 owner_seats(SessionBlock& block, const Uuid& owner, Micros now);

}  // namespace tix::core
