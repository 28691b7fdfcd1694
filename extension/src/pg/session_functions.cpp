// Loading, unloading and checking a session: what a DBA or an organiser does ahead of a sale.

#include "rules_tables.hpp"

namespace tix::pg {

namespace {

u32 live_holds(SessionBlock& b) {
    u32 n = 0;
    for (u32 area = 0; area < b.areas; area++) {
        const AreaInfo& info = b.area(area);
        PartitionSet set;
        set.add(arena().partition_of(info.home));
        lock_partitions(set, LW_SHARED);
        for (u32 i = 0; i < info.seats; i++) {
            const Hold& h = b.hold(info.first_seat + i);
            n += h.lock_id != 0 && h.state != SeatState::blocked;
        }
        unlock_partitions(set);
    }
    return n;
}

// What one side says of a seat. The journal has wall-clock deadlines, all written and read by the
// same offset between the clocks, so that a deadline is the same to the microsecond; but when the
// wall clock has been set, a row may be of either offset, and when it was set back, a row may be
// from the future and says only that the hold is over by `deadline`.
struct Said {
    SeatState state;
    u64 lock_id;
    Micros deadline, earliest;
    bool unsettled;  // a transaction is at work on it
};

bool is_listed(const Hold& h) {
    return h.state == SeatState::held || (h.flags & kListed) != 0;
}

// What the arena says, seat by seat; only settled facts can be compared with tables.
void ask_arena(SessionBlock& b, Micros now, Said* said) {
    for (u32 area = 0; area < b.areas; area++) {
        const AreaInfo& info = b.area(area);
        PartitionSet set;
        set.add(arena().partition_of(info.home));
        lock_partitions(set, LW_SHARED);
        for (u32 i = 0; i < info.seats; i++) {
            const Ordinal o = info.first_seat + i;
            const SeatSlot& slot = b.slot(o);
            Said& s = said[o];
            s.state = seat_state(b, o, now);
            // What the waiting list has is free in every table.
            if (s.state == SeatState::blocked && is_listed(b.hold(slot.head)))
                s.state = SeatState::free;
            s.lock_id = s.state == SeatState::held ? b.hold(slot.head).lock_id : 0;
            s.deadline = s.earliest = s.lock_id != 0 ? b.hold(slot.head).deadline : 0;
            s.unsettled = slot.flags != 0 || s.state == SeatState::confirming ||
                          (slot.head != kNoSeat && b.hold(slot.head).writer != 0);
        }
        unlock_partitions(set);
    }
}

void ask_tables(const TableSession& t, int64 offsets_apart, Said* said) {
    for (u32 o = 0; o < t.layout.seats; o++)
        said[o] = {t.layout.sold[o] ? SeatState::sold : SeatState::free, 0, 0, 0, false};
    for (u32 i = 0; i < t.holds; i++) {
        const TableHold& h = t.hold[i];
        const Micros latest = h.spec.deadline;
        for (u32 s = 0; s < h.seats; s++) {
            Said& seat = said[h.seat[s]];
            if (seat.state == SeatState::free)
                seat = {SeatState::held, h.spec.lock_id, latest,
                        h.clamped ? 0 : latest - offsets_apart, false};
        }
    }
}

void ask_blocks(const SessionBlock& b, const TableRules& rules, Said* said) {
    for (int i = 0; i < rules.blocks; i++) {
        const Ordinal o = session_find(b, rules.block[i].seat);
        if (o != kNoSeat && said[o].state == SeatState::free) said[o].state = SeatState::blocked;
    }
}

bool differ(const Said& arena, const Said& tables, Micros now) {
    if (arena.unsettled) return false;
    const bool over =
        arena.state == SeatState::free && tables.state == SeatState::held && tables.earliest <= now;
    return !over && (arena.state != tables.state || arena.lock_id != tables.lock_id ||
                     arena.deadline > tables.deadline || arena.deadline < tables.earliest);
}

Datum describe(const Said& s) {
    if (s.lock_id == 0) return CStringGetTextDatum(state_name(s.state));
    return CStringGetTextDatum(psprintf("held by " UINT64_FORMAT " for " INT64_FORMAT " s",
                                        s.lock_id,
                                        static_cast<int64>((s.deadline - arena_now()) / 1000000)));
}

struct Comparison {
    u32 seats;
    Micros now;
    Said* arena;
    Said* tables;
};

// One look at both sides. The tables are read after the advisory lock is ours, so no ticket is on
// its way; holds still come and go, which is why a suspect is looked at twice.
Comparison compare(SessionBlock* b, const Uuid& session) {
    Comparison c = {b->seats, 0, static_cast<Said*>(palloc(sizeof(Said) * b->seats)), nullptr};
    CommandCounterIncrement();
    PushActiveSnapshot(GetTransactionSnapshot());
    SPI_connect();
    const WallOffsets offsets = wall_offsets();
    const TableSession t = read_session(session, offsets.lowest);
    if (t.layout.seats != b->seats)
        ereport(ERROR,
                (errcode(ERRCODE_DATA_EXCEPTION),
                 errmsg("session has %u seats in memory and %u in its tables", b->seats,
                        t.layout.seats),
                 errhint("Unload the session with tix_unload_session() and load it again.")));
    c.tables = static_cast<Said*>(SPI_palloc(sizeof(Said) * b->seats));
    ask_tables(t, offsets.highest - offsets.lowest, c.tables);
    ask_blocks(*b, read_rules(session), c.tables);
    SPI_finish();
    PopActiveSnapshot();
    TIX_POINT(check_tables_read);
    c.now = arena_now();
    ask_arena(*b, c.now, c.arena);
    return c;
}

constexpr int kLooks = 3;
constexpr long kLookPauseMicros = 20000;

}  // namespace

}  // namespace tix::pg

