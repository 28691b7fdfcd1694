// What a DBA may look at: sessions, partitions, holds, areas, memory, and the arena's own audit.

#include "stats.hpp"

#include "rate_limit.hpp"

namespace tix::pg {

Blocks pin_blocks(const char* function) {
    require_primary(function);
    const Arena a = arena();
    XactLog& log = xact_log();
    const u32 max = a.header().max_sessions;
    Blocks all = {static_cast<SessionBlock**>(palloc(sizeof(SessionBlock*) * max)), 0};
    bool full = false;
    LWLockAcquire(directory_lock(), LW_SHARED);
    for (u32 i = 0; i < a.header().directory_slots && !full; i++) {
        const DirEntry& e = a.directory()[i];
        if (e.state != DirState::ready || e.database != MyDatabaseId) continue;
        full = !log.room(1);
        if (full) break;
        all.block[all.n] = a.ref<SessionBlock>(e.block);
        xact_pin(a, log, *all.block[all.n++]);
    }
    LWLockRelease(directory_lock());
    if (full) raise(Error::limit_exceeded);
    return all;
}

namespace {

struct HoldCopy {
    Hold hold;
    bool overdue;
};

// Copies the holds whose head seat lies in the area.
u32 copy_holds(SessionBlock& b, const AreaInfo& info, Micros now, HoldCopy* out) {
    u32 n = 0;
    for (u32 i = 0; i < info.seats; i++) {
        const Hold& h = b.hold(info.first_seat + i);
        if (h.lock_id != 0 && h.state != SeatState::blocked) out[n++] = {h, hold_overdue(h, now)};
    }
    return n;
}

void put_hold(ReturnSetInfo* rows, const SessionBlock& b, const HoldCopy& c, bool see_owners) {
    const Hold& h = c.hold;
    Datum values[8] = {uuid_datum(b.session),
                       Int64GetDatum(static_cast<int64>(h.lock_id)),
                       uuid_datum(h.owner),
                       CStringGetTextDatum(c.overdue ? "overdue" : state_name(h.state)),
                       Int32GetDatum(h.seats),
                       TimestampTzGetDatum(wall_time(h.deadline)),
                       BoolGetDatum((h.flags & kOrdered) != 0),
                       BoolGetDatum(h.writer != 0)};
    // Owners are people: only who may read all statistics learns them.
    bool nulls[8] = {false, false, !see_owners};
    put_row(rows, values, nulls);
}

// An entry of the directory and, when it is ready, figures of its block.
struct SessionCopy {
    DirEntry entry;
    u32 seats, areas, layout_version, in_use;
    u64 bytes;
    Micros last_used;
    char error[sizeof(Shared::LoadFailure::text)];
};

u32 copy_sessions(SessionCopy* out) {
    const Arena a = arena();
    u32 n = 0;
    LWLockAcquire(directory_lock(), LW_SHARED);
    for (u32 i = 0; i < a.header().directory_slots; i++) {
        const DirEntry& e = a.directory()[i];
        if (e.state == DirState::empty || e.state == DirState::dropped) continue;
        if (e.database != MyDatabaseId) continue;
        SessionCopy& c = out[n++];
        c = {};
        c.entry = e;
        if (e.state == DirState::failed)
            strlcpy(c.error, load_failure_of(e.session), sizeof c.error);
        if (e.state != DirState::ready) continue;
        const SessionBlock& b = *a.ref<SessionBlock>(e.block);
        c.seats = b.seats;
        c.areas = b.areas;
        c.layout_version = b.layout_version;
        c.in_use = b.pins.load(std::memory_order_relaxed);
        c.bytes = b.bytes;
        c.last_used = b.last_used.load(std::memory_order_relaxed);
    }
    LWLockRelease(directory_lock());
    return n;
}

const char* load_state(DirState state) {
    switch (state) {
        case DirState::loading:
            return "loading";
        case DirState::ready:
            return "ready";
        default:
            return "failed";
    }
}

void put_session(ReturnSetInfo* rows, const SessionCopy& c) {
    const DirEntry& e = c.entry;
    const bool ready = e.state == DirState::ready;
    const bool has_error = e.state == DirState::failed && e.error != 0;
    const bool loading = e.state == DirState::loading;
    const bool has_loader = loading && e.loader_pid != 0;
    Datum values[14] = {
        uuid_datum(e.session),
        CStringGetTextDatum(load_state(e.state)),
        TimestampTzGetDatum(wall_time(e.since)),
        Int32GetDatum(static_cast<int32>(c.seats)),
        Int32GetDatum(static_cast<int32>(c.areas)),
        Int32GetDatum(static_cast<int32>(c.layout_version)),
        Int64GetDatum(static_cast<int64>(c.bytes)),
        Int32GetDatum(static_cast<int32>(c.in_use)),
        TimestampTzGetDatum(ready ? wall_time(c.last_used) : 0),
        Int32GetDatum(static_cast<int32>(e.loader_pid)),
        loading ? CStringGetTextDatum(phase_name(e.phase)) : Datum(0),
        Int32GetDatum(static_cast<int32>(e.rows)),
        has_error ? CStringGetTextDatum(unpack_sql_state(static_cast<int>(e.error))) : Datum(0),
        CStringGetTextDatum(c.error)};
    bool nulls[14] = {false,  false,  false,       !ready,   !ready,   !ready,     !ready,
                      !ready, !ready, !has_loader, !loading, !loading, !has_error, c.error[0] == 0};
    put_row(rows, values, nulls);
}

void put_memory(ReturnSetInfo* rows, const char* part, const Uuid* session, u64 seats, u64 bytes) {
    Datum values[5] = {CStringGetTextDatum(part), session ? uuid_datum(*session) : Datum(0),
                       Int32GetDatum(static_cast<int32>(seats)),
                       Int64GetDatum(static_cast<int64>(bytes)),
                       seats ? Float8GetDatum(static_cast<double>(bytes) / seats) : Datum(0)};
    bool nulls[5] = {false, session == nullptr, seats == 0, false, seats == 0};
    put_row(rows, values, nulls);
}

}  // namespace

}  // namespace tix::pg

