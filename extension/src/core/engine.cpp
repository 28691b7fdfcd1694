// Locking, extending, releasing, confirming and freeing seats: validate all, then change all.

#include "engine.hpp"

#include "ring.hpp"

namespace tix::core {

namespace {

HoldAnswer answer(Status status, Reason reason = Reason::none) {
    HoldAnswer a;
    a.status = status;
    a.reason = reason;
    return a;
}

HoldAnswer describe(const Arena& arena, const Hold& h) {
    HoldAnswer a;
    a.lock_id = h.lock_id;
    a.session = hold_block(arena, h).session;
    a.owner = h.owner;
    a.deadline = h.deadline;
    a.version = h.version;
    return a;
}

Partition& home(const Access& a, u64 lock_id) {
    return a.arena.partition(a.arena.partition_of(Token::home(lock_id)));
}

// The owner's live hold, with the locks to change it; otherwise an answer that says why not.
Hold* find_own(const Access& a, u64 lock_id, const Uuid& owner, HoldAnswer* why) {
    Hold* h = hold_find(a.arena, lock_id);
    const bool foreign =
        h != nullptr && a.database != 0 && hold_block(a.arena, *h).database != a.database;
    if (h == nullptr || foreign || h->owner != owner || hold_overdue(*h, a.now)) {
        *why = answer(Status::lost, Reason::expired);
        return nullptr;
    }
    const PartitionSet need = hold_partitions(a.arena, *h);
    if (!a.held.covers(need)) {
        *why = answer(Status::need_partitions);
        why->need = need;
        return nullptr;
    }
    return h;
}

// As find_own, and no other transaction has uncommitted changes on it.
Hold* claim_own(const Access& a, u64 lock_id, const Uuid& owner, u32 entries, HoldAnswer* why) {
    Hold* h = find_own(a, lock_id, owner, why);
    if (h == nullptr) return nullptr;
    if (h->writer != 0 && h->writer != a.log->writer) {
        *why = answer(Status::busy, Reason::busy);
        return nullptr;
    }
    if (!a.log->room(entries)) {
        *why = answer(Status::log_full);
        return nullptr;
    }
    return h;
}

bool pending_release(const SeatSlot& s) {
    return (s.flags & kPendingRelease) != 0;
}

// What the checking pass of lock_seats finds out.
struct Survey {
    Reason first = Reason::none;
    u64 own = 0;  // the caller's own hold that has the seats seen so far
    u32 in_own = 0;
    u32 available = 0;  // free or overdue
    PartitionSet need;
};

Reason survey_held(const Access& a, const LockCall& call, const Hold& h, Survey* s) {
    if (hold_overdue(h, a.now)) {
        s->need.merge(hold_partitions(a.arena, h));
        s->available++;
        return Reason::none;
    }
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
            s->available++;
            return Reason::none;
        case SeatState::held:
            return survey_held(a, call, call.block->hold(slot.head), s);
        case SeatState::confirming:
            return Reason::held;
        case SeatState::sold:
            return Reason::sold;
        case SeatState::blocked:
            return Reason::blocked;
    }
    return Reason::blocked;
}

// Frees the overdue holds on the seats. A hold that has several of them is ended once.
void clear_overdue(const Access& a, const LockCall& call) {
    for (u32 i = 0; i < call.n; i++) {
        const SeatSlot& slot = call.block->slot(call.seats[i]);
        if (slot.state != SeatState::held) continue;
        hold_expire(a.arena, call.block->hold(slot.head).lock_id, a.now, a.held);
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
    home(a, h.lock_id).count(Count::relocks);
    HoldAnswer done = describe(a.arena, h);
    done.journal = cancelled > 0 ? Journal::add : Journal::none;
    return done;
}

HoldAnswer grant(const Access& a, const LockCall& call) {
    const u64 sequence = a.arena.header().sequence.fetch_add(1, std::memory_order_relaxed) + 1;
    const u32 slot = call.block->area_of(call.seats[0]).home;
    HoldSpec spec;
    spec.lock_id = Token::make(call.generation, sequence, slot);
    spec.owner = call.owner;
    spec.deadline = a.now + call.ttl;
    spec.acquired_ms = static_cast<u32>(a.now / 1000);
    Hold* h = hold_create(a.arena, *call.block, spec, call.seats, call.n);
    xact_append(a.arena, *a.log, Op::grant, *call.block, h, call.seats[0], 0);
    home(a, h->lock_id).count(Count::grants);
    home(a, h->lock_id).count(Count::granted_seats, call.n);
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
            home(a, lock_id).count(Count::granted_seats);
        }
    }
    hold->version++;
    HoldAnswer done = describe(a.arena, *hold);
    done.journal = Journal::add;
    return done;
}

HoldAnswer raise_deadline(const Access& a, Hold& h, Micros deadline, u8 flags) {
    const Micros before = h.deadline;
    xact_append(a.arena, *a.log, Op::raise, hold_block(a.arena, h), &h, h.flags, before);
    h.flags |= flags;
    if (deadline > before) hold_set_deadline(a.arena, h, deadline);
    h.version++;
    home(a, h.lock_id).count(Count::extends);
    return describe(a.arena, h);
}

}  // namespace

