// tix_lock_seat and tix_lock_seats: seats somebody chose by label.
//
// A call reads its arguments, takes locks, makes one core call, releases, and only then writes the
// journal and builds its row. A lost race leaves before the journal: no row lock, no WAL, no xid.

#include "lock_listed.hpp"

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
    bool any = orphan.size > 0;
    pushJsonbValue(&state, WJB_BEGIN_ARRAY, nullptr);
    for (u32 i = 0; i < n; i++) {
        if (reason[i] == Reason::none) continue;
        any = true;
        push_conflict(&state, seat[i], reason[i]);
    }
    if (orphan.size > 0) push_conflict(&state, orphan, Reason::orphan);
    return any ? JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_ARRAY, nullptr)) : nullptr;
}

}  // namespace

void hash_seats(const SessionBlock& block, const ListedRequest& r) {
    for (int i = 0; i < r.list.n; i++)
        r.buffer.hash[i] = label_hash(block, r.list.text[i]);
}

void guess_seats(const SessionBlock& block, const ListedRequest& r) {
    for (int i = 0; i < r.list.n; i++)
        r.buffer.seat[i] = session_guess(block, r.buffer.hash[i]);
}

void ask_seats(const SessionBlock& block, const ListedRequest& r) {
    for (int i = 0; i < r.list.n; i++)
        session_ask(block, r.buffer.seat[i]);
}

Reason settle_seats(SessionBlock& block, const ListedRequest& r, PartitionSet* set) {
    Reason first = Reason::none;
    Ordinal* seat = r.buffer.seat;
    Reason* reason = r.buffer.reason;
    if (r.into != 0) *set = home_of(r.into, r.owner);
    for (int i = 0; i < r.list.n; i++) {
        seat[i] = session_settle(block, r.list.text[i], seat[i]);
        reason[i] = seat[i] == kNoSeat ? Reason::unknown_seat : Reason::none;
        for (int j = 0; j < i && reason[i] == Reason::none; j++)
            if (seat[j] == seat[i]) reason[i] = Reason::duplicate_seat;
        if (first == Reason::none) first = reason[i];
        if (first != Reason::none) continue;
        set->add(seat_partition(arena(), block, seat[i]));
    }
    return first;
}

Reason find_seats(SessionBlock& block, const ListedRequest& r, PartitionSet* set) {
    hash_seats(block, r);
    owner_ask(block, r.owner);
    guess_seats(block, r);
    ask_seats(block, r);
    return settle_seats(block, r, set);
}

HoldAnswer take_seats(const Access& a, SessionBlock* block, const ListedRequest& r,
                      TimestampTz wall) {
    LockCall call = {block,   r.buffer.seat, static_cast<u32>(r.list.n),
                     r.owner, r.terms.ttl,   database_generation(),
                     r.into};
    call.avoid_orphans = r.terms.avoid_orphans;
    call.caller = caller_of(r.terms, r.session, r.owner, wall);
    call.seats_max = static_cast<u32>(settings.max_seats_per_lock);
    const HoldAnswer h = lock_seats(a, call, r.buffer.reason);
    // The layout may be gone once the session is closed.
    if (h.orphan != kNoSeat) r.buffer.orphan->keep(block->label(h.orphan));
    return h;
}

Answer listed_answer(const ListedRequest& r, const HoldAnswer& h, Datum seats) {
    if (h.status == Status::log_full) raise_log_full();
    Answer a;
    a.reason = h.reason;
    if (h.reason != Reason::none) {
        a.conflicts = conflicts_of(r.list.text, r.buffer.reason, static_cast<u32>(r.list.n),
                                   {r.buffer.orphan->bytes, r.buffer.orphan->size});
        return a;
    }
    a.lock_id = h.lock_id;
    a.deadline = h.deadline;
    a.seats = seats != 0 ? seats : PointerGetDatum(text_array(r.list.text, r.list.n));
    return a;
}

