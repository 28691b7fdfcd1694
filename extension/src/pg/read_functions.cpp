// The reads: one seat, all seats, the two-bit map, availability. Overdue holds read as free.
//
// Locking. A reader pins the block for the statement, then takes one partition lock shared at a
// time, so it never stops a sale for longer than one area takes. On a standby the block is its own.

#include "standby.hpp"

namespace tix::pg {

namespace {

struct View {
    SessionBlock* block;
    void* own;  // on a standby: the memory that the block is in
    Micros now;
    u32 first_area, areas;  // the areas asked for

    // What must be locked to look at an area.
    PartitionSet locks_of(const AreaInfo& area) const {
        PartitionSet set;
        if (own == nullptr) set.add(arena().partition_of(area.home));
        return set;
    }
    void close() const {
        if (own != nullptr) pfree(own);
    }
};

View open_block(const Uuid& session) {
    if (RecoveryInProgress()) {
        const StandbySession s = standby_session(session);
        return {s.block, s.memory, arena_now(), 0, s.block->areas};
    }
    XactLog& log = xact_log();
    if (!log.room(1)) raise(Error::limit_exceeded);
    SessionBlock* b = require_session(session, settings.load_wait_ms);
    const View v = {b, nullptr, arena_now(), 0, b->areas};
    xact_pin(arena(), log, *b);
    b->last_used.store(v.now, std::memory_order_relaxed);
    close_session();
    return v;
}

// Opens the session, pins it and finds the area (NULL = all).
View open_view(FunctionCallInfo fcinfo, int area_arg, const char* function) {
    require_readable(function);
    require_arguments(fcinfo, 1, function);
    text* area = area_arg < 0 || PG_ARGISNULL(area_arg) ? nullptr : PG_GETARG_TEXT_PP(area_arg);
    View v = open_block(uuid_arg(PG_GETARG_DATUM(0)));
    if (area == nullptr) return v;
    const int found =
        session_find_area(*v.block, {VARDATA_ANY(area), static_cast<u32>(VARSIZE_ANY_EXHDR(area))});
    if (found < 0)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("area \"%s\" is unknown in this session", text_to_cstring(area)),
                        errhint("Call tix_availability(session_id) to list the areas.")));
    v.first_area = static_cast<u32>(found);
    v.areas = 1;
    return v;
}

struct SeatView {
    SeatState state;
    bool mine;
};

// Copies the state of every seat of an area in one atomic look.
void look_at_area(const View& v, u32 area, const Uuid* user, SeatView* out) {
    SessionBlock& b = *v.block;
    const AreaInfo& info = b.area(area);
    const PartitionSet set = v.locks_of(info);
    lock_partitions(set, LW_SHARED);
    for (u32 i = 0; i < info.seats; i++) {
        const Ordinal o = info.first_seat + i;
        out[i].state = seat_state(b, o, v.now);
        out[i].mine = user != nullptr && out[i].state == SeatState::held &&
                      b.hold(b.slot(o).head).owner == *user;
    }
    unlock_partitions(set);
}

Datum text_datum(const char* s) {
    return CStringGetTextDatum(s);
}

void put_area_seats(const View& v, u32 area, const Uuid* user, const SeatView* seen,
                    ReturnSetInfo* rows) {
    const SessionBlock& b = *v.block;
    const AreaInfo& info = v.block->area(area);
    const Datum area_id = text_datum(b.string(info.id));
    Datum state[kSeatStates];
    for (u32 i = 0; i < kSeatStates; i++)
        state[i] = text_datum(state_name(static_cast<SeatState>(i)));
    for (u32 i = 0; i < info.seats; i++) {
        const Ordinal o = info.first_seat + i;
        const SeatLayout& s = b.layout(o);
        const Text label = b.label(o);
        Datum values[12] = {PointerGetDatum(cstring_to_text_with_len(label.data, label.size)),
                            Int32GetDatum(static_cast<int32>(o)),
                            Int32GetDatum(static_cast<int32>(b.layout_version)),
                            area_id,
                            text_datum(b.string(b.row(s.row).label)),
                            text_datum(b.string(s.number)),
                            Float4GetDatum(s.x),
                            Float4GetDatum(s.y),
                            text_datum(b.string(b.category(s.category))),
                            BoolGetDatum(s.accessible),
                            state[static_cast<int>(seen[i].state)],
                            BoolGetDatum(seen[i].mine)};
        bool nulls[12] = {};
        nulls[11] = user == nullptr;
        put_row(rows, values, nulls);
    }
}

struct Tally {
    u32 count[kSeatStates];
    u32 capacity;
};

constexpr u32 kFewAtLeast = 10;
constexpr u32 kFewPercent = 5;

const char* grade(const Tally& t) {
    const u32 free = t.count[static_cast<int>(SeatState::free)];
    const u32 pending = t.count[static_cast<int>(SeatState::held)] +
                        t.count[static_cast<int>(SeatState::confirming)];
    if (free == 0) return pending > 0 ? "held_out" : "sold_out";
    return free <= Max(kFewAtLeast, t.capacity * kFewPercent / 100) ? "few" : "open";
}

void put_tally(const SessionBlock& b, const AreaInfo& info, u32 category, const Tally& t,
               ReturnSetInfo* rows) {
    Datum values[9] = {text_datum(b.string(info.id)), text_datum(b.string(b.category(category)))};
    for (u32 s = 0; s < kSeatStates; s++)
        values[2 + s] = Int32GetDatum(static_cast<int32>(t.count[s]));
    values[7] = Int32GetDatum(static_cast<int32>(t.capacity));
    values[8] = text_datum(grade(t));
    bool nulls[9] = {};
    put_row(rows, values, nulls);
}

}  // namespace

}  // namespace tix::pg