using namespace tix::pg;

TIX_FUNCTION(tix_stat_partitions_rows) {
    require_primary("tix_stat_partitions");
    ReturnSetInfo* rows = begin_rows(fcinfo);
    for (u32 i = 0; i < static_cast<u32>(settings.partitions); i++) {
        PartitionSet set;
        set.add(i);
        lock_partitions(set, LW_SHARED);
        const Partition p = arena().partition(i);
        unlock_partitions(set);
        Datum values[3 + kCounts] = {Int32GetDatum(static_cast<int32>(i)),
                                     Int32GetDatum(static_cast<int32>(p.live_holds))};
        for (u32 c = 0; c < kCounts; c++)
            values[2 + c] = count_datum(p.counts[c]);
        values[2 + kCounts] =
            TimestampTzGetDatum(static_cast<TimestampTz>(pg_atomic_read_u64(&shared->stats_reset)));
        bool nulls[3 + kCounts] = {};
        put_row(rows, values, nulls);
    }
    return Datum(0);
}

TIX_FUNCTION(tix_stat_sessions_rows) {
    require_primary("tix_stat_sessions");
    ReturnSetInfo* rows = begin_rows(fcinfo);
    auto* copy = static_cast<SessionCopy*>(MemoryContextAllocHuge(
        CurrentMemoryContext, sizeof(SessionCopy) * arena().header().directory_slots));
    const u32 n = copy_sessions(copy);
    for (u32 i = 0; i < n; i++)
        put_session(rows, copy[i]);
    return Datum(0);
}

