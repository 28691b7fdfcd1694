// What is done to a hold by its token: extend, look, hand over, confirm, release; and giving back.

#include "lock_answer.hpp"
#include "standby.hpp"

namespace tix::pg {

namespace {

struct TokenCall {
    u64 lock_id;
    Uuid owner;
};

TokenCall token_args(FunctionCallInfo fcinfo, const char* function) {
    require_arguments(fcinfo, 2, function);
    return {static_cast<u64>(PG_GETARG_INT64(0)), uuid_arg(PG_GETARG_DATUM(1))};
}

struct SeatList {
    SessionBlock* block;
    u32 n;
    Ordinal* seat;
};

SeatList seat_list() {
    return {nullptr, 0, static_cast<Ordinal*>(palloc(sizeof(Ordinal) * kSeatsPerLockMax))};
}

void remember_seats(const Access& a, u64 lock_id, SeatList* list) {
    list->block = &hold_block(a.arena, *hold_find(a.arena, lock_id));
    list->n = lock_seat_list(a, lock_id, list->seat);
}

// As text[]. The transaction has changed or pinned the hold, so its block stays where it is.
Datum seat_labels(const SeatList& list) {
    return PointerGetDatum(label_array(*list.block, list.seat, list.n));
}

void put_seats(FunctionCallInfo fcinfo, const SeatList& list) {
    ReturnSetInfo* rows = begin_rows(fcinfo);
    for (u32 i = 0; i < list.n; i++) {
        const Text label = list.block->label(list.seat[i]);
        Datum value = PointerGetDatum(cstring_to_text_with_len(label.data, label.size));
        bool null = false;
        put_row(rows, &value, &null);
    }
}

// Loads a session with live holds in the journal, in what is left of the time to wait. What kept it
// from being loaded, or `ready`.
Found bring_back(const Uuid& session, Micros until) {
    SessionBlock* block = nullptr;
    TIX_POINT(token_session_found);
    const Micros left = until - arena_now();
    const Found found = open_session(session, left > 0 ? static_cast<int>(left / 1000) : 0, &block);
    if (found == Found::ready) close_session();
    return found;
}

// Runs a core call on the hold of a token, wherever the hold is. A token of this start is in memory
// or nowhere: a session that is unloaded has no live holds. One of an earlier start may be in any
// session with live holds that nobody has asked for yet, so these are loaded, once a start.
template <class Call>
HoldAnswer with_hold(const TokenCall& t, Call call) {
    HoldAnswer answer = with_partitions(home_of(t.lock_id, t.owner), call);
    if (answer.status != Status::lost || RecoveryInProgress() ||
        Token::generation(t.lock_id) == database_generation())
        return answer;
    const Micros until = arena_now() + static_cast<Micros>(settings.load_timeout_ms) * 1000;
    Uuid* session;
    const u32 n = journal_live_sessions(wall_time(arena_now()), &session);
    const Uuid* failed = nullptr;
    bool rebuilding = false;
    for (u32 i = 0; i < n && answer.status == Status::lost; i++) {
        const Found found = bring_back(session[i], until);
        if (found == Found::failed) failed = &session[i];
        if (found == Found::no_worker) raise_no_worker();
        if (found == Found::rebuilding) rebuilding = true;
        if (found == Found::ready) answer = with_partitions(home_of(t.lock_id, t.owner), call);
    }
    if (answer.status != Status::lost) return answer;
    if (rebuilding) raise(Error::rebuilding);
    if (failed != nullptr) raise_load_failure(*failed);
    return answer;
}

// The hold as a standby has it. It lives as long as the call.
HoldAnswer look_on_standby(const TokenCall& t, SeatList* list) {
    HoldAnswer seen;
    seen.status = Status::lost;
    seen.reason = Reason::expired;
    Uuid session;
    if (!standby_session_of(t.lock_id, &session)) return seen;
    const StandbySession s = standby_session(session);
    const Access a = {s.arena, nullptr, arena_now(), s.block->partitions, MyDatabaseId};
    seen = lock_get(a, t.lock_id, t.owner);
    if (seen.status == Status::ok) remember_seats(a, t.lock_id, list);
    return seen;
}

HoldAnswer look_at_hold(const TokenCall& t, SeatList* list) {
    if (RecoveryInProgress()) return look_on_standby(t, list);
    return with_hold(t, [&](const Access& access) {
        const HoldAnswer seen = lock_get(access, t.lock_id, t.owner);
        if (seen.status != Status::ok) return seen;
        if (!access.log->room(1)) {
            HoldAnswer full;
            full.status = Status::log_full;
            return full;
        }
        remember_seats(access, t.lock_id, list);
        xact_pin(access.arena, *access.log, *list->block);
        return seen;
    });
}

[[noreturn]] void raise_lost(const HoldAnswer& h, u64 lock_id) {
    const char* detail =
        psprintf("{\"lockId\":\"" INT64_FORMAT "\",\"reason\":\"%s\"}", static_cast<int64>(lock_id),
                 h.status == Status::busy ? "busy" : "expired");
    raise_detail(Error::lock_lost, detail);
}

void require_done(const HoldAnswer& h, u64 lock_id) {
    if (h.status == Status::log_full) raise_log_full();
    if (h.status == Status::refused && h.reason == Reason::paused) raise(Error::not_on_sale);
    if (h.status != Status::ok) raise_lost(h, lock_id);
}

}  // namespace

}  // namespace tix::pg