using namespace tix::pg;

TIX_FUNCTION(tix_seat_status) {
    text* label = PG_ARGISNULL(1) ? nullptr : PG_GETARG_TEXT_PP(1);
    const View v = open_view(fcinfo, -1, "tix_seat_status()");
    require_arguments(fcinfo, 2, "tix_seat_status()");
    SessionBlock& b = *v.block;
    const Ordinal o =
        session_find(b, {VARDATA_ANY(label), static_cast<u32>(VARSIZE_ANY_EXHDR(label))});
    if (o == kNoSeat) {
        v.close();
        PG_RETURN_NULL();
    }
    const PartitionSet set = v.locks_of(b.area_of(o));
    lock_partitions(set, LW_SHARED);
    const SeatState state = seat_state(b, o, v.now);
    const Micros deadline = state == SeatState::held ? b.hold(b.slot(o).head).deadline : 0;
    unlock_partitions(set);
    Datum values[5] = {PointerGetDatum(label), Int32GetDatum(static_cast<int32>(o)),
                       text_datum(b.string(b.area_of(o).id)), text_datum(state_name(state)),
                       deadline ? TimestampTzGetDatum(wall_time(deadline)) : Datum(0)};
    bool nulls[5] = {false, false, false, false, deadline == 0};
    v.close();
    PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(result_desc(fcinfo), values, nulls)));
}

TIX_FUNCTION(tix_seats) {
    const View v = open_view(fcinfo, 1, "tix_seats()");
    Uuid user;
    if (!PG_ARGISNULL(2)) user = uuid_arg(PG_GETARG_DATUM(2));
    const Uuid* who = PG_ARGISNULL(2) ? nullptr : &user;
    ReturnSetInfo* rows = begin_rows(fcinfo);
    const MemoryContext work =
        AllocSetContextCreate(CurrentMemoryContext, "tix area", ALLOCSET_DEFAULT_SIZES);
    for (u32 i = 0; i < v.areas; i++) {
        const u32 area = v.first_area + i;
        const MemoryContext old = MemoryContextSwitchTo(work);
        auto* seen = static_cast<SeatView*>(palloc(sizeof(SeatView) * v.block->area(area).seats));
        look_at_area(v, area, who, seen);
        put_area_seats(v, area, who, seen, rows);
        MemoryContextSwitchTo(old);
        MemoryContextReset(work);
        CHECK_FOR_INTERRUPTS();
    }
    v.close();
    return Datum(0);
}

TIX_FUNCTION(tix_seat_map) {
    const View v = open_view(fcinfo, 1, "tix_seat_map()");
    SessionBlock& b = *v.block;
    const Ordinal first = b.area(v.first_area).first_seat;
    const AreaInfo& last = b.area(v.first_area + v.areas - 1);
    const u32 seats = last.first_seat + last.seats - first;
    const u64 seq = u64{database_generation()} << 47 | ring_last(arena());
    const Size bytes = (seats + 3) / 4;
    auto* map = static_cast<bytea*>(palloc0(VARHDRSZ + bytes));
    SET_VARSIZE(map, VARHDRSZ + bytes);
    auto* bits = reinterpret_cast<u8*>(VARDATA(map));
    static const u8 kBits[kSeatStates] = {0, 1, 1, 2, 3};
    u32 at = 0;
    for (u32 i = 0; i < v.areas; i++) {
        const AreaInfo& info = b.area(v.first_area + i);
        const PartitionSet set = v.locks_of(info);
        lock_partitions(set, LW_SHARED);
        for (u32 s = 0; s < info.seats; s++, at++) {
            const u8 two = kBits[static_cast<int>(seat_state(b, info.first_seat + s, v.now))];
            bits[at / 4] = static_cast<u8>(bits[at / 4] | two << (at % 4 * 2));
        }
        TIX_POINT(map_area_held);
        unlock_partitions(set);
    }
    Datum values[3] = {Int64GetDatum(static_cast<int64>(seq)),
                       Int32GetDatum(static_cast<int32>(b.layout_version)), PointerGetDatum(map)};
    bool nulls[3] = {v.own != nullptr};
    v.close();
    PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(result_desc(fcinfo), values, nulls)));
}

TIX_FUNCTION(tix_availability) {
    const View v = open_view(fcinfo, -1, "tix_availability()");
    SessionBlock& b = *v.block;
    ReturnSetInfo* rows = begin_rows(fcinfo);
    auto* tally = static_cast<Tally*>(palloc(sizeof(Tally) * b.categories));
    for (u32 i = 0; i < v.areas; i++) {
        const AreaInfo& info = b.area(v.first_area + i);
        memset(tally, 0, sizeof(Tally) * b.categories);
        const PartitionSet set = v.locks_of(info);
        lock_partitions(set, LW_SHARED);
        for (u32 s = 0; s < info.seats; s++) {
            Tally& t = tally[b.layout(info.first_seat + s).category];
            t.count[static_cast<int>(seat_state(b, info.first_seat + s, v.now))]++;
            t.capacity++;
        }
        unlock_partitions(set);
        for (u32 c = 0; c < b.categories; c++)
            if (tally[c].capacity > 0) put_tally(b, info, c, tally[c], rows);
    }
    v.close();
    return Datum(0);
}
