// Changing seats and rules for the house.

#include "admin.hpp"

#include <cstring>

#include "engine_detail.hpp"

namespace tix::core {

namespace {

Hold* create_block(const Access& a, SessionBlock& b, Ordinal seat, Micros deadline,
                   u32 generation) {
    const HoldSpec spec = {
        next_token(a.arena, b, seat, generation), {}, deadline, 0, SeatState::blocked};
    return hold_create(a.arena, b, spec, &seat, 1);
}

Reason survey_block(const Access& a, SessionBlock& b, Ordinal seat, PartitionSet* need) {
    const SeatSlot& slot = b.slot(seat);
    if (slot.state == SeatState::free) return Reason::none;
    if (slot.state == SeatState::sold) return Reason::sold;
    const Hold& h = b.hold(slot.head);
    const bool settled = h.writer == 0 || h.writer == a.log->writer;
    if (settled_listed(h)) return Reason::none;
    if (slot.state == SeatState::blocked && !hold_overdue(h, a.now))
        return settled ? Reason::none : Reason::busy;
    if (!hold_overdue(h, a.now)) return Reason::held;
    need->merge(hold_partitions(a.arena, h));
    return Reason::none;
}

// Takes back this transaction's unblocking; the block ends at the new deadline.
bool block_again(const Access& a, SessionBlock& b, Ordinal seat, Micros deadline) {
    SeatSlot& slot = b.slot(seat);
    if (slot.state != SeatState::blocked || !pending_release(slot)) return false;
    Hold& h = b.hold(seat);
    slot.flags = static_cast<u8>(slot.flags & ~kPendingRelease);
    xact_append(a.arena, *a.log, Op::unrelease, b, &h, seat, 0);
    xact_append(a.arena, *a.log, Op::raise, b, &h, h.flags, h.deadline);
    hold_set_deadline(a.arena, h, deadline);
    h.flags = static_cast<u8>(h.flags & ~kListed);  // the house's from now on
    return true;
}

// Frees the seat if what it is in is overdue; answers whether it is free.
bool free_now(const Access& a, SessionBlock& b, Ordinal seat) {
    const SeatSlot& slot = b.slot(seat);
    if (slot.head != kNoSeat) (void)hold_expire(a.arena, b.hold(slot.head).lock_id, a.now, a.held);
    if (slot.head != kNoSeat && settled_listed(b.hold(slot.head)))
        hold_end(a.arena, b.hold(slot.head), SeatState::free);
    return slot.state == SeatState::free;
}

void append_channel(const Access& a, SessionBlock& b, Ordinal seat, u8 channel) {
    if (channel != 0) b.channel(channel).seats.fetch_add(1, std::memory_order_relaxed);
    xact_append(a.arena, *a.log, Op::channel, b, nullptr, seat, channel);
}

}  // namespace

HoldAnswer block_seats(const Access& a, SessionBlock& b, const Ordinal* seats, u32 n,
                       Micros deadline, u32 generation, Reason* seat_reason, Ordinal* out,
                       u32* n_out) {
    *n_out = 0;
    PartitionSet need;
    Reason first = Reason::none;
    for (u32 i = 0; i < n; i++) {
        seat_reason[i] = survey_block(a, b, seats[i], &need);
        if (first == Reason::none) first = seat_reason[i];
    }
    if (first != Reason::none) return answer(Status::refused, first);
    if (!a.held.covers(need)) return need_more(need);
    if (!a.log->room(2 * n)) return answer(Status::log_full);
    for (u32 i = 0; i < n; i++) {
        if (block_again(a, b, seats[i], deadline)) {
            out[(*n_out)++] = seats[i];
        } else if (free_now(a, b, seats[i])) {
            Hold* h = create_block(a, b, seats[i], deadline, generation);
            xact_append(a.arena, *a.log, Op::grant, b, h, seats[i], 0);
            out[(*n_out)++] = seats[i];
        }
    }
    return answer(Status::ok);
}

HoldAnswer unblock_seats(const Access& a, SessionBlock& b, const Ordinal* seats, u32 n,
                         Ordinal* out, u32* n_out) {
    *n_out = 0;
    if (!a.log->room(n)) return answer(Status::log_full);
    for (u32 i = 0; i < n; i++) {
        if (b.slot(seats[i]).state != SeatState::blocked) continue;
        const Hold& h = b.hold(seats[i]);
        if (h.writer != 0 && h.writer != a.log->writer) return answer(Status::busy, Reason::busy);
    }
    for (u32 i = 0; i < n; i++) {
        SeatSlot& slot = b.slot(seats[i]);
        if (slot.state != SeatState::blocked || pending_release(slot)) continue;
        Hold& h = b.hold(seats[i]);
        if (hold_overdue(h, a.now)) continue;
        slot.flags |= kPendingRelease;
        xact_append(a.arena, *a.log, Op::release, b, &h, seats[i], 0);
        out[(*n_out)++] = seats[i];
    }
    return answer(Status::ok);
}

HoldAnswer force_release(const Access& a, SessionBlock& b, Ordinal seat) {
    SeatSlot& slot = b.slot(seat);
    if (slot.state == SeatState::confirming) return answer(Status::busy, Reason::busy);
    if (slot.state != SeatState::held) return answer(Status::ok);
    Hold& h = b.hold(slot.head);
    if (hold_overdue(h, a.now)) return answer(Status::ok);
    const PartitionSet need = hold_partitions(a.arena, h);
    if (!a.held.covers(need)) return need_more(need);
    if (h.writer != 0 && h.writer != a.log->writer) return answer(Status::busy, Reason::busy);
    if (pending_release(slot)) return answer(Status::ok);
    if (!a.log->room(1)) return answer(Status::log_full);
    slot.flags |= kPendingRelease;
    xact_append(a.arena, *a.log, Op::release, b, &h, seat, 0);
    home_of(a, h.lock_id).count(Count::releases);
    return describe_release(a.arena, h);
}

Status set_rule(const Access& a, SessionBlock& b, Rule which, i64 value) {
    if (!a.log->room(1)) return Status::log_full;
    xact_append(a.arena, *a.log, Op::rule, b, nullptr, static_cast<u32>(which), value);
    return Status::ok;
}

Status set_channel(const Access& a, SessionBlock& b, Text key, i64 from, i64 until,
                   const Ordinal* seats, u32 n) {
    const auto of_this_key = [&](u8 channel) {
        if (channel == 0) return false;
        const Channel& c = b.channel(channel);
        return c.key_size == key.size && std::memcmp(c.key, key.data, key.size) == 0;
    };
    u32 leaving = 0;
    for (Ordinal o = 0; o < b.seats; o++)
        leaving += of_this_key(b.slot(o).channel);
    if (!a.log->room(n + leaving)) return Status::log_full;
    const u8 channel = n == 0 ? 0 : channel_claim(b, key, from, until);
    if (n > 0 && channel == 0) return Status::no_memory;
    // Those that leave come first: a seat that stays is put back by its second entry.
    for (Ordinal o = 0; o < b.seats; o++)
        if (of_this_key(b.slot(o).channel)) append_channel(a, b, o, 0);
    for (u32 i = 0; i < n; i++)
        append_channel(a, b, seats[i], channel);
    return Status::ok;
}

void restore_block(const Access& a, SessionBlock& b, Ordinal seat, Micros deadline,
                   u32 generation) {
    if (b.slot(seat).state != SeatState::free || deadline <= a.now) return;
    (void)create_block(a, b, seat, deadline, generation);
}

bool restore_channel(SessionBlock& b, Text key, i64 from, i64 until, const Ordinal* seats, u32 n) {
    const bool fits = key.size > 0 && key.size <= kChannelKeyBytesMax;
    const u8 channel = n == 0 || !fits ? 0 : channel_claim(b, key, from, until);
    if (channel == 0) return n == 0;
    for (u32 i = 0; i < n; i++) {
        if (b.slot(seats[i]).channel != 0) continue;
        channel_enter(b, seats[i], channel);
        b.channel(channel).seats.fetch_add(1, std::memory_order_relaxed);
    }
    return true;
}

}  // namespace tix::core
