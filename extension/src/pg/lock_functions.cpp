// tix_lock_seat and tix_lock_seats: seats somebody chose by label.
//
// A call reads its arguments, takes locks, makes one core call, releases, and only then writes the
// journal and builds its row. A lost race leaves before the journal: no row lock, no WAL, no xid.

#include "lock_answer.hpp"

namespace tix::pg {

namespace {

void push_text(JsonbParseState** state, JsonbIteratorToken token, const char* s, u32 n) {
    JsonbValue v;
    v.type = jbvString;
    v.val.string.val = const_cast<char*>(s);
    v.val.string.len = static_cast<int>(n);
    pushJsonbValue(state, token, &v);
}

void push_conflict(JsonbParseState** state, Text seat, Reason reason) {
    const char* why = reason_name(reason);
    pushJsonbValue(state, WJB_BEGIN_OBJECT, nullptr);
    push_text(state, WJB_KEY, "seatId", 6);
    push_text(state, WJB_VALUE, seat.data, seat.size);
    push_text(state, WJB_KEY, "reason", 6);
    push_text(state, WJB_VALUE, why, static_cast<u32>(strlen(why)));
    pushJsonbValue(state, WJB_END_OBJECT, nullptr);
}

// [{"seatId": …, "reason": …}, …] for the seats that have a reason, and for the orphan; null when
// there is none.
Jsonb* conflicts_of(const Text* seat, const Reason* reason, u32 n, Text orphan) {
    JsonbParseState* state = nullptr;
    bool any = false;
    pushJsonbValue(&state, WJB_BEGIN_ARRAY, nullptr);
    for (u32 i = 0; i < n; i++) {
        if (reason[i] == Reason::none) continue;
        any = true;
        push_conflict(&state, seat[i], reason[i]);
    }
    if (orphan.data != nullptr) push_conflict(&state, orphan, Reason::orphan);
    any = any || orphan.data != nullptr;
    return any ? JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_ARRAY, nullptr)) : nullptr;
}

// Labels to ordinals. Answers the first problem; seat_reason tells it per seat.
Reason resolve(const SessionBlock& block, const TextList& list, Ordinal* seat, Reason* reason) {
    Reason first = Reason::none;
    for (int i = 0; i < list.n; i++) {
        seat[i] = session_find(block, list.text[i]);
        reason[i] = seat[i] == kNoSeat ? Reason::unknown_seat : Reason::none;
        for (int j = 0; j < i && reason[i] == Reason::none; j++)
            if (seat[j] == seat[i]) reason[i] = Reason::duplicate_seat;
        if (first == Reason::none) first = reason[i];
    }
    return first;
}

// The one validator behind lock_seat and lock_seats.
Answer lock_listed(const Uuid& session, const TextList& list, Datum list_datum, const Uuid& owner,
                   const LockTerms& terms, u64 into) {
    if (list.n > settings.max_seats_per_lock) return refusal(Reason::too_many);
    const SeatBuffers buffer = seat_buffers(list.n);
    xact_log();
    SessionBlock* block = nullptr;
    const Found found = open_session(session, settings.load_wait_ms, &block);
    if (found == Found::failed) raise_load_failure(session);
    if (found != Found::ready) return refusal(not_open(found));
    const Micros now = arena_now();
    HoldAnswer h;
    h.reason = resolve(*block, list, buffer.seat, buffer.reason);
    if (h.reason == Reason::none) {
        PartitionSet set = into ? home_of(into, owner) : PartitionSet{};
        for (int i = 0; i < list.n; i++)
            set.add(seat_partition(arena(), *block, buffer.seat[i]));
        LockCall call = {block, buffer.seat, static_cast<u32>(list.n),
                         owner, terms.ttl,   database_generation(),
                         into};
        call.avoid_orphans = terms.avoid_orphans;
        call.caller = caller_of(terms);
        set.add(owner_partition(arena(), owner));
        block->last_used.store(now, std::memory_order_relaxed);
        h = with_partitions(set,
                            [&](const Access& a) { return lock_seats(a, call, buffer.reason); });
    }
    // The layout may be gone once the session is closed.
    char orphan[kSeatIdBytesMax];
    Text orphan_label;
    if (h.orphan != kNoSeat) {
        orphan_label = block->label(h.orphan);
        memcpy(orphan, orphan_label.data, orphan_label.size);
        orphan_label.data = orphan;
    }
    close_session();
    if (h.status == Status::log_full) raise_log_full();
    Answer a;
    a.reason = h.reason;
    if (h.reason != Reason::none) {
        a.conflicts =
            conflicts_of(list.text, buffer.reason, static_cast<u32>(list.n), orphan_label);
        return a;
    }
    if (h.journal != Journal::none) announce_changes();
    journal_grant(h, list_datum);
    a.lock_id = h.lock_id;
    a.deadline = h.deadline;
    a.seats = list_datum;
    return a;
}

u64 into_arg(FunctionCallInfo fcinfo, int arg) {
    if (PG_ARGISNULL(arg)) return 0;
    if (PG_GETARG_INT64(arg) <= 0)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("into_lock_id must be greater than zero"),
                        errhint("Leave it out to make a new lock.")));
    return static_cast<u64>(PG_GETARG_INT64(arg));
}

}  // namespace

}  // namespace tix::pg

using namespace tix::pg;

TIX_FUNCTION(tix_lock_seat) {
    require_writable("tix_lock_seat()");
    require_arguments(fcinfo, 3, "tix_lock_seat()");
    text* label = PG_GETARG_TEXT_PP(1);
    Text one = {VARDATA_ANY(label), static_cast<u32>(VARSIZE_ANY_EXHDR(label))};
    return answer_row(
        fcinfo,
        lock_listed(uuid_arg(PG_GETARG_DATUM(0)), {&one, 1}, PointerGetDatum(text_array(&one, 1)),
                    uuid_arg(PG_GETARG_DATUM(2)), lock_terms(fcinfo, {3, -1, -1, -1}), 0));
}

TIX_FUNCTION(tix_lock_seats) {
    require_writable("tix_lock_seats()");
    if (PG_ARGISNULL(0) || PG_ARGISNULL(2)) require_arguments(fcinfo, 3, "tix_lock_seats()");
    const TextList list = text_list_arg(fcinfo, 1, "seat_ids", settings.max_seats_per_lock);
    const LockTerms terms = lock_terms(fcinfo, {3, 4, 5, 6});
    return answer_row(
        fcinfo,
        lock_listed(uuid_arg(PG_GETARG_DATUM(0)), list, PointerGetDatum(PG_GETARG_ARRAYTYPE_P(1)),
                    uuid_arg(PG_GETARG_DATUM(2)), terms, into_arg(fcinfo, 7)));
}

TIX_FUNCTION(tix_take_seats) {
    require_writable("tix_take_seats()");
    if (PG_ARGISNULL(0) || PG_ARGISNULL(2)) require_arguments(fcinfo, 3, "tix_take_seats()");
    const TextList list = text_list_arg(fcinfo, 1, "seat_ids", settings.max_seats_per_lock);
    LockTerms terms = lock_terms(fcinfo, {3, -1, -1, -1});
    terms.above_rules = true;
    return answer_row(fcinfo, lock_listed(uuid_arg(PG_GETARG_DATUM(0)), list,
                                          PointerGetDatum(PG_GETARG_ARRAYTYPE_P(1)),
                                          uuid_arg(PG_GETARG_DATUM(2)), terms, 0));
}
