// The change ring: the last changes of seats, in order, overwritten oldest first.
//
// Writers publish under the partition lock of the seat, so changes of one seat are in order; slots
// are claimed by number, so writers of different partitions do not wait for each other. Readers
// take no lock. They stop at the first slot not yet published; one that has been overtaken is told
// so.
//
// Failure. A writer stopped between claim and publication for a whole turn of the ring is lapped:
// the change that needs its slot is dropped and `ring_lost` says up to where readers must resync.
#pragma once

#include "arena.hpp"

namespace tix::core {

struct Change {
    u64 seq;
    Uuid session;
    u32 database;
    u32 layout_version;
    Ordinal ordinal;
    SeatState state;
};

enum class RingRead { change, end, resync };

void ring_publish(const Arena& arena, const Uuid& session, u32 database, u32 layout_version,
                  Ordinal ordinal, SeatState state);

// Reads the change numbered `seq` (the first is 1).
RingRead ring_read(const Arena& arena, u64 seq, Change* out);

inline u64 ring_last(const Arena& arena) {
    return arena.header().ring_next.load(std::memory_order_acquire);
}

}  // namespace tix::core
