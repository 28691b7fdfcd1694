// Commit and abort of what a transaction did to seats: one `case` per kind of change.

#include "xact.hpp"

#include "owners.hpp"
#include "rules.hpp"
#include "step.hpp"

namespace tix::core {

namespace {

bool relies_on_hold(Op op) {
    switch (op) {
        case Op::grant:
        case Op::add:
        case Op::raise:
        case Op::unrelease:
        case Op::confirm:
        case Op::verify:
            return true;
        case Op::release:
        case Op::free_sold:
        case Op::unfree:
        case Op::pin:
        case Op::rule:
        case Op::channel:
        case Op::owner:
            break;
    }
    return false;
}

bool has_writer(Op op) {
    return op < Op::free_sold;  // the changes of holds stand first
}

// The hold this entry changed, if it is still the one.
Hold* entry_hold(const Arena& arena, const XactEntry& e) {
    return e.lock_id == 0 || e.op == Op::owner ? nullptr : hold_find(arena, e.lock_id);
}

bool in_hold(const Arena& arena, const Hold& h, Ordinal seat) {
    return hold_block(arena, h).slot(seat).head == hold_head(arena, h);
}

SessionBlock* entry_block(const Arena& arena, const XactEntry& e) {
    auto* b = arena.ref<SessionBlock>(e.block);
    return b->generation == e.block_generation ? b : nullptr;
}

void set_slot_flag(SessionBlock& b, Ordinal seat, u8 flag, bool on) {
    u8& flags = b.slot(seat).flags;
    flags = static_cast<u8>(on ? flags | flag : flags & ~flag);
}

void unpin_block(const Arena& arena, const XactEntry& e) {
    if (SessionBlock* b = entry_block(arena, e)) b->pins.fetch_sub(1, std::memory_order_release);
}

void drop_channel(SessionBlock& b, u8 channel) {
    if (channel != 0) b.channel(channel).seats.fetch_sub(1, std::memory_order_relaxed);
}

// Undoes one entry. Returns the hold it was about if that still lives.
Hold* undo(const Arena& arena, const XactEntry& e, Micros now) {
    SessionBlock* b = entry_block(arena, e);
    if (b == nullptr) return nullptr;
    if (e.op == Op::free_sold || e.op == Op::unfree) {
        set_slot_flag(*b, e.seat, kPendingFree, e.op == Op::unfree);
        if (e.value == 0) b->slot(e.seat).next = kNoSeat;
        return nullptr;
    }
    if (e.op == Op::channel) drop_channel(*b, static_cast<u8>(e.value));
    Hold* h = entry_hold(arena, e);
    if (h == nullptr) return nullptr;
    switch (e.op) {
        case Op::grant:
            // What was offered to the waiting list is its again.
            hold_end(arena, *h, SeatState::free,
                     (h->flags & kListed) != 0 ? list_until(*b, now, now) : 0);
            return nullptr;
        case Op::add:
            return in_hold(arena, *h, e.seat) ? hold_drop_seat(arena, *h, e.seat, SeatState::free)
                                              : h;
        case Op::raise:
            hold_set_deadline(arena, *h, e.value);
            h->flags = static_cast<u8>((h->flags & ~kOrdered) | (e.seat & kOrdered));
            return h;
        case Op::release:
        case Op::unrelease:
            if (in_hold(arena, *h, e.seat))
                set_slot_flag(*b, e.seat, kPendingRelease, e.op == Op::unrelease);
            return h;
        case Op::confirm:
            hold_set_state(arena, *h, SeatState::held);
            return h;
        default:
            return nullptr;
    }
}

void undo_last(const Arena& arena, XactLog& log, Micros now) {
    const XactEntry& e = log.entry[--log.size];
    Hold* h = undo(arena, e, now);
    unpin_block(arena, e);
    if (h == nullptr) return;
    // The rows of these versions are undone as well: the numbers are free again, and never run out.
    h->version = e.version;
    arena.partition(arena.partition_of(Token::home(e.lock_id))).count(Count::undone);
    if (--h->pending == 0) {
        h->writer = 0;
        h->flags = static_cast<u8>(h->flags & ~kPinned);
        hold_expire(arena, e.lock_id, now, log.partitions);
    }
}

void sell(const Arena& arena, Hold& h) {
    SessionBlock& b = hold_block(arena, h);
    Hold* left = &h;
    u64 sold = 0;
    const u32 home = arena.partition_of(Token::home(h.lock_id));
    for (Ordinal o = hold_head(arena, h); left != nullptr && o != kNoSeat;) {
        const Ordinal next = b.slot(o).next;
        if ((b.slot(o).flags & kPendingRelease) == 0) {
            left = hold_drop_seat(arena, *left, o, SeatState::sold);
            sold++;
            TIX_STEP(sale_half_kept);
        }
        o = next;
    }
    arena.partition(home).count(Count::sold_seats, sold);
}

// The owner that the seat has may have come to it behind the tickets' back, and another transaction
// may be freeing it, with the locks of who has it now: then it stays.
void change_owner(const Arena& arena, const XactLog& log, SessionBlock& b, const XactEntry& e) {
    const SeatSlot& slot = b.slot(e.seat);
    if (slot.state != SeatState::sold || (slot.next != kNoSeat && slot.next != log.writer)) return;
    if (!log.partitions.has(owner_partition(arena, b.hold(e.seat).owner))) return;
    owner_unlink(b, e.seat);
    owner_keeps_sold(b, e.seat, {e.lock_id, static_cast<u64>(e.value)});
}

void keep(const Arena& arena, const XactLog& log, const XactEntry& e, Micros now) {
    SessionBlock* b = entry_block(arena, e);
    if (b == nullptr) return;
    if (e.op == Op::owner) return change_owner(arena, log, *b, e);
    if (e.op == Op::free_sold || e.op == Op::unfree) {
        if (b->slot(e.seat).state == SeatState::sold) b->slot(e.seat).next = kNoSeat;
        if ((b->slot(e.seat).flags & kPendingFree) == 0) return;
        set_slot_flag(*b, e.seat, kPendingFree, false);
        owner_unlink(*b, e.seat);
        seat_given_up(arena, *b, e.seat, list_until(*b, now, now));
        arena.partition(seat_partition(arena, *b, e.seat)).count(Count::freed_seats);
        return;
    }
    if (e.op == Op::rule) b->rules[e.seat].store(e.value, std::memory_order_relaxed);
    if (e.op == Op::channel) {
        drop_channel(*b, b->slot(e.seat).channel);
        channel_enter(*b, e.seat, static_cast<u8>(e.value));
    }
    Hold* h = entry_hold(arena, e);
    if (h == nullptr) return;
    if (e.op == Op::confirm) sell(arena, *h);
    if (e.op == Op::release && in_hold(arena, *h, e.seat) &&
        (b->slot(e.seat).flags & kPendingRelease) != 0)
        hold_drop_seat(arena, *h, e.seat, SeatState::free,
                       h->state == SeatState::blocked ? 0 : list_until(*b, now, now));
}

void settle(const Arena& arena, XactLog& log, const XactEntry& e, Micros now) {
    Hold* h = entry_hold(arena, e);
    if (h == nullptr || !has_writer(e.op) || h->writer != log.writer) return;
    h->writer = 0;
    h->pending = 0;
    h->flags = static_cast<u8>(h->flags & ~kPinned);
    hold_expire(arena, e.lock_id, now, log.partitions);
}

}  // namespace

void xact_append(const Arena& arena, XactLog& log, Op op, SessionBlock& b, Hold* h, Ordinal seat,
                 i64 value) {
    const u16 version = h ? h->version : u16{0};
    log.entry[log.size++] = {op,   version,      log.subxact,        arena.ref_of(&b),
                             seat, b.generation, h ? h->lock_id : 0, value};
    b.pins.fetch_add(1, std::memory_order_relaxed);
    if (op == Op::rule) return;
    if (h == nullptr) {
        log.partitions.add(seat_partition(arena, b, seat));
        if (b.slot(seat).state == SeatState::sold)
            log.partitions.add(owner_partition(arena, b.hold(seat).owner));
        return;
    }
    log.partitions.merge(hold_partitions(arena, *h));
    if (!has_writer(op)) return;
    h->writer = log.writer;
    h->pending++;
}

void xact_append_owner(const Arena& arena, XactLog& log, SessionBlock& b, Ordinal seat,
                       const Uuid& owner) {
    xact_append(arena, log, Op::owner, b, nullptr, seat, static_cast<i64>(owner.lo));
    log.entry[log.size - 1].lock_id = owner.hi;
    log.partitions.add(owner_partition(arena, owner));
}

void xact_pin(const Arena& arena, XactLog& log, SessionBlock& b) {
    const Ref self = arena.ref_of(&b);
    for (u32 i = 0; i < log.size; i++)
        if (log.entry[i].block == self && log.entry[i].subxact == log.subxact) return;
    log.entry[log.size++] = {Op::pin, 0, log.subxact, self, 0, b.generation, 0, 0};
    b.pins.fetch_add(1, std::memory_order_relaxed);
}

bool xact_uses_holds(const XactLog& log) {
    for (u32 i = 0; i < log.size; i++)
        if (log.entry[i].op != Op::pin) return true;
    return false;
}

u64 xact_check_and_pin(const Arena& arena, XactLog& log, Micros now) {
    for (u32 i = 0; i < log.size; i++) {
        const XactEntry& e = log.entry[i];
        if (!relies_on_hold(e.op)) continue;
        const Hold* h = entry_hold(arena, e);
        if (h != nullptr && !hold_overdue(*h, now)) continue;
        arena.partition(arena.partition_of(Token::home(e.lock_id))).count(Count::lost);
        return e.lock_id;
    }
    for (u32 i = 0; i < log.size; i++) {
        Hold* h = entry_hold(arena, log.entry[i]);
        if (h != nullptr && h->writer == log.writer) h->flags |= kPinned;
    }
    return 0;
}

void xact_commit(const Arena& arena, XactLog& log, Micros now) {
    for (u32 i = 0; i < log.size; i++)
        keep(arena, log, log.entry[i], now);
    for (u32 i = 0; i < log.size; i++) {
        settle(arena, log, log.entry[i], now);
        unpin_block(arena, log.entry[i]);
    }
    log.size = 0;
    log.partitions = {};
}

void xact_abort(const Arena& arena, XactLog& log, Micros now) {
    while (log.size > 0) {
        undo_last(arena, log, now);
        TIX_STEP(undo_half_done);
    }
    log.partitions = {};
}

void xact_abort_sub(const Arena& arena, XactLog& log, u32 subxact, Micros now) {
    while (log.size > 0 && log.entry[log.size - 1].subxact >= subxact)
        undo_last(arena, log, now);
}

void xact_commit_sub(XactLog& log, u32 subxact, u32 parent) {
    for (u32 i = log.size; i > 0 && log.entry[i - 1].subxact >= subxact; i--)
        log.entry[i - 1].subxact = parent;
}

}  // namespace tix::core
