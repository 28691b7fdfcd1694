// The lock index, the timing wheel and the seat lists of holds.

#include "hold.hpp"

#include "owners.hpp"
#include "ring.hpp"
#include "rules.hpp"
#include "step.hpp"

namespace tix::core {

namespace {

// Not hashed: sequences are dense, so their low bits spread as well as any hash, and holds that are
// granted together lie together instead of each on a page of its own.
Ref* bucket(const Arena& arena, u64 lock_id) {
    const u32 p = arena.partition_of(Token::home(lock_id));
    return &arena.index(p)[(lock_id >> Token::kHomeBits) & (arena.header().buckets - 1)];
}

u32 home_partition(const Arena& arena, const Hold& h) {
    return arena.partition_of(Token::home(h.lock_id));
}

Ref* wheel_slot(const Arena& arena, const Hold& h) {
    const u64 tick = static_cast<u64>(h.deadline) >> kWheelTickShift;
    return &arena.wheel(home_partition(arena, h))[tick & (kWheelSlots - 1)];
}

void index_link(const Arena& arena, Hold& h) {
    Ref* head = bucket(arena, h.lock_id);
    h.chain = *head;
    *head = arena.ref_of(&h);
}

void index_unlink(const Arena& arena, Hold& h) {
    const Ref self = arena.ref_of(&h);
    Ref* link = bucket(arena, h.lock_id);
    while (*link != self)
        link = &arena.ref<Hold>(*link)->chain;
    *link = h.chain;
}

void wheel_link(const Arena& arena, Hold& h) {
    Ref* head = wheel_slot(arena, h);
    h.wheel_prev = kNoRef;
    h.wheel_next = *head;
    if (*head != kNoRef) arena.ref<Hold>(*head)->wheel_prev = arena.ref_of(&h);
    *head = arena.ref_of(&h);
}

void wheel_unlink(const Arena& arena, Hold& h) {
    if (h.wheel_prev == kNoRef)
        *wheel_slot(arena, h) = h.wheel_next;
    else
        arena.ref<Hold>(h.wheel_prev)->wheel_next = h.wheel_next;
    if (h.wheel_next != kNoRef) arena.ref<Hold>(h.wheel_next)->wheel_prev = h.wheel_prev;
}

void unlink(const Arena& arena, Hold& h) {
    wheel_unlink(arena, h);
    index_unlink(arena, h);
    if (h.state != SeatState::blocked) owner_unlink(hold_block(arena, h), hold_head(arena, h));
}

void link(const Arena& arena, Hold& h) {
    index_link(arena, h);
    wheel_link(arena, h);
    if (h.state != SeatState::blocked) owner_link(hold_block(arena, h), hold_head(arena, h));
}

// Asks for what link() will touch, so that it comes while the seats are being changed.
void ask_for_link(const Arena& arena, const Hold& h) {
    __builtin_prefetch(bucket(arena, h.lock_id), 1);
    const Ref first = *wheel_slot(arena, h);
    if (first != kNoRef) __builtin_prefetch(arena.ref<Hold>(first), 1);
}

void detach(SessionBlock& b, Ordinal seat) {
    SeatSlot& s = b.slot(seat);
    s.head = kNoSeat;
    s.next = kNoSeat;
    s.flags = 0;
}

// What a seat becomes that has left its hold. A token of a waiting list's block is told to nobody,
// so it needs no generation.
void settle_seat(const Arena& arena, SessionBlock& b, Ordinal seat, SeatState state,
                 Micros listed_until) {
    seat_set_state(arena, b, seat, listed_until > 0 ? SeatState::blocked : state);
    if (listed_until == 0) return;
    Hold& h = b.hold(seat);
    h = Hold{};
    h.lock_id = Token::make(0, arena.header().sequence.fetch_add(1, std::memory_order_relaxed) + 1,
                            b.area_of(seat).home);
    h.deadline = listed_until;
    h.block = arena.ref_of(&b);
    h.state = SeatState::blocked;
    h.seats = 1;
    h.flags = kListed;
    b.slot(seat).head = seat;
    link(arena, h);
}

// The entry follows the head: moves to the next seat's entry when the head seat leaves.
Hold* move_head(const Arena& arena, SessionBlock& b, Hold& h, Ordinal head) {
    unlink(arena, h);
    Hold& moved = b.hold(head);
    moved = h;
    h.lock_id = 0;
    for (Ordinal o = head; o != kNoSeat; o = b.slot(o).next)
        b.slot(o).head = head;
    link(arena, moved);
    return &moved;
}

}  // namespace

Hold* hold_find(const Arena& arena, u64 lock_id) {
    Ref r = *bucket(arena, lock_id);
    while (r != kNoRef && arena.ref<Hold>(r)->lock_id != lock_id)
        r = arena.ref<Hold>(r)->chain;
    return r == kNoRef ? nullptr : arena.ref<Hold>(r);
}

SessionBlock& hold_block(const Arena& arena, const Hold& h) {
    return *arena.ref<SessionBlock>(h.block);
}

Ordinal hold_head(const Arena& arena, const Hold& h) {
    return static_cast<Ordinal>(&h - &hold_block(arena, h).hold(0));
}

PartitionSet hold_partitions(const Arena& arena, const Hold& h) {
    PartitionSet set;
    SessionBlock& b = hold_block(arena, h);
    set.add(home_partition(arena, h));
    if (h.state != SeatState::blocked) set.add(owner_partition(arena, h.owner));
    for (Ordinal o = hold_head(arena, h); o != kNoSeat; o = b.slot(o).next)
        set.add(seat_partition(arena, b, o));
    return set;
}

void seat_set_state(const Arena& arena, SessionBlock& b, Ordinal seat, SeatState state) {
    SeatSlot& s = b.slot(seat);
    u32* count = b.area_of(seat).count;
    count[static_cast<u32>(s.state)]--;
    count[static_cast<u32>(state)]++;
    s.state = state;
    note_state(b, seat, state);
    ring_publish(arena, b.session, b.database, b.layout_version, seat, state);
}

Hold* hold_create(const Arena& arena, SessionBlock& b, const HoldSpec& spec, const Ordinal* seats,
                  u32 n) {
    const Ordinal head = seats[0];
    Hold& h = b.hold(head);
    touch(h.lock_id);
    h = Hold{};
    h.lock_id = spec.lock_id;
    h.owner = spec.owner;
    h.deadline = spec.deadline;
    h.acquired_ms = spec.acquired_ms;
    h.block = arena.ref_of(&b);
    h.state = spec.state;
    h.seats = static_cast<u16>(n);
    ask_for_link(arena, h);
    for (u32 i = 0; i < n; i++) {
        SeatSlot& s = b.slot(seats[i]);
        s.head = head;
        s.next = i + 1 < n ? seats[i + 1] : kNoSeat;
        s.flags = 0;
        seat_set_state(arena, b, seats[i], spec.state);
        TIX_STEP(group_half_held);
    }
    link(arena, h);
    if (spec.state == SeatState::held) arena.partition(home_partition(arena, h)).live_holds++;
    return &h;
}

void hold_add_seat(const Arena& arena, Hold& h, Ordinal seat) {
    SessionBlock& b = hold_block(arena, h);
    SeatSlot& head = b.slot(hold_head(arena, h));
    SeatSlot& s = b.slot(seat);
    s.head = head.head;
    s.next = head.next;
    s.flags = 0;
    head.next = seat;
    h.seats++;
    seat_set_state(arena, b, seat, SeatState::held);
}

Micros list_until(const SessionBlock& b, Micros since, Micros now) {
    const Micros grace = rule(b, Rule::list_grace);
    if (grace == 0) return 0;
    const Micros end = rule(b, Rule::list_end);
    const Micros until = since + grace < end ? since + grace : end;
    return until > now ? until : 0;
}

bool lapses_to_list(const Arena& arena, const Hold& h, Micros now) {
    return h.state == SeatState::held && list_until(hold_block(arena, h), h.deadline, now) > 0;
}

void seat_given_up(const Arena& arena, SessionBlock& b, Ordinal seat, Micros listed_until) {
    settle_seat(arena, b, seat, SeatState::free, listed_until);
}

Hold* hold_drop_seat(const Arena& arena, Hold& h, Ordinal seat, SeatState state,
                     Micros listed_until) {
    SessionBlock& b = hold_block(arena, h);
    const Ordinal head = hold_head(arena, h);
    const Ordinal after = b.slot(seat).next;
    if (h.seats == 1) {
        hold_end(arena, h, state, listed_until);
        return nullptr;
    }
    Hold* now_at = &h;
    h.seats--;
    if (seat == head) {
        now_at = move_head(arena, b, h, after);
    } else {
        Ordinal before = head;
        while (b.slot(before).next != seat)
            before = b.slot(before).next;
        b.slot(before).next = after;
    }
    detach(b, seat);
    settle_seat(arena, b, seat, state, listed_until);
    if (state == SeatState::sold) owner_keeps_sold(b, seat, now_at->owner);
    return now_at;
}

void hold_forget(const Arena& arena, Hold& h) {
    unlink(arena, h);
    if (h.state != SeatState::blocked) arena.partition(home_partition(arena, h)).live_holds--;
    h.lock_id = 0;
}

void hold_end(const Arena& arena, Hold& h, SeatState state, Micros listed_until) {
    SessionBlock& b = hold_block(arena, h);
    const Uuid owner = h.owner;
    unlink(arena, h);
    if (h.state != SeatState::blocked) arena.partition(home_partition(arena, h)).live_holds--;
    Ordinal o = hold_head(arena, h);
    h.lock_id = 0;
    while (o != kNoSeat) {
        const Ordinal next = b.slot(o).next;
        detach(b, o);
        settle_seat(arena, b, o, state, listed_until);
        if (state == SeatState::sold) owner_keeps_sold(b, o, owner);
        o = next;
    }
}

void hold_lapse(const Arena& arena, Hold& h, Micros now) {
    arena.partition(home_partition(arena, h)).count(Count::expirations);
    const bool listed = lapses_to_list(arena, h, now);
    hold_end(arena, h, SeatState::free,
             listed ? list_until(hold_block(arena, h), h.deadline, now) : 0);
}

void hold_set_deadline(const Arena& arena, Hold& h, Micros deadline) {
    wheel_unlink(arena, h);
    h.deadline = deadline;
    wheel_link(arena, h);
}

void hold_set_state(const Arena& arena, Hold& h, SeatState state) {
    SessionBlock& b = hold_block(arena, h);
    h.state = state;
    for (Ordinal o = hold_head(arena, h); o != kNoSeat; o = b.slot(o).next) {
        const SeatSlot& s = b.slot(o);
        if (s.state == state || (s.flags & kPendingRelease) != 0) continue;
        seat_set_state(arena, b, o, state);
    }
}

bool hold_expire(const Arena& arena, u64 lock_id, Micros now, const PartitionSet& held) {
    Hold* h = hold_find(arena, lock_id);
    if (h == nullptr || !hold_overdue(*h, now)) return true;
    if (!held.covers(hold_partitions(arena, *h))) return false;
    hold_lapse(arena, *h, now);
    return true;
}

namespace {

// Asks for the memory that ending a hold will touch, and for the next hold of its list: a sweep
// ends one hold while that of the next is on its way, for holds that lapse together lie anywhere.
void ask_for_end(const Arena& arena, const Hold& h) {
    if (h.wheel_next != kNoRef) __builtin_prefetch(arena.ref<Hold>(h.wheel_next), 1);
    SessionBlock& b = hold_block(arena, h);
    const Ordinal head = hold_head(arena, h);
    __builtin_prefetch(&b.slot(head), 1);
    __builtin_prefetch(&b.layout(head));
    __builtin_prefetch(bucket(arena, h.lock_id), 1);
    owner_ask(b, head);
}

}  // namespace

Sweep wheel_sweep(const Arena& arena, u32 partition, Micros now, u32 budget) {
    Sweep sweep;
    Partition& p = arena.partition(partition);
    PartitionSet own;
    own.add(partition);
    const u64 until = static_cast<u64>(now) >> kWheelTickShift;
    if (p.wheel_cursor + kWheelSlots <= until) p.wheel_cursor = until - kWheelSlots + 1;
    for (;; p.wheel_cursor++) {
        Ref r = arena.wheel(partition)[p.wheel_cursor & (kWheelSlots - 1)];
        while (r != kNoRef) {
            Hold& h = *arena.ref<Hold>(r);
            r = h.wheel_next;
            if (r != kNoRef) ask_for_end(arena, *arena.ref<Hold>(r));
            if (!hold_overdue(h, now)) continue;
            if (sweep.freed == budget) {
                sweep.more = true;
                return sweep;
            }
            const PartitionSet need = hold_partitions(arena, h);
            if (!own.covers(need)) {
                sweep.stuck = h.lock_id;
                sweep.need = need;
                return sweep;
            }
            hold_lapse(arena, h, now);
            sweep.freed++;
        }
        if (p.wheel_cursor >= until) return sweep;  // the current tick is looked at again
    }
}

}  // namespace tix::core
