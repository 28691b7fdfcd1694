// tix_lock_area: general admission, places of an area that nobody chose.

#include "idempotency.hpp"
#include "lock_tidied.hpp"

namespace tix::pg {

namespace {

struct AreaArgs {
    Uuid session, owner;
    Text area;
    u32 quantity;
    LockTerms terms;
};

// Search and grant under the area's partition lock. The caller has the directory lock.
HoldAnswer take_any(SessionBlock* block, u32 area, const AreaArgs& s, const SeatBuffers& buffer) {
    const Caller caller = caller_of(s.terms, s.session, s.owner);
    const BestCall call = {block,       s.quantity, 0,
                           false,       nullptr,    pg_prng_uint64(&pg_global_prng_state),
                           buffer.seat, caller};
    LockCall lock = {block,       buffer.seat,           s.quantity, s.owner,
                     s.terms.ttl, database_generation(), 0};
    lock.caller = caller;
    HoldAnswer closed;
    closed.reason = sale_closed(*block, caller);
    if (closed.reason != Reason::none) return closed;
    PartitionSet searched;
    searched.add(arena().partition_of(block->area(area).home));
    return with_tidied(searched, s.owner, [&](const Access& a) {
        HoldAnswer h;
        const BestBlock any = any_in_area(call, area);
        if (any.tier > 0) return lock_seats(a, lock, buffer.reason);
        h.reason = best_refusal(call, any.totals);
        return h;
    });
}

Answer lock_area(const AreaArgs& s) {
    const SeatBuffers buffer = seat_buffers(static_cast<int>(s.quantity));
    xact_log();
    SessionBlock* block = nullptr;
    const Found found = open_session(s.session, settings.load_wait_ms, &block);
    if (found == Found::failed) raise_load_failure(s.session);
    if (found != Found::ready) return refusal(not_open(found));
    block->last_used.store(session_asked_at(), std::memory_order_relaxed);
    const int area = session_find_area(*block, s.area);
    HoldAnswer h;
    h.reason = Reason::unknown_seat;
    if (area >= 0) h = take_any(block, static_cast<u32>(area), s, buffer);
    close_session();
    return chosen_seats(*block, h, buffer.seat, s.quantity, 0);
}

KeyedRequest keyed(const AreaArgs& s) {
    RequestHash hash('a');
    hash.add(s.session).add(TextList{const_cast<Text*>(&s.area), 1}).add(i64{s.quantity});
    hash.add(s.terms);
    return {s.owner, s.terms.idempotency_key, hash.value()};
}

}  // namespace

}  // namespace tix::pg

using namespace tix::pg;

TIX_FUNCTION(tix_lock_area) {
    require_writable("tix_lock_area()");
    require_arguments(fcinfo, 4, "tix_lock_area()");
    text* area = PG_GETARG_TEXT_PP(1);
    const int32 quantity = quantity_arg(fcinfo, 2);
    const AreaArgs s = {uuid_arg(PG_GETARG_DATUM(0)),
                        uuid_arg(PG_GETARG_DATUM(3)),
                        {VARDATA_ANY(area), static_cast<u32>(VARSIZE_ANY_EXHDR(area))},
                        static_cast<u32>(quantity),
                        lock_terms(fcinfo, {4, -1, -1, 5})};
    if (quantity > settings.max_seats_per_lock)
        return answer_row(fcinfo, refusal(Reason::too_many));
    return answer_row(fcinfo, answer_once(s, [&] { return lock_area(s); }));
}