TIX_FUNCTION(tix_stat_holds_rows) {
    const Blocks all = pin_blocks("tix_stat_holds");
    ReturnSetInfo* rows = begin_rows(fcinfo);
    const Micros now = arena_now();
    const bool see_owners = has_privs_of_role(GetUserId(), ROLE_PG_READ_ALL_STATS);
    for (u32 i = 0; i < all.n; i++) {
        SessionBlock& b = *all.block[i];
        for (u32 area = 0; area < b.areas; area++) {
            const AreaInfo& info = b.area(area);
            auto* copy = static_cast<HoldCopy*>(palloc(sizeof(HoldCopy) * info.seats));
            PartitionSet set;
            set.add(arena().partition_of(info.home));
            lock_partitions(set, LW_SHARED);
            const u32 n = copy_holds(b, info, now, copy);
            unlock_partitions(set);
            for (u32 h = 0; h < n; h++)
                put_hold(rows, b, copy[h], see_owners);
            pfree(copy);
        }
    }
    return Datum(0);
}

TIX_FUNCTION(tix_stat_areas_rows) {
    const Blocks all = pin_blocks("tix_stat_areas");
    ReturnSetInfo* rows = begin_rows(fcinfo);
    for (u32 i = 0; i < all.n; i++) {
        SessionBlock& b = *all.block[i];
        for (u32 area = 0; area < b.areas; area++) {
            PartitionSet set;
            set.add(arena().partition_of(b.area(area).home));
            lock_partitions(set, LW_SHARED);
            const AreaInfo info = b.area(area);
            unlock_partitions(set);
            Datum values[8] = {uuid_datum(b.session), CStringGetTextDatum(b.string(info.id))};
            for (u32 s = 0; s < kSeatStates; s++)
                values[2 + s] = Int32GetDatum(static_cast<int32>(info.count[s]));
            values[7] = Int32GetDatum(static_cast<int32>(info.seats));
            bool nulls[8] = {};
            put_row(rows, values, nulls);
        }
    }
    return Datum(0);
}

TIX_FUNCTION(tix_memory_rows) {
    const Blocks all = pin_blocks("tix_memory");
    ReturnSetInfo* rows = begin_rows(fcinfo);
    const ArenaHeader& h = arena().header();
    put_memory(rows, "arena", nullptr, 0, h.bytes);
    put_memory(rows, "fixed", nullptr, 0, h.heap_at);
    put_memory(rows, "free", nullptr, 0, h.heap_bytes - h.heap_used);
    put_memory(rows, "rate limits", nullptr, 0, rate_limit_bytes());
    for (u32 i = 0; i < all.n; i++) {
        const SessionBlock& b = *all.block[i];
        const u64 holds = u64{b.seats} * sizeof(Hold);
        put_memory(rows, "session block", &b.session, b.seats, b.bytes - holds);
        put_memory(rows, "hold entries", &b.session, b.seats, holds);
    }
    return Datum(0);
}

TIX_FUNCTION(tix_arena_audit) {
    const Blocks all = pin_blocks("tix_arena_audit()");
    ReturnSetInfo* rows = begin_rows(fcinfo);
    for (u32 i = 0; i < all.n; i++) {
        SessionBlock& b = *all.block[i];
        for (u32 area = 0; area < b.areas; area++) {
            const PartitionSet set = b.partitions;
            // A hold's home may lie outside the block's partitions only if its area was renamed.
            lock_partitions(set, LW_SHARED);
            const char* wrong = audit_area({arena(), nullptr, arena_now(), set}, b, area);
            unlock_partitions(set);
            if (wrong == nullptr) continue;
            const char* colon = strchr(wrong, ':');
            Datum values[4] = {PointerGetDatum(cstring_to_text_with_len(wrong, colon - wrong)),
                               uuid_datum(b.session),
                               CStringGetTextDatum(b.string(b.area(area).id)),
                               CStringGetTextDatum(colon + 2)};
            bool nulls[4] = {};
            put_row(rows, values, nulls);
        }
    }
    return Datum(0);
}
