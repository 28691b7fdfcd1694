// Who is at work: the expiry workers, the loaders, and the transactions that have changed seats.

#include "stats.hpp"

namespace tix::pg {

namespace {

void put_expiry_worker(ReturnSetInfo* rows, int index) {
    static const char* const names[] = {"standby", "sweeping", "sleeping"};
    ExpiryWorker& w = shared->expiry[index];
    const uint32 pid = pg_atomic_read_u32(&w.pid);
    const u64 round_at = pg_atomic_read_u64(&w.round_at);
    Datum values[11] = {
        CStringGetTextDatum("expiry"),
        Int32GetDatum(static_cast<int32>(pid)),
        CStringGetTextDatum(pid == 0 ? "stopped" : names[pg_atomic_read_u32(&w.state)]),
        count_datum(pg_atomic_read_u64(&w.rounds)),
        count_datum(pg_atomic_read_u64(&w.swept)),
        count_datum(pg_atomic_read_u64(&w.freed)),
        count_datum(pg_atomic_read_u64(&w.ended)),
        TimestampTzGetDatum(round_at ? wall_time(static_cast<Micros>(round_at)) : 0)};
    bool nulls[11] = {false, pid == 0,      false, false, false, false,
                      false, round_at == 0, true,  true,  true};
    put_row(rows, values, nulls);
}

void put_loader(ReturnSetInfo* rows, const DirEntry& e) {
    Datum values[11] = {CStringGetTextDatum("loader"),
                        Int32GetDatum(static_cast<int32>(e.loader_pid)),
                        CStringGetTextDatum(phase_name(e.phase))};
    values[8] = ObjectIdGetDatum(e.database);
    values[9] = uuid_datum(e.session);
    values[10] = Int32GetDatum(static_cast<int32>(e.rows));
    bool nulls[11] = {false, e.loader_pid == 0, false, true, true, true, true, true};
    put_row(rows, values, nulls);
}

// Seats that a transaction has changed without having committed: a hold, or one sold seat it frees.
struct LockCopy {
    u64 lock_id;
    Uuid owner;
    u32 writer;
    const char* state;
    u32 acquired_ms;
    u32 first, n;  // its seats, in Locks::seat
};

struct Locks {
    LockCopy* lock;
    u32 n;
    Ordinal* seat;
    u32 seats;
};

const char* lock_state(const Hold& h) {
    if ((h.flags & kPinned) != 0) return "committing";
    return state_name(h.state);
}

// Requires the partition lock of the area.
void copy_locks(SessionBlock& b, const AreaInfo& info, Locks* out) {
    for (Ordinal o = info.first_seat; o < info.first_seat + info.seats; o++) {
        const Hold& h = b.hold(o);
        const SeatSlot& slot = b.slot(o);
        if (h.lock_id != 0 && h.writer != 0) {
            out->lock[out->n++] = {h.lock_id,     h.owner,    h.writer, lock_state(h),
                                   h.acquired_ms, out->seats, h.seats};
            for (Ordinal s = o; s != kNoSeat; s = b.slot(s).next)
                out->seat[out->seats++] = s;
        } else if (slot.state == SeatState::sold && (slot.flags & kPendingFree) != 0) {
            out->lock[out->n++] = {0, {}, slot.next, "freeing", 0, out->seats, 1};
            out->seat[out->seats++] = o;
        }
    }
}

void put_lock(ReturnSetInfo* rows, const SessionBlock& b, const Locks& all, const LockCopy& c,
              bool see_owners) {
    const bool hold = c.lock_id != 0;
    const u32 age = static_cast<u32>(arena_now() / 1000) - c.acquired_ms;
    auto* interval = static_cast<Interval*>(palloc0(sizeof(Interval)));
    interval->time = static_cast<TimeOffset>(age) * 1000;
    Datum values[7] = {Int32GetDatum(GetPGProcByNumber(c.writer - 1)->pid),
                       uuid_datum(b.session),
                       count_datum(c.lock_id),
                       uuid_datum(c.owner),
                       PointerGetDatum(label_array(b, all.seat + c.first, c.n)),
                       CStringGetTextDatum(c.state),
                       IntervalPGetDatum(interval)};
    // Owners are people: only who may read all statistics learns them.
    const bool see_owner = see_owners && c.owner != Uuid{};
    bool nulls[7] = {false, false, !hold, !see_owner, false, false, !hold};
    put_row(rows, values, nulls);
}

bool anything_changed(const AreaInfo& info) {
    return info.count[static_cast<u32>(SeatState::free)] != info.seats;
}

}  // namespace

}  // namespace tix::pg

using namespace tix::pg;

TIX_FUNCTION(tix_stat_workers_rows) {
    require_primary("tix_stat_workers");
    ReturnSetInfo* rows = begin_rows(fcinfo);
    for (int i = 0; i < settings.expiry_workers; i++)
        put_expiry_worker(rows, i);
    const Arena a = arena();
    auto* loading = static_cast<DirEntry*>(
        MemoryContextAllocHuge(CurrentMemoryContext, sizeof(DirEntry) * a.header().max_sessions));
    u32 n = 0;
    LWLockAcquire(directory_lock(), LW_SHARED);
    for (u32 i = 0; i < a.header().directory_slots; i++)
        if (a.directory()[i].state == DirState::loading) loading[n++] = a.directory()[i];
    LWLockRelease(directory_lock());
    for (u32 i = 0; i < n; i++)
        put_loader(rows, loading[i]);
    return Datum(0);
}

TIX_FUNCTION(tix_locks_rows) {
    const Blocks blocks = pin_blocks("tix_locks");
    ReturnSetInfo* rows = begin_rows(fcinfo);
    const bool see_owners = has_privs_of_role(GetUserId(), ROLE_PG_READ_ALL_STATS);
    for (u32 i = 0; i < blocks.n; i++) {
        SessionBlock& b = *blocks.block[i];
        Locks all = {static_cast<LockCopy*>(palloc(sizeof(LockCopy) * b.seats)), 0,
                     static_cast<Ordinal*>(palloc(sizeof(Ordinal) * b.seats)), 0};
        for (u32 area = 0; area < b.areas; area++) {
            PartitionSet set;
            set.add(arena().partition_of(b.area(area).home));
            all.n = all.seats = 0;
            lock_partitions(set, LW_SHARED);
            if (anything_changed(b.area(area))) copy_locks(b, b.area(area), &all);
            unlock_partitions(set);
            for (u32 l = 0; l < all.n; l++)
                put_lock(rows, b, all, all.lock[l], see_owners);
        }
        pfree(all.lock);
        pfree(all.seat);
    }
    return Datum(0);
}
