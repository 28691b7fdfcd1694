// tix_changes: the feed of seat changes, with gap detection and a wait that costs nothing.
//
// A sequence number is generation (16 bits) | counter (47 bits). Another generation, a number ahead
// of the feed or one the ring has overwritten is answered by one `resync` row: read the map again.
// A standby has no feed: it answers how each seat is, as its tables have it.

#include "standby.hpp"

namespace tix::pg {

namespace {

constexpr u64 kCounterMask = (u64{1} << 47) - 1;
constexpr int kMaxRows = 100000;
constexpr int kMaxWaitMs = 60000;

void stop_waiting(int, Datum) {
    pg_atomic_fetch_sub_u32(&shared->change_waiters, 1);
}

// Frees overdue seats first, so that the feed never lags behind what a lock call would find.
void tidy_overdue() {
    u32 freed = 0;
    for (u32 p = 0; p < static_cast<u32>(settings.partitions); p++)
        freed += sweep_partition(p);
    if (freed > 0) announce_changes();
}

// True when there is something after `since` to tell; waits for it otherwise.
bool wait_for_change(u64 since, int wait_ms) {
    const Micros until = arena_now() + static_cast<Micros>(wait_ms) * 1000;
    if (ring_last(arena()) > since || wait_ms == 0) return ring_last(arena()) > since;
    pg_atomic_fetch_add_u32(&shared->change_waiters, 1);
    PG_ENSURE_ERROR_CLEANUP(stop_waiting, Datum(0));
    {
        TIX_POINT(changes_waiting);
        ConditionVariablePrepareToSleep(&shared->changed);
        while (ring_last(arena()) <= since) {
            const Micros left = until - arena_now();
            if (left <= 0) break;
            ConditionVariableTimedSleep(&shared->changed, left / 1000 + 1,
                                        wait_event(Wait::changes));
        }
        ConditionVariableCancelSleep();
    }
    PG_END_ENSURE_ERROR_CLEANUP(stop_waiting, Datum(0));
    stop_waiting(0, Datum(0));
    return ring_last(arena()) > since;
}

void put_change(ReturnSetInfo* rows, u64 generation, const Change& c) {
    Datum values[5] = {Int64GetDatum(static_cast<int64>(generation << 47 | c.seq)),
                       uuid_datum(c.session), Int32GetDatum(static_cast<int32>(c.layout_version)),
                       Int32GetDatum(static_cast<int32>(c.ordinal)),
                       CStringGetTextDatum(state_name(c.state))};
    bool nulls[5] = {};
    put_row(rows, values, nulls);
}

void put_resync(ReturnSetInfo* rows, u64 generation) {
    Datum values[5] = {Int64GetDatum(static_cast<int64>(generation << 47 | ring_last(arena()))),
                       Datum(0), Datum(0), Datum(0), CStringGetTextDatum("resync")};
    bool nulls[5] = {false, true, true, true, false};
    put_row(rows, values, nulls);
}

void put_seat(ReturnSetInfo* rows, SessionBlock& b, Ordinal o, Micros now) {
    Datum values[5] = {Datum(0), uuid_datum(b.session),
                       Int32GetDatum(static_cast<int32>(b.layout_version)),
                       Int32GetDatum(static_cast<int32>(o)),
                       CStringGetTextDatum(state_name(seat_state(b, o, now)))};
    bool nulls[5] = {true};
    put_row(rows, values, nulls);
}

void put_unnumbered_resync(ReturnSetInfo* rows) {
    Datum values[5] = {Datum(0), Datum(0), Datum(0), Datum(0), CStringGetTextDatum("resync")};
    bool nulls[5] = {true, true, true, true, false};
    put_row(rows, values, nulls);
}

// Every seat of the session, or `resync` for more than max_rows and for no session in particular.
void answer_on_standby(ReturnSetInfo* rows, const Uuid* session, int max_rows) {
    if (session == nullptr) {
        put_unnumbered_resync(rows);
        return;
    }
    const StandbySession s = standby_session(*session);
    const Micros now = arena_now();
    if (s.block->seats > static_cast<u32>(max_rows))
        put_unnumbered_resync(rows);
    else
        for (Ordinal o = 0; o < s.block->seats; o++)
            put_seat(rows, *s.block, o, now);
    pfree(s.memory);
}

int bounded(FunctionCallInfo fcinfo, int arg, const char* name, int min, int max) {
    const int value = PG_GETARG_INT32(arg);
    if (value < min || value > max)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("%s must be between %d and %d", name, min, max)));
    return value;
}

}  // namespace

}  // namespace tix::pg

using namespace tix::pg;

TIX_FUNCTION(tix_changes) {
    require_readable("tix_changes()");
    if (!RecoveryInProgress()) require_arguments(fcinfo, 1, "tix_changes()");
    if (PG_ARGISNULL(2) || PG_ARGISNULL(3))
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("max_rows and wait_ms must not be NULL")));
    const int max_rows = bounded(fcinfo, 2, "max_rows", 1, kMaxRows);
    const int wait_ms = bounded(fcinfo, 3, "wait_ms", 0, kMaxWaitMs);
    Uuid session;
    if (!PG_ARGISNULL(1)) session = uuid_arg(PG_GETARG_DATUM(1));
    const bool one_session = !PG_ARGISNULL(1);
    ReturnSetInfo* rows = begin_rows(fcinfo);
    if (RecoveryInProgress()) {
        answer_on_standby(rows, one_session ? &session : nullptr, max_rows);
        return Datum(0);
    }
    const u64 since = static_cast<u64>(PG_GETARG_INT64(0));
    const u64 generation = database_generation();
    u64 at = since & kCounterMask;
    tidy_overdue();
    if (since >> 47 != generation || at > ring_last(arena())) {
        put_resync(rows, generation);
        return Datum(0);
    }
    int put = 0;
    const Micros until = arena_now() + static_cast<Micros>(wait_ms) * 1000;
    for (;;) {
        Change c;
        const RingRead read = ring_read(arena(), at + 1, &c);
        if (read == RingRead::resync) {
            put_resync(rows, generation);
            return Datum(0);
        }
        if (read == RingRead::end) {
            const Micros left = until - arena_now();
            if (put > 0 || left <= 0) return Datum(0);
            // A claimed slot not yet published is waited for a moment, news for the time left.
            if (ring_last(arena()) > at)
                pg_usleep(50);
            else
                wait_for_change(at, static_cast<int>(left / 1000 + 1));
            CHECK_FOR_INTERRUPTS();
            continue;
        }
        at = c.seq;
        if (c.database != MyDatabaseId || (one_session && c.session != session)) continue;
        TIX_POINT(changes_row_read);
        put_change(rows, generation, c);
        if (++put == max_rows) return Datum(0);
    }
}