using namespace tix::pg;

TIX_FUNCTION(tix_session_of_lock) {
    require_primary("tix_session_of_lock()");
    require_arguments(fcinfo, 1, "tix_session_of_lock()");
    const u64 lock_id = static_cast<u64>(PG_GETARG_INT64(0));
    const HoldAnswer h = with_hold({lock_id, {}}, [&](const Access& a) {
        HoldAnswer seen;
        const Hold* hold = hold_find(a.arena, lock_id);
        const SessionBlock* block = hold == nullptr ? nullptr : &hold_block(a.arena, *hold);
        if (block == nullptr || block->database != a.database || hold_overdue(*hold, a.now))
            seen.status = Status::lost;
        else
            seen.session = block->session;
        return seen;
    });
    if (h.status != Status::ok) PG_RETURN_NULL();
    PG_RETURN_DATUM(uuid_datum(h.session));
}

TIX_FUNCTION(tix_extend_lock) {
    require_writable("tix_extend_lock()");
    const TokenCall t = token_args(fcinfo, "tix_extend_lock()");
    const Micros ttl = ttl_arg(fcinfo, 2, settings.lock_ttl_s);
    const Micros lifetime = static_cast<Micros>(settings.lock_lifetime_max_s) * 1000000;
    SeatList list = seat_list();
    Answer a;
    const HoldAnswer h = with_hold(t, [&](const Access& access) {
        const HoldAnswer done = extend_lock(access, t.lock_id, t.owner, ttl, lifetime);
        if (done.status == Status::ok) remember_seats(access, t.lock_id, &list);
        return done;
    });
    if (h.status == Status::log_full) raise_log_full();
    a.reason = h.reason;
    if (h.status == Status::ok || h.reason == Reason::lifetime) {
        a.lock_id = h.lock_id;
        a.deadline = h.deadline;
    }
    if (h.status == Status::ok) {
        TIX_POINT(extend_unjournaled);
        a.seats = seat_labels(list);
        journal_write(journal_row('e', h, a.seats));
    }
    return answer_row(fcinfo, a);
}

TIX_FUNCTION(tix_lock_get) {
    require_readable("tix_lock_get()");
    const TokenCall t = token_args(fcinfo, "tix_lock_get()");
    SeatList list = seat_list();
    const HoldAnswer h = look_at_hold(t, &list);
    if (h.status == Status::log_full) raise_log_full();
    Answer a;
    a.reason = h.reason;
    if (h.status != Status::ok) return answer_row(fcinfo, a);
    a.lock_id = h.lock_id;
    a.deadline = h.deadline;
    a.seats = seat_labels(list);
    return answer_row(fcinfo, a);
}

TIX_FUNCTION(tix_hand_over) {
    require_writable("tix_hand_over()");
    const TokenCall t = token_args(fcinfo, "tix_hand_over()");
    require_arguments(fcinfo, 3, "tix_hand_over()");
    const Uuid order = uuid_arg(PG_GETARG_DATUM(2));
    const Micros ttl = ttl_arg(fcinfo, 3, settings.order_ttl_s);
    SeatList list = seat_list();
    const HoldAnswer h = with_hold(t, [&](const Access& access) {
        const HoldAnswer done = hand_over(access, t.lock_id, t.owner, ttl);
        if (done.status == Status::ok) remember_seats(access, t.lock_id, &list);
        return done;
    });
    require_done(h, t.lock_id);
    TIX_POINT(hand_over_unjournaled);
    JournalRow row = journal_row('o', h, seat_labels(list));
    row.order = &order;
    journal_write(row);
    put_seats(fcinfo, list);
    return Datum(0);
}