HoldAnswer lock_seats(const Access& a, const LockCall& call, Reason* seat_reason) {
    Survey s;
    for (u32 i = 0; i < call.n; i++) {
        seat_reason[i] = survey_seat(a, call, call.seats[i], &s);
        if (s.first == Reason::none) s.first = seat_reason[i];
    }
    Partition& first = a.arena.partition(seat_partition(a.arena, *call.block, call.seats[0]));
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
    if (s.first != Reason::none) {
        first.count(Count::refusals);
        return answer(Status::refused, s.first);
    }
    if (!a.held.covers(s.need)) {
        HoldAnswer more = answer(Status::need_partitions);
        more.need = s.need;
        return more;
    }
    HoldAnswer why;
    const u64 target = call.into != 0 ? call.into : s.in_own == call.n ? s.own : 0;
    if (target == 0) {
        if (!a.log->room(1)) return answer(Status::log_full);
        clear_overdue(a, call);
        return grant(a, call);
    }
    Hold* h = claim_own(a, target, call.owner, call.n + 1, &why);
    if (h == nullptr) return why;
    if (&hold_block(a.arena, *h) != call.block) return answer(Status::lost, Reason::expired);
    if (s.in_own == call.n) return relock(a, call, *h);
    if (h->state != SeatState::held) return answer(Status::busy, Reason::busy);
    if (h->seats + s.available > kSeatsPerLockMax) return answer(Status::refused, Reason::too_many);
    clear_overdue(a, call);
    return add_seats(a, call, *h);
}

HoldAnswer extend_lock(const Access& a, u64 lock_id, const Uuid& owner, Micros ttl,
                       Micros lifetime_max) {
    HoldAnswer why;
    Hold* h = claim_own(a, lock_id, owner, 1, &why);
    if (h == nullptr) return why;
    if (h->state != SeatState::held) return answer(Status::busy, Reason::busy);
    Micros deadline = a.now + ttl;
    if ((h->flags & kOrdered) == 0) {
        const Micros age = Micros{static_cast<u32>(a.now / 1000) - h->acquired_ms} * 1000;
        const Micros cap = a.now - age + lifetime_max;
        if (deadline > cap) deadline = cap;
        if (deadline <= h->deadline && a.now + ttl > h->deadline) {
            HoldAnswer refused = describe(a.arena, *h);
            refused.status = Status::refused;
            refused.reason = Reason::lifetime;
            return refused;
        }
    }
    return raise_deadline(a, *h, deadline, 0);
}

HoldAnswer hand_over(const Access& a, u64 lock_id, const Uuid& owner, Micros ttl) {
    HoldAnswer why;
    Hold* h = claim_own(a, lock_id, owner, 1, &why);
    if (h == nullptr) return why;
    if (h->state != SeatState::held) return answer(Status::busy, Reason::busy);
    return raise_deadline(a, *h, a.now + ttl, kOrdered);
}

HoldAnswer release_seats(const Access& a, u64 lock_id, const Uuid& owner, const Ordinal* wanted,
                         u32 n_wanted, Ordinal* out, u32* n_out) {
    *n_out = 0;
    HoldAnswer why;
    Hold* h = claim_own(a, lock_id, owner, 0, &why);
    if (h == nullptr) return why;
    if (!a.log->room(h->seats)) return answer(Status::log_full);
    if (h->state != SeatState::held) return answer(Status::busy, Reason::busy);
    SessionBlock& b = hold_block(a.arena, *h);
    const Ordinal head = hold_head(a.arena, *h);
    const auto flag = [&](Ordinal seat) {
        SeatSlot& slot = b.slot(seat);
        if (slot.head != head || pending_release(slot)) return;
        slot.flags |= kPendingRelease;
        xact_append(a.arena, *a.log, Op::release, b, h, seat, 0);
        out[(*n_out)++] = seat;
    };
    if (n_wanted == 0)
        for (Ordinal o = head; o != kNoSeat; o = b.slot(o).next)
            flag(o);
    for (u32 i = 0; i < n_wanted; i++)
        flag(wanted[i]);
    if (*n_out > 0) h->version++;
    home(a, lock_id).count(Count::releases, *n_out > 0);
    return describe(a.arena, *h);
}

HoldAnswer confirm_lock(const Access& a, u64 lock_id, const Uuid& owner) {
    HoldAnswer why;
    Hold* h = claim_own(a, lock_id, owner, 1, &why);
    if (h == nullptr) return why;
    if (h->state == SeatState::confirming) return describe(a.arena, *h);
    hold_set_state(a.arena, *h, SeatState::confirming);
    xact_append(a.arena, *a.log, Op::confirm, hold_block(a.arena, *h), h, 0, 0);
    h->version++;
    home(a, lock_id).count(Count::confirmations);
    return describe(a.arena, *h);
}

