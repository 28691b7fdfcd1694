// Taking a session out of memory while its seats are edited, holds and all: the journal has them,
// and the next load brings them back with their tokens.
//
// Locking. The session's advisory lock exclusive until the transaction ends: nobody sells, and
// nobody loads it again before the edit has committed or was rolled back. Then, at one instant
// under the directory lock and all partitions, no transaction lists the block, so every hold in it
// is a committed row; and no seat that is to go is taken. Failure. Whatever raises here leaves the
// session as it is, or out of memory, which is the same.

#include "glue.hpp"

namespace tix::pg {

namespace {

constexpr Micros kWaitMicros = 2000000;
constexpr long kPauseMicros = 2000;

enum class Take { gone, taken, conflict, in_use, unwritten };

SeatState state_of(SessionBlock& b, const Text& seat, Micros now) {
    const Ordinal o = session_find(b, seat);
    return o == kNoSeat ? SeatState::free : seat_state(b, o, now);
}

// One look; `state` gets what the seats are.
Take take_out(const Uuid& session, const TextList& seats, SeatState* state) {
    const PartitionSet all = all_partitions();
    Take took = Take::gone;
    LWLockAcquire(directory_lock(), LW_EXCLUSIVE);
    DirEntry* e = directory_find(arena(), MyDatabaseId, session);
    if (e != nullptr && e->state == DirState::ready) {
        auto* b = arena().ref<SessionBlock>(e->block);
        lock_partitions(all, LW_EXCLUSIVE);
        const Micros now = arena_now();
        took = b->pins.load(std::memory_order_acquire) != 0 ? Take::in_use : Take::taken;
        for (int i = 0; took != Take::in_use && i < seats.n; i++) {
            state[i] = state_of(*b, seats.text[i], now);
            if (state[i] != SeatState::free) took = Take::conflict;
        }
        if (took == Take::taken && !settings.hold_journal && !session_idle(*b))
            took = Take::unwritten;
        if (took == Take::taken) session_evict(arena(), e);
        unlock_partitions(all);
    }
    LWLockRelease(directory_lock());
    return took;
}

const char* name_of(SeatState state) {
    switch (state) {
        case SeatState::held:
            return "held";
        case SeatState::confirming:
            return "confirming";
        case SeatState::sold:
            return "sold";
        case SeatState::blocked:
            return "blocked";
        default:
            return "free";
    }
}

[[noreturn]] void refuse(Take why) {
    if (why == Take::in_use)
        ereport(ERROR, (errcode(ERRCODE_LOCK_NOT_AVAILABLE),
                        errmsg("session is in use by open transactions"),
                        errhint("Retry in a moment, in a transaction that holds no seat of it.")));
    ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                    errmsg("session has holds that no journal has"),
                    errhint("Turn tix.hold_journal on and wait until they have ended.")));
    pg_unreachable();
}

}  // namespace

}  // namespace tix::pg

using namespace tix::pg;

TIX_FUNCTION(tix_begin_edit) {
    require_writable("tix_begin_edit()");
    require_arguments(fcinfo, 2, "tix_begin_edit()");
    if (IsolationUsesXactSnapshot())
        ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                        errmsg("seats are edited in isolation level READ COMMITTED")));
    const Uuid session = uuid_arg(PG_GETARG_DATUM(0));
    TextList seats = {nullptr, 0};
    if (ARR_NDIM(PG_GETARG_ARRAYTYPE_P(1)) > 0)
        seats = text_list_arg(fcinfo, 1, "seat_ids", PG_INT32_MAX);
    auto* state = static_cast<SeatState*>(palloc0(sizeof(SeatState) * (seats.n + 1)));
    ReturnSetInfo* rows = begin_rows(fcinfo);
    (void)require_session(session, settings.load_timeout_ms, false);
    close_session();
    advisory_lock(session, ExclusiveLock);
    const Micros until = arena_now() + kWaitMicros;
    Take took = take_out(session, seats, state);
    while (took == Take::in_use && arena_now() < until) {
        CHECK_FOR_INTERRUPTS();
        pg_usleep(kPauseMicros);
        took = take_out(session, seats, state);
    }
    if (took == Take::in_use || took == Take::unwritten) refuse(took);
    for (int i = 0; took == Take::conflict && i < seats.n; i++) {
        if (state[i] == SeatState::free) continue;
        bool nulls[2] = {};
        Datum values[2] = {
            PointerGetDatum(cstring_to_text_with_len(seats.text[i].data, seats.text[i].size)),
            CStringGetTextDatum(name_of(state[i]))};
        put_row(rows, values, nulls);
    }
    return Datum(0);
}