TIX_FUNCTION(tix_confirm_seats) {
    require_writable("tix_confirm_seats()");
    const TokenCall t = token_args(fcinfo, "tix_confirm_seats()");
    SeatList list = seat_list();
    const HoldAnswer h = with_hold(t, [&](const Access& access) {
        const HoldAnswer done = confirm_lock(access, t.lock_id, t.owner);
        if (done.status == Status::ok) remember_seats(access, t.lock_id, &list);
        return done;
    });
    require_done(h, t.lock_id);
    note_confirming();
    if (h.journal != Journal::none) {
        TIX_POINT(confirm_unjournaled);
        announce_changes();
        journal_write(journal_row('s', h, seat_labels(list)));
    }
    put_seats(fcinfo, list);
    return Datum(0);
}

TIX_FUNCTION(tix_release_seats) {
    require_writable("tix_release_seats()");
    const TokenCall t = token_args(fcinfo, "tix_release_seats()");
    TextList wanted = {nullptr, 0};
    if (!PG_ARGISNULL(2)) {
        wanted = text_list_arg(fcinfo, 2, "seat_ids", kSeatsPerLockMax);
        if (wanted.text == nullptr) raise(Error::limit_exceeded);
    }
    SeatList list = seat_list();
    auto* ordinal = static_cast<Ordinal*>(palloc(sizeof(Ordinal) * (wanted.n + 1)));
    const HoldAnswer h = with_hold(t, [&](const Access& access) {
        Hold* hold = hold_find(access.arena, t.lock_id);
        u32 n = 0;
        if (hold != nullptr) list.block = &hold_block(access.arena, *hold);
        for (int i = 0; i < wanted.n && hold != nullptr; i++) {
            const Ordinal o = session_find(*list.block, wanted.text[i]);
            if (o != kNoSeat) ordinal[n++] = o;
        }
        if (wanted.n > 0 && n == 0) {
            HoldAnswer nothing;
            nothing.status = Status::lost;
            return nothing;
        }
        return release_seats(access, t.lock_id, t.owner, ordinal, n, list.seat, &list.n);
    });
    if (h.status == Status::log_full) raise_log_full();
    TIX_POINT(release_unjournaled);
    if (list.n > 0) journal_release(h, *list.block, list.seat, list.n);
    put_seats(fcinfo, list);
    return Datum(0);
}

TIX_FUNCTION(tix_free_sold) {
    require_writable("tix_free_sold()");
    require_arguments(fcinfo, 1, "tix_free_sold()");
    const TextList wanted = text_list_arg(fcinfo, 1, "seat_ids", settings.max_xact_changes);
    if (wanted.text == nullptr) raise_log_full();
    const Uuid session = uuid_arg(PG_GETARG_DATUM(0));
    auto* ordinal = static_cast<Ordinal*>(palloc(sizeof(Ordinal) * wanted.n));
    SeatList list = {nullptr, 0, static_cast<Ordinal*>(palloc(sizeof(Ordinal) * wanted.n))};
    xact_log();
    list.block = require_session(session, settings.load_timeout_ms);
    PartitionSet set;
    u32 n = 0;
    for (int i = 0; i < wanted.n; i++) {
        const Ordinal o = session_find(*list.block, wanted.text[i]);
        if (o == kNoSeat) continue;
        ordinal[n++] = o;
        set.add(seat_partition(arena(), *list.block, o));
    }
    lock_partitions(set, LW_EXCLUSIVE);
    const Status done = free_sold(access_to(set), *list.block, ordinal, n, list.seat, &list.n);
    unlock_partitions(set);
    close_session();
    if (done == Status::log_full) raise_log_full();
    TIX_POINT(free_unjournaled);
    if (list.n > 0) journal_write({'f', 0, session, {}, 0, 0, 0, nullptr, seat_labels(list)});
    put_seats(fcinfo, list);
    return Datum(0);
}