namespace {

Answer lock_without_key(const ListedRequest& r, Datum seats) {
    xact_log();
    SessionBlock* block = nullptr;
    const Found found = open_session(r.session, settings.load_wait_ms, &block);
    if (found == Found::failed) raise_load_failure(r.session);
    if (found != Found::ready) return refusal(not_open(found));
    block->last_used.store(session_asked_at(), std::memory_order_relaxed);
    HoldAnswer h;
    PartitionSet set;
    const TimestampTz wall = GetCurrentTimestamp();
    h.reason = find_seats(*block, r, &set);
    set.add(owner_partition(arena(), r.owner));
    if (h.reason == Reason::none)
        h = with_partitions(set, [&](const Access& a) { return take_seats(a, block, r, wall); });
    close_session();
    const Answer answer = listed_answer(r, h, seats);
    if (h.journal != Journal::none) announce_changes();
    journal_grant(h, answer.seats);
    return answer;
}

}  // namespace

KeyedRequest keyed(const ListedRequest& r) {
    RequestHash hash('s');
    hash.add(r.session).add(r.list).add(r.terms).add(static_cast<i64>(r.into));
    return {r.owner, r.terms.idempotency_key, hash.value()};
}

namespace {

// All of it: key, load, locks, call, journal, answer.
Answer lock_listed(const ListedRequest& r, Datum seats) {
    if (r.list.text == nullptr) return refusal(Reason::too_many);
    return answer_once(r, [&] { return lock_without_key(r, seats); });
}

u64 into_arg(FunctionCallInfo fcinfo, int arg) {
    if (PG_ARGISNULL(arg)) return 0;
    if (PG_GETARG_INT64(arg) <= 0)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("into_lock_id must be greater than zero"),
                        errhint("Leave it out to make a new lock.")));
    return static_cast<u64>(PG_GETARG_INT64(arg));
}

// What was paid is above the rules; the rest is an offer to the waiting list.
Datum lock_for_schema(FunctionCallInfo fcinfo, const char* function, bool paid) {
    require_writable(function);
    if (PG_ARGISNULL(0) || PG_ARGISNULL(2)) require_arguments(fcinfo, 3, function);
    const TextList list = text_list_arg(fcinfo, 1, "seat_ids", settings.max_seats_per_lock);
    LockTerms terms = lock_terms(fcinfo, {3, -1, -1, -1});
    terms.above_rules = paid;
    terms.from_list = !paid;
    const ListedRequest r = {uuid_arg(PG_GETARG_DATUM(0)),
                             uuid_arg(PG_GETARG_DATUM(2)),
                             list,
                             terms,
                             0,
                             seat_buffers(list.text == nullptr ? 0 : list.n)};
    return answer_row(fcinfo, lock_listed(r, PointerGetDatum(PG_GETARG_ARRAYTYPE_P(1))));
}

}  // namespace

}  // namespace tix::pg

using namespace tix::pg;

TIX_FUNCTION(tix_lock_seat) {
    require_writable("tix_lock_seat()");
    require_arguments(fcinfo, 3, "tix_lock_seat()");
    text* label = PG_GETARG_TEXT_PP(1);
    Text one = {VARDATA_ANY(label), static_cast<u32>(VARSIZE_ANY_EXHDR(label))};
    const ListedRequest r = {uuid_arg(PG_GETARG_DATUM(0)),
                             uuid_arg(PG_GETARG_DATUM(2)),
                             {&one, 1},
                             lock_terms(fcinfo, {3, -1, -1, -1}),
                             0,
                             seat_buffers(1)};
    return answer_row(fcinfo, lock_listed(r, PointerGetDatum(text_array(&one, 1))));
}

TIX_FUNCTION(tix_lock_seats) {
    require_writable("tix_lock_seats()");
    if (PG_ARGISNULL(0) || PG_ARGISNULL(2)) require_arguments(fcinfo, 3, "tix_lock_seats()");
    const TextList list = text_list_arg(fcinfo, 1, "seat_ids", settings.max_seats_per_lock);
    const ListedRequest r = {uuid_arg(PG_GETARG_DATUM(0)),
                             uuid_arg(PG_GETARG_DATUM(2)),
                             list,
                             lock_terms(fcinfo, {3, 4, 5, 6}),
                             into_arg(fcinfo, 7),
                             seat_buffers(list.text == nullptr ? 0 : list.n)};
    return answer_row(fcinfo, lock_listed(r, PointerGetDatum(PG_GETARG_ARRAYTYPE_P(1))));
}

TIX_FUNCTION(tix_take_seats) {
    return lock_for_schema(fcinfo, "tix_take_seats()", true);
}

TIX_FUNCTION(tix_offer_seats) {
    return lock_for_schema(fcinfo, "tix_offer_seats()", false);
}
