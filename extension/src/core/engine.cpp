// What is done to a hold by its token: validate all, then change all.

#include "engine_detail.hpp"

namespace tix::core {

namespace {

// The owner's live hold, with the locks to change it; otherwise an answer that says why not.
Hold* find_own(const Access& a, u64 lock_id, const Uuid& owner, HoldAnswer* why) {
    Hold* h = hold_find(a.arena, lock_id);
    const bool foreign =
        h != nullptr && a.database != 0 && hold_block(a.arena, *h).database != a.database;
    const bool house = h != nullptr && h->state == SeatState::blocked;
    if (h == nullptr || foreign || house || h->owner != owner || hold_overdue(*h, a.now)) {
        *why = answer(Status::lost, Reason::expired);
        return nullptr;
    }
    const PartitionSet need = hold_partitions(a.arena, *h);
    if (!a.held.covers(need)) {
        *why = need_more(need);
        return nullptr;
    }
    return h;
}

HoldAnswer raise_deadline(const Access& a, Hold& h, Micros deadline, u8 flags) {
    const Micros before = h.deadline;
    xact_append(a.arena, *a.log, Op::raise, hold_block(a.arena, h), &h, h.flags, before);
    h.flags |= flags;
    if (deadline > before) hold_set_deadline(a.arena, h, deadline);
    h.version++;
    home_of(a, h.lock_id).count(Count::extends);
    return describe(a.arena, h);
}

// An emergency stop of the session also ends what goes on with holds that are there.
bool stopped(const Access& a, const Hold& h) {
    return rule(hold_block(a.arena, h), Rule::gate) == kGateStopped;
}

// Another transaction is at work on the hold, or it is being sold.
HoldAnswer in_use(const Access& a, u64 lock_id) {
    home_of(a, lock_id).count(Count::refusals);
    return answer(Status::busy, Reason::busy);
}

// The hold stands, but may not be prolonged or changed any more.
HoldAnswer worn_out(const Access& a, const Hold& h) {
    home_of(a, h.lock_id).count(Count::refusals);
    HoldAnswer refused = describe(a.arena, h);
    refused.status = Status::refused;
    refused.reason = Reason::lifetime;
    return refused;
}

}  // namespace

u64 next_token(const Arena& arena, SessionBlock& b, Ordinal seat, u32 generation) {
    const u64 sequence = arena.header().sequence.fetch_add(1, std::memory_order_relaxed) + 1;
    return Token::make(generation, sequence, b.area_of(seat).home);
}

HoldAnswer describe(const Arena& arena, const Hold& h) {
    HoldAnswer a;
    a.lock_id = h.lock_id;
    a.session = hold_block(arena, h).session;
    a.owner = h.owner;
    a.deadline = h.deadline;
    a.acquired_ms = h.acquired_ms;
    a.ordered = (h.flags & kOrdered) != 0;
    a.version = h.version;
    return a;
}

HoldAnswer describe_release(const Arena& arena, Hold& h) {
    h.version++;
    const HoldAnswer done = describe(arena, h);
    SessionBlock& b = hold_block(arena, h);
    Ordinal o = hold_head(arena, h);
    while (o != kNoSeat && pending_release(b.slot(o)))
        o = b.slot(o).next;
    if (o != kNoSeat) h.version++;
    return done;
}

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

HoldAnswer extend_lock(const Access& a, u64 lock_id, const Uuid& owner, Micros ttl,
                       Micros lifetime_max) {
    HoldAnswer why;
    Hold* h = claim_own(a, lock_id, owner, 1, &why);
    if (h == nullptr) return why.status == Status::busy ? in_use(a, lock_id) : why;
    if (h->state != SeatState::held) return in_use(a, lock_id);
    if (stopped(a, *h)) return answer(Status::refused, Reason::paused);
    Micros deadline = a.now + ttl;
    if ((h->flags & kOrdered) == 0) {
        const Micros age = Micros{static_cast<u32>(a.now / 1000) - h->acquired_ms} * 1000;
        const Micros cap = a.now / 1000 * 1000 - age + lifetime_max;
        if (deadline > cap) deadline = cap;
        if (deadline <= h->deadline && a.now + ttl > h->deadline) return worn_out(a, *h);
    }
    if (h->version >= kHoldVersionsMax) return worn_out(a, *h);
    return raise_deadline(a, *h, deadline, 0);
}

HoldAnswer hand_over(const Access& a, u64 lock_id, const Uuid& owner, Micros ttl) {
    HoldAnswer why;
    Hold* h = claim_own(a, lock_id, owner, 1, &why);
    if (h == nullptr) return why.status == Status::busy ? in_use(a, lock_id) : why;
    if (h->state != SeatState::held) return in_use(a, lock_id);
    if (stopped(a, *h)) return answer(Status::refused, Reason::paused);
    if (h->version >= kHoldVersionsMax) return worn_out(a, *h);
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
    home_of(a, lock_id).count(Count::releases, *n_out > 0);
    return *n_out > 0 ? describe_release(a.arena, *h) : describe(a.arena, *h);
}

HoldAnswer confirm_lock(const Access& a, u64 lock_id, const Uuid& owner) {
    HoldAnswer why;
    Hold* h = claim_own(a, lock_id, owner, 1, &why);
    if (h == nullptr) return why;
    if (h->state == SeatState::confirming) return describe(a.arena, *h);
    hold_set_state(a.arena, *h, SeatState::confirming);
    xact_append(a.arena, *a.log, Op::confirm, hold_block(a.arena, *h), h, 0, 0);
    h->version++;
    home_of(a, lock_id).count(Count::confirmations);
    HoldAnswer done = describe(a.arena, *h);
    done.journal = Journal::sale;
    return done;
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

}  // namespace tix::core