HoldAnswer lock_get(const Access& a, u64 lock_id, const Uuid& owner) {
    HoldAnswer why;
    const Hold* h = find_own(a, lock_id, owner, &why);
    return h == nullptr ? why : describe(a.arena, *h);
}

u32 lock_seat_list(const Access& a, u64 lock_id, Ordinal* out) {
    const Hold* h = hold_find(a.arena, lock_id);
    u32 n = 0;
    if (h == nullptr) return 0;
    SessionBlock& b = hold_block(a.arena, *h);
    for (Ordinal o = hold_head(a.arena, *h); o != kNoSeat; o = b.slot(o).next)
        if (!pending_release(b.slot(o))) out[n++] = o;
    return n;
}

Status free_sold(const Access& a, SessionBlock& b, const Ordinal* seats, u32 n, Ordinal* out,
                 u32* n_out) {
    *n_out = 0;
    if (!a.log->room(n)) return Status::log_full;
    for (u32 i = 0; i < n; i++) {
        SeatSlot& slot = b.slot(seats[i]);
        if (slot.state != SeatState::sold || (slot.flags & kPendingFree) != 0) continue;
        slot.flags |= kPendingFree;
        xact_append(a.arena, *a.log, Op::free_sold, b, nullptr, seats[i], 0);
        out[(*n_out)++] = seats[i];
    }
    return Status::ok;
}

HoldAnswer ticket_insert(const Access& a, SessionBlock& b, Ordinal seat, const Uuid& owner,
                         u32 generation) {
    SeatSlot& slot = b.slot(seat);
    if (!a.log->room(2)) return answer(Status::log_full);
    if (slot.state == SeatState::sold && (slot.flags & kPendingFree) != 0) {
        // Only the transaction that set the flag can be here: it holds the old ticket's row lock
        // and the partial unique index makes every other inserter wait for it.
        slot.flags = static_cast<u8>(slot.flags & ~kPendingFree);
        xact_append(a.arena, *a.log, Op::unfree, b, nullptr, seat, 0);
        return answer(Status::ok);
    }
    if (slot.state == SeatState::confirming) {
        Hold& h = b.hold(slot.head);
        if (h.writer != a.log->writer) return answer(Status::refused, Reason::held);
        if (!pending_release(slot)) return describe(a.arena, h);
        const PartitionSet need = hold_partitions(a.arena, h);
        if (!a.held.covers(need)) {
            HoldAnswer more = answer(Status::need_partitions);
            more.need = need;
            return more;
        }
        slot.flags = static_cast<u8>(slot.flags & ~kPendingRelease);
        xact_append(a.arena, *a.log, Op::unrelease, b, &h, seat, 0);
        return describe(a.arena, h);
    }
    LockCall call{&b, &seat, 1, owner, 0, generation, 0};
    Survey s;
    Reason reason = survey_seat(a, call, seat, &s);
    if (reason == Reason::none && s.in_own > 0) reason = Reason::held;
    if (reason != Reason::none) return answer(Status::refused, reason);
    if (!a.held.covers(s.need)) {
        HoldAnswer more = answer(Status::need_partitions);
        more.need = s.need;
        return more;
    }
    clear_overdue(a, call);
    const HoldAnswer granted = grant(a, call);
    Hold* h = hold_find(a.arena, granted.lock_id);
    hold_set_state(a.arena, *h, SeatState::confirming);
    xact_append(a.arena, *a.log, Op::confirm, b, h, 0, 0);
    return granted;
}

Status ticket_remove(const Access& a, SessionBlock& b, Ordinal seat) {
    SeatSlot& slot = b.slot(seat);
    if (!a.log->room(1)) return Status::log_full;
    if (slot.state == SeatState::sold && (slot.flags & kPendingFree) == 0) {
        slot.flags |= kPendingFree;
        xact_append(a.arena, *a.log, Op::free_sold, b, nullptr, seat, 0);
    } else if (slot.state == SeatState::confirming && !pending_release(slot)) {
        Hold& h = b.hold(slot.head);
        if (h.writer != a.log->writer) return Status::busy;
        slot.flags |= kPendingRelease;
        xact_append(a.arena, *a.log, Op::release, b, &h, seat, 0);
    }
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
    if (slot.state != SeatState::held) return slot.state;
    return hold_overdue(b.hold(slot.head), now) ? SeatState::free : SeatState::held;
}

const char* audit_area(const Access& a, SessionBlock& b, u32 area) {
    const AreaInfo& info = b.area(area);
    u32 count[kSeatStates] = {};
    for (u32 i = 0; i < info.seats; i++) {
        const Ordinal seat = info.first_seat + i;
        const SeatSlot& slot = b.slot(seat);
        count[static_cast<u32>(slot.state)]++;
        const bool has_hold = slot.head != kNoSeat;
        const bool wants_hold =
            slot.state == SeatState::held || slot.state == SeatState::confirming;
        if (has_hold != wants_hold) return "S1: seat and hold disagree";
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
