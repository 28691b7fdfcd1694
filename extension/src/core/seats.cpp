// Seats by themselves: giving sold ones back, restoring them from the journal, reading and
// auditing.

#include "engine_detail.hpp"
#include "owners.hpp"

namespace tix::core {

namespace {

bool freed_elsewhere(const Access& a, const SeatSlot& slot) {
    return slot.next != kNoSeat && slot.next != a.log->writer;
}

// Flags a sold seat; the log remembers whether this transaction had already changed it.
void flag_free(const Access& a, SessionBlock& b, Ordinal seat) {
    SeatSlot& slot = b.slot(seat);
    slot.flags |= kPendingFree;
    xact_append(a.arena, *a.log, Op::free_sold, b, nullptr, seat, slot.next != kNoSeat);
    slot.next = a.log->writer;
}

}  // namespace

Status free_sold(const Access& a, SessionBlock& b, const Ordinal* seats, u32 n, Ordinal* out,
                 u32* n_out) {
    *n_out = 0;
    if (!a.log->room(n)) return Status::log_full;
    for (u32 i = 0; i < n; i++) {
        const SeatSlot& slot = b.slot(seats[i]);
        if (slot.state != SeatState::sold || (slot.flags & kPendingFree) != 0) continue;
        if (freed_elsewhere(a, slot)) continue;
        flag_free(a, b, seats[i]);
        out[(*n_out)++] = seats[i];
    }
    return Status::ok;
}

Status ticket_remove(const Access& a, SessionBlock& b, Ordinal seat) {
    SeatSlot& slot = b.slot(seat);
    if (!a.log->room(1)) return Status::log_full;
    if (slot.state == SeatState::sold) {
        if (freed_elsewhere(a, slot)) return Status::busy;
        if ((slot.flags & kPendingFree) == 0) flag_free(a, b, seat);
    } else if (slot.state == SeatState::confirming && !pending_release(slot)) {
        Hold& h = b.hold(slot.head);
        if (h.writer != a.log->writer) return Status::busy;
        slot.flags |= kPendingRelease;
        xact_append(a.arena, *a.log, Op::release, b, &h, seat, 0);
    }
    return Status::ok;
}

Status ticket_owner(const Access& a, SessionBlock& b, Ordinal seat, const Uuid& owner) {
    const SeatSlot& slot = b.slot(seat);
    if (slot.state != SeatState::sold && slot.state != SeatState::confirming) return Status::ok;
    if (!a.log->room(1)) return Status::log_full;
    xact_append_owner(a.arena, *a.log, b, seat, owner);
    return Status::ok;
}

u32 restore_hold(const Access& a, SessionBlock& b, const HoldSpec& spec, bool ordered, u16 version,
                 Ordinal* seats, u32 n) {
    u32 kept = 0;
    for (u32 i = 0; i < n; i++)
        if (b.slot(seats[i]).state == SeatState::free) seats[kept++] = seats[i];
    if (kept == 0 || hold_find(a.arena, spec.lock_id) != nullptr) return 0;
    Hold* h = hold_create(a.arena, b, spec, seats, kept);
    h->version = version;
    if (ordered) h->flags |= kOrdered;
    return kept;
}

SeatState seat_state(SessionBlock& b, Ordinal seat, Micros now) {
    const SeatSlot& slot = b.slot(seat);
    if (slot.state != SeatState::held && slot.state != SeatState::blocked) return slot.state;
    const Hold& h = b.hold(slot.head);
    if (!hold_overdue(h, now)) return slot.state;
    const bool listed = h.state == SeatState::held && list_until(b, h.deadline, now) > 0;
    return listed ? SeatState::blocked : SeatState::free;
}

namespace {

bool row_bits_agree(SessionBlock& b, Ordinal seat, SeatState state) {
    const RowInfo& row = b.row(b.layout(seat).row);
    const u32 i = seat - row.first_seat;
    const RowBits& bits = b.bits(row)[i >> 6];
    const bool held = state == SeatState::held || state == SeatState::confirming;
    return ((bits.free >> (i & 63)) & 1) == (state == SeatState::free) &&
           ((bits.held >> (i & 63)) & 1) == held;
}

}  // namespace

const char* audit_area(const Access& a, SessionBlock& b, u32 area) {
    const AreaInfo& info = b.area(area);
    u32 count[kSeatStates] = {};
    for (u32 i = 0; i < info.seats; i++) {
        const Ordinal seat = info.first_seat + i;
        const SeatSlot& slot = b.slot(seat);
        count[static_cast<u32>(slot.state)]++;
        if (!row_bits_agree(b, seat, slot.state)) return "S12: a row's bits differ from its seats";
        const bool has_hold = slot.head != kNoSeat;
        const bool wants_hold = slot.state != SeatState::free && slot.state != SeatState::sold;
        if (has_hold != wants_hold) return "S1: seat and hold disagree";
        const bool counted = slot.state == SeatState::sold ||
                             (slot.head == seat && slot.state != SeatState::blocked);
        if (counted && !owner_linked(b, seat)) return "S12: the owner is not counted";
        if (!has_hold) continue;
        const Hold& h = b.hold(slot.head);
        if (h.lock_id == 0 || hold_find(a.arena, h.lock_id) != &h) return "S1: hold not indexed";
        u32 seen = 0, seats = 0;
        for (Ordinal o = slot.head; o != kNoSeat; o = b.slot(o).next) {
            seats++;
            seen += o == seat;
            if (seats > h.seats) return "S1: hold lists too many seats";
        }
        if (seen != 1 || seats != h.seats) return "S1: hold does not list its seat once";
    }
    for (u32 s = 0; s < kSeatStates; s++)
        if (count[s] != info.count[s]) return "S12: counters differ from a recount";
    return nullptr;
}

}  // namespace tix::core