using namespace tix::pg;

TIX_FUNCTION(tix_load_session) {
    require_writable("tix_load_session()");
    require_arguments(fcinfo, 1, "tix_load_session()");
    const Uuid session = uuid_arg(PG_GETARG_DATUM(0));
    XactLog& log = xact_log();
    if (!log.room(1)) raise(Error::limit_exceeded);
    forget_load_failure(session);
    SessionBlock* b = require_session(session, settings.load_timeout_ms, false);
    xact_pin(arena(), log, *b);
    close_session();
    TIX_POINT(session_pinned);
    LWLockAcquire(directory_lock(), LW_EXCLUSIVE);
    DirEntry* e = directory_find(arena(), MyDatabaseId, session);
    if (e != nullptr) e->pinned = 1;
    LWLockRelease(directory_lock());
    Datum values[4] = {Int32GetDatum(static_cast<int32>(b->seats)),
                       Int32GetDatum(static_cast<int32>(b->areas)),
                       Int32GetDatum(static_cast<int32>(live_holds(*b))),
                       Int64GetDatum(static_cast<int64>(b->bytes))};
    bool nulls[4] = {};
    PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(result_desc(fcinfo), values, nulls)));
}

TIX_FUNCTION(tix_unload_session) {
    require_writable("tix_unload_session()");
    require_arguments(fcinfo, 1, "tix_unload_session()");
    const Uuid session = uuid_arg(PG_GETARG_DATUM(0));
    const PartitionSet all = all_partitions();
    bool done = false;
    LWLockAcquire(directory_lock(), LW_EXCLUSIVE);
    DirEntry* e = directory_find(arena(), MyDatabaseId, session);
    if (e != nullptr && e->state == DirState::ready) {
        lock_partitions(all, LW_EXCLUSIVE);
        TIX_POINT(evicting);
        done = session_idle(*arena().ref<SessionBlock>(e->block));
        if (done) session_evict(arena(), e);
        TIX_POINT(evicted);
        unlock_partitions(all);
    }
    LWLockRelease(directory_lock());
    PG_RETURN_BOOL(done);
}

TIX_FUNCTION(tix_check) {
    require_writable("tix_check()");
    require_arguments(fcinfo, 1, "tix_check()");
    if (IsolationUsesXactSnapshot())
        ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                        errmsg("tix_check() needs the isolation level READ COMMITTED")));
    const Uuid session = uuid_arg(PG_GETARG_DATUM(0));
    XactLog& log = xact_log();
    if (!log.room(1)) raise(Error::limit_exceeded);
    SessionBlock* b = require_session(session, settings.load_timeout_ms);
    xact_pin(arena(), log, *b);
    close_session();
    advisory_lock(session, ExclusiveLock);
    TIX_POINT(check_locked);
    ReturnSetInfo* rows = begin_rows(fcinfo);
    auto* suspect = static_cast<u8*>(palloc0(b->seats));
    Comparison c = {};
    for (int look = 0; look < kLooks; look++) {
        if (look > 0) pg_usleep(kLookPauseMicros);
        c = compare(b, session);
        for (u32 o = 0; o < c.seats; o++)
            suspect[o] += differ(c.arena[o], c.tables[o], c.now);
    }
    for (u32 o = 0; o < c.seats; o++) {
        if (suspect[o] < kLooks) continue;
        const Text label = b->label(o);
        Datum values[4] = {PointerGetDatum(cstring_to_text_with_len(label.data, label.size)),
                           describe(c.arena[o]), describe(c.tables[o]),
                           CStringGetTextDatum(c.tables[o].state == SeatState::sold
                                                   ? "the tables sold a seat the arena gives away"
                                                   : "the arena and the tables disagree")};
        bool nulls[4] = {};
        put_row(rows, values, nulls);
    }
    return Datum(0);
}
