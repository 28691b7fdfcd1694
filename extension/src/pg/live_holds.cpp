// The live holds of a session, from the journal: the newest row of each token that may be live.

#include "tables.hpp"

namespace tix::pg {

namespace {

struct Row {
    TableHold hold;
    u32 first_seat;  // in the list of all
};

struct Reading {
    const TableSession* session;
    const TextTable* labels;
    int64 wall_offset;
    Micros now;
    Growing<Row> rows;
    Growing<Ordinal> seats;
};

// The ordinals of the seats that the session still has.
u32 add_seats(Reading* r, ArrayType* list) {
    const u32 n = static_cast<u32>(ArrayGetNItems(ARR_NDIM(list), ARR_DIMS(list)));
    if (array_contains_nulls(list) || n > kSeatsPerLockMax) return 0;
    Ordinal* out = r->seats.end(n);
    const char* base = r->session->layout.strings;
    const char* at = ARR_DATA_PTR(list);
    u32 found = 0;
    for (u32 i = 0; i < n; i++) {
        const Text label = {VARDATA_ANY(at), static_cast<u32>(VARSIZE_ANY_EXHDR(at))};
        const u32 seat = r->labels->find(base, label);
        if (seat != TextTable::kNone) out[found++] = seat;
        at = att_addlength_pointer(at, -1, at);
        at = reinterpret_cast<const char*>(att_align_nominal(at, TYPALIGN_INT));
    }
    r->seats.n += found;
    return found;
}

// The remaining time is at most what the row was given, wherever the wall clock went meanwhile; a
// row may be as far in the future as the noise between the clocks.
void set_deadline(const Reading& r, const JournalEntry& e, TableHold* h) {
    const Micros latest = r.now + (e.expires_at - e.at) + kWallJitterMicros;
    h->spec.deadline = e.expires_at - r.wall_offset;
    h->clamped = h->spec.deadline > latest;
    if (h->clamped) h->spec.deadline = latest;
}

void take(void* context, const JournalEntry& e) {
    auto* r = static_cast<Reading*>(context);
    if (e.lock_id == 0) return;
    Row row = {};
    row.first_seat = r->seats.n;
    TableHold& h = row.hold;
    h.spec.lock_id = e.lock_id;
    h.spec.owner = e.owner;
    h.version = e.version;
    h.ordered = e.kind != 'g' && e.acquired_at == 0;
    const TimestampTz acquired = e.acquired_at != 0 ? e.acquired_at : e.at;
    h.spec.acquired_ms = static_cast<u32>(Min(acquired - r->wall_offset, r->now) / 1000);
    set_deadline(*r, e, &h);
    if (e.kind != 'r' && e.kind != 's') h.seats = add_seats(r, e.seats);
    r->rows.add() = row;
}

// By token, and of a token by version: mostly the order in which the rows were read.
int by_version(const void* a, const void* b) {
    const TableHold& x = (*static_cast<Row* const*>(a))->hold;
    const TableHold& y = (*static_cast<Row* const*>(b))->hold;
    if (x.spec.lock_id != y.spec.lock_id) return x.spec.lock_id < y.spec.lock_id ? -1 : 1;
    return static_cast<int>(x.version) - static_cast<int>(y.version);
}

}  // namespace

void read_holds(TableSession* t, const TextTable& labels, int64 wall_offset, AsOf as_of) {
    Reading r = {t,
                 &labels,
                 wall_offset,
                 arena_now(),
                 Growing<Row>::make(1024),
                 Growing<Ordinal>::make(4096)};
    journal_read(t->layout.session, r.now + wall_offset, take, &r, as_of);
    Growing<Row*> sorted = Growing<Row*>::make(r.rows.n + 1);
    for (u32 i = 0; i < r.rows.n; i++)
        sorted.add() = &r.rows.at[i];
    qsort(sorted.at, sorted.n, sizeof(Row*), by_version);
    Growing<TableHold> holds = Growing<TableHold>::make(r.rows.n + 1);
    u64 last = 0;
    for (u32 i = sorted.n; i > 0; i--) {
        const Row& newest = *sorted.at[i - 1];
        if (newest.hold.spec.lock_id == last) continue;
        last = newest.hold.spec.lock_id;
        if (newest.hold.seats == 0) continue;
        TableHold& h = holds.add();
        h = newest.hold;
        h.seat = r.seats.at + newest.first_seat;
    }
    t->holds = holds.n;
    t->hold = holds.at;
}

}  // namespace tix::pg
