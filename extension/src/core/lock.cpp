// Taking seats: all of a group or none, and one seat for a ticket that is inserted.

#include "engine_detail.hpp"
#include "orphan.hpp"
#include "owners.hpp"

namespace tix::core {

namespace {

// What the checking pass of lock_seats finds out.
struct Survey {
    Reason first = Reason::none;
    u64 own = 0;  // the caller's own hold that has the seats seen so far
    u32 in_own = 0;
    u32 available = 0;  // free or overdue
    u32 presale = 0;    // of these: the caller may have them before the sale
    PartitionSet need;
};

// A seat that nobody has: its channel decides.
Reason survey_available(const LockCall& call, const SeatSlot& slot, Survey* s) {
    const Admission admitted = admission(*call.block, slot, call.caller);
    if (admitted == Admission::barred) return Reason::channel;
    s->presale += admitted == Admission::opened;
    s->available++;
    return Reason::none;
}

// A seat of the waiting list is for who is offered it, and for tickets that were paid.
bool takes_listed(const LockCall& call) {
    return call.caller.from_list || call.caller.above_rules;
}

// A seat in a hold, or blocked.
Reason survey_held(const Access& a, const LockCall& call, const SeatSlot& slot, Survey* s) {
    const Hold& h = call.block->hold(slot.head);
    const bool overdue = hold_overdue(h, a.now);
    const bool listed = overdue ? lapses_to_list(a.arena, h, a.now) : settled_listed(h);
    if (overdue || listed) {
        if (listed && !takes_listed(call)) return Reason::blocked;
        s->need.merge(hold_partitions(a.arena, h));
        return survey_available(call, slot, s);
    }
    if (h.state == SeatState::blocked) return Reason::blocked;
    const bool mine = h.owner == call.owner && h.state == SeatState::held;
    const bool expected =
        call.into == 0 ? s->own == 0 || s->own == h.lock_id : call.into == h.lock_id;
    if (!mine || !expected) return Reason::held;
    s->own = h.lock_id;
    s->in_own++;
    s->need.merge(hold_partitions(a.arena, h));
    return Reason::none;
}

Reason survey_seat(const Access& a, const LockCall& call, Ordinal seat, Survey* s) {
    const SeatSlot& slot = call.block->slot(seat);
    switch (slot.state) {
        case SeatState::free:
            return survey_available(call, slot, s);
        case SeatState::held:
        case SeatState::blocked:
            return survey_held(a, call, slot, s);
        case SeatState::confirming:
            return Reason::held;
        case SeatState::sold:
            break;
    }
    return Reason::sold;
}

// Frees the overdue holds on the seats, and from the waiting list what the caller may take. A hold
// that has several of them is ended once.
void clear_overdue(const Access& a, const LockCall& call) {
    for (u32 i = 0; i < call.n; i++) {
        const SeatSlot& slot = call.block->slot(call.seats[i]);
        if (slot.head == kNoSeat) continue;
        hold_expire(a.arena, call.block->hold(slot.head).lock_id, a.now, a.held);
        if (slot.head != kNoSeat && settled_listed(call.block->hold(slot.head)))
            hold_end(a.arena, call.block->hold(slot.head), SeatState::free);
    }
}

HoldAnswer relock(const Access& a, const LockCall& call, Hold& h) {
    u32 cancelled = 0;
    for (u32 i = 0; i < call.n; i++) {
        SeatSlot& slot = call.block->slot(call.seats[i]);
        if (!pending_release(slot)) continue;
        slot.flags = static_cast<u8>(slot.flags & ~kPendingRelease);
        xact_append(a.arena, *a.log, Op::unrelease, *call.block, &h, call.seats[i], 0);
        cancelled++;
    }
    if (cancelled == 0) xact_append(a.arena, *a.log, Op::verify, *call.block, &h, 0, 0);
    if (cancelled > 0) h.version++;
    home_of(a, h.lock_id).count(Count::relocks);
    HoldAnswer done = describe(a.arena, h);
    done.journal = cancelled > 0 ? Journal::add : Journal::none;
    return done;
}

HoldAnswer grant(const Access& a, const LockCall& call) {
    HoldSpec spec;
    spec.lock_id = next_token(a.arena, *call.block, call.seats[0], call.generation);
    spec.owner = call.owner;
    spec.deadline = a.now + call.ttl;
    spec.acquired_ms = static_cast<u32>(a.now / 1000);
    Hold* h = hold_create(a.arena, *call.block, spec, call.seats, call.n);
    if (call.caller.from_list) h->flags |= kListed;
    xact_append(a.arena, *a.log, Op::grant, *call.block, h, call.seats[0], 0);
    home_of(a, h->lock_id).count(Count::grants);
    home_of(a, h->lock_id).count(Count::granted_seats, call.n);
    HoldAnswer done = describe(a.arena, *h);
    done.journal = Journal::grant;
    return done;
}

HoldAnswer add_seats(const Access& a, const LockCall& call, Hold& h) {
    const u64 lock_id = h.lock_id;
    Hold* hold = &h;
    for (u32 i = 0; i < call.n; i++) {
        SeatSlot& slot = call.block->slot(call.seats[i]);
        if (pending_release(slot)) {
            slot.flags = static_cast<u8>(slot.flags & ~kPendingRelease);
            xact_append(a.arena, *a.log, Op::unrelease, *call.block, hold, call.seats[i], 0);
        } else if (slot.state == SeatState::free) {
            hold_add_seat(a.arena, *hold, call.seats[i]);
            xact_append(a.arena, *a.log, Op::add, *call.block, hold, call.seats[i], 0);
            home_of(a, lock_id).count(Count::granted_seats);
        }
    }
    hold->version++;
    HoldAnswer done = describe(a.arena, *hold);
    done.journal = Journal::add;
    return done;
}

// none, or what the rules say to a call whose seats are to be had. `had`: seats of the hold that
// they are added to.
Reason judge(const Access& a, const LockCall& call, const Survey& s, u32 had) {
    if (call.caller.above_rules) return Reason::none;
    const i64 per_lock = rule(*call.block, Rule::seats_per_lock);
    if (per_lock > 0 && had + s.available > per_lock) return Reason::too_many;
    const i64 per_user = rule(*call.block, Rule::seats_per_user);
    if (per_user > 0 && owner_seats(*call.block, call.owner, a.now) + s.available > per_user)
        return Reason::limit;
    return Reason::none;
}

// Counts the call as refused.
HoldAnswer refuse(const Access& a, u32 partition, const HoldAnswer& why) {
    a.arena.partition(partition).count(Count::refusals);
    note_call(a, partition, Latency::lost);
    return why;
}

}  // namespace

HoldAnswer lock_seats(const Access& a, const LockCall& call, Reason* seat_reason) {
    Survey s;
    s.need.add(owner_partition(a.arena, call.owner));
    const Reason closed = sale_closed(*call.block, call.caller);
    for (u32 i = 0; i < call.n; i++) {
        seat_reason[i] = survey_seat(a, call, call.seats[i], &s);
        if (s.first == Reason::none) s.first = seat_reason[i];
    }
    const u32 first = seat_partition(a.arena, *call.block, call.seats[0]);
    // One's own seats among others': only seats that all belong to one hold are a relock.
    if (s.first == Reason::none && call.into == 0 && s.in_own > 0 && s.in_own < call.n) {
        for (u32 i = 0; i < call.n; i++) {
            const SeatSlot& slot = call.block->slot(call.seats[i]);
            const bool own =
                slot.state == SeatState::held && call.block->hold(slot.head).lock_id == s.own;
            seat_reason[i] = own ? Reason::held : Reason::none;
        }
        s.first = Reason::held;
    }
    // Before the general sale only seats of opened channels can be had.
    const bool relocks = s.first == Reason::none && s.in_own == call.n;
    const bool presale = closed == Reason::not_on_sale && s.presale == s.available;
    if (closed != Reason::none && !relocks && !presale) s.first = closed;
    if (s.first != Reason::none) return refuse(a, first, answer(Status::refused, s.first));
    if (const Ordinal orphan = find_orphan(a, call); orphan != kNoSeat)
        return refuse(a, first, refuse_orphan(orphan));
    if (!a.held.covers(s.need)) return need_more(s.need);
    HoldAnswer why;
    const u64 target = call.into != 0 ? call.into : s.in_own == call.n ? s.own : 0;
    if (target == 0) {
        if (!a.log->room(1)) return answer(Status::log_full);
        const Reason reason = judge(a, call, s, 0);
        if (reason != Reason::none) return refuse(a, first, answer(Status::refused, reason));
        clear_overdue(a, call);
        note_call(a, first, Latency::won);
        return grant(a, call);
    }
    Hold* h = claim_own(a, target, call.owner, call.n + 1, &why);
    if (h == nullptr) {
        const bool decided = why.status == Status::busy || why.status == Status::lost;
        return decided ? refuse(a, first, why) : why;
    }
    if (&hold_block(a.arena, *h) != call.block)
        return refuse(a, first, answer(Status::lost, Reason::expired));
    if (h->version >= kHoldVersionsMax)
        return refuse(a, first, answer(Status::refused, Reason::lifetime));
    if (s.in_own == call.n) {
        note_call(a, first, Latency::won);
        return relock(a, call, *h);
    }
    if (h->state != SeatState::held) return refuse(a, first, answer(Status::busy, Reason::busy));
    Reason reason = judge(a, call, s, h->seats);
    if (h->seats + s.available > call.seats_max) reason = Reason::too_many;
    if (reason != Reason::none) return refuse(a, first, answer(Status::refused, reason));
    clear_overdue(a, call);
    note_call(a, first, Latency::won);
    return add_seats(a, call, *h);
}

HoldAnswer ticket_insert(const Access& a, SessionBlock& b, Ordinal seat, const Uuid& owner,
                         u32 generation) {
    SeatSlot& slot = b.slot(seat);
    if (!a.log->room(2)) return answer(Status::log_full);
    if ((slot.flags & kPendingFree) != 0 && slot.next == a.log->writer) {
        slot.flags = static_cast<u8>(slot.flags & ~kPendingFree);
        xact_append(a.arena, *a.log, Op::unfree, b, nullptr, seat, 1);
        if (owner != Uuid{}) xact_append_owner(a.arena, *a.log, b, seat, owner);
        HoldAnswer kept;
        kept.journal = Journal::sale;  // after the row that freed it
        return kept;
    }
    if (slot.state == SeatState::confirming) {
        Hold& h = b.hold(slot.head);
        if (h.writer != a.log->writer) return answer(Status::refused, Reason::held);
        const bool withdrawn = pending_release(slot);
        const PartitionSet need = hold_partitions(a.arena, h);
        if (withdrawn && !a.held.covers(need)) return need_more(need);
        if (owner != Uuid{} && (withdrawn || owner != h.owner))
            xact_append_owner(a.arena, *a.log, b, seat, owner);
        HoldAnswer done = describe(a.arena, h);
        if (!withdrawn) return done;
        slot.flags = static_cast<u8>(slot.flags & ~kPendingRelease);
        xact_append(a.arena, *a.log, Op::unrelease, b, &h, seat, 0);
        done.journal = Journal::sale;
        return done;
    }
    LockCall call{&b, &seat, 1, owner, 0, generation, 0};
    call.caller.above_rules = true;
    Survey s;
    s.need.add(owner_partition(a.arena, owner));
    Reason reason = survey_seat(a, call, seat, &s);
    if (reason == Reason::none && s.in_own > 0) reason = Reason::held;
    if (reason != Reason::none) return answer(Status::refused, reason);
    if (!a.held.covers(s.need)) return need_more(s.need);
    clear_overdue(a, call);
    const HoldAnswer granted = grant(a, call);
    Hold* h = hold_find(a.arena, granted.lock_id);
    hold_set_state(a.arena, *h, SeatState::confirming);
    xact_append(a.arena, *a.log, Op::confirm, b, h, 0, 0);
    return granted;
}

}  // namespace tix::core
