// Writing and reading the change ring without locks.

#include "ring.hpp"

#include "step.hpp"

namespace tix::core {

namespace {

constexpr u64 kBusy = u64{1} << 63;

void raise_to(std::atomic<u64>& value, u64 floor) {
    u64 seen = value.load(std::memory_order_relaxed);
    while (seen < floor && !value.compare_exchange_weak(seen, floor, std::memory_order_release)) {
    }
}

}  // namespace

void ring_publish(const Arena& arena, const Uuid& session, u32 database, u32 layout_version,
                  Ordinal ordinal, SeatState state) {
    ArenaHeader& h = arena.header();
    const u64 seq = h.ring_next.fetch_add(1, std::memory_order_acq_rel) + 1;
    RingSlot& slot = arena.ring()[seq & (h.ring_slots - 1)];
    u64 old = slot.seq.load(std::memory_order_relaxed);
    const bool lapped = (old & kBusy) != 0 || old >= seq;
    if (lapped || !slot.seq.compare_exchange_strong(old, kBusy | seq, std::memory_order_acq_rel)) {
        raise_to(h.ring_lost, seq);
        return;
    }
    TIX_STEP(ring_claimed);
    slot.session_hi.store(session.hi, std::memory_order_release);
    slot.session_lo.store(session.lo, std::memory_order_release);
    slot.database_layout.store(u64{database} << 32 | layout_version, std::memory_order_release);
    slot.ordinal_state.store(u64{ordinal} << 8 | static_cast<u64>(state),
                             std::memory_order_release);
    slot.seq.store(seq, std::memory_order_release);
}

RingRead ring_read(const Arena& arena, u64 seq, Change* out) {
    const ArenaHeader& h = arena.header();
    if (seq > ring_last(arena)) return RingRead::end;
    if (seq <= h.ring_lost.load(std::memory_order_acquire)) return RingRead::resync;
    const RingSlot& slot = arena.ring()[seq & (h.ring_slots - 1)];
    const u64 before = slot.seq.load(std::memory_order_acquire);
    if ((before & ~kBusy) > seq) return RingRead::resync;
    if (before != seq) {
        const bool overtaken = ring_last(arena) >= seq + h.ring_slots;
        return overtaken ? RingRead::resync : RingRead::end;
    }
    out->seq = seq;
    out->session.hi = slot.session_hi.load(std::memory_order_acquire);
    out->session.lo = slot.session_lo.load(std::memory_order_acquire);
    const u64 database_layout = slot.database_layout.load(std::memory_order_acquire);
    const u64 ordinal_state = slot.ordinal_state.load(std::memory_order_acquire);
    if (slot.seq.load(std::memory_order_relaxed) != seq) return RingRead::resync;
    out->database = static_cast<u32>(database_layout >> 32);
    out->layout_version = static_cast<u32>(database_layout);
    out->ordinal = static_cast<Ordinal>(ordinal_state >> 8);
    out->state = static_cast<SeatState>(ordinal_state & 0xFF);
    return RingRead::change;
}

}  // namespace tix::core
