// Reading a session from the tables: its seats through the seat loader, its holds from the journal.
//
// Failure. A layout the engine cannot arbitrate (seats out of order, too long, too many) is refused
// whole, with the seat that is wrong.

#include "glue.hpp"

namespace tix::pg {

namespace {

struct Interned {
    char key[NAMEDATALEN * 4];
    u32 offset;
};

// Strings of the session, each kept once.
struct Strings {
    StringInfoData bytes;
    HTAB* known;

    void init() {
        initStringInfo(&bytes);
        HASHCTL c = {};
        c.keysize = sizeof(Interned::key);
        c.entrysize = sizeof(Interned);
        c.hcxt = CurrentMemoryContext;
        known = hash_create("tix strings", 256, &c, HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);
        appendStringInfoChar(&bytes, '\0');
    }
    u32 put(const char* s) {
        const u32 at = static_cast<u32>(bytes.len);
        appendBinaryStringInfo(&bytes, s, static_cast<int>(strlen(s)) + 1);
        return at;
    }
    u32 intern(const char* s) {
        bool found;
        auto* e = static_cast<Interned*>(hash_search(known, s, HASH_ENTER, &found));
        if (!found) e->offset = put(s);
        return e->offset;
    }
};

enum Column {
    kSeatId = 1,
    kArea,
    kRow,
    kPosition,
    kX,
    kY,
    kCategory,
    kAccessibleColumn,
    kSold,
    kNumber,
    kColumns = kNumber
};

[[noreturn]] void bad_layout(const char* what, const char* seat) {
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                    errmsg("seat layout is not usable: %s", what),
                    errdetail("Seat \"%s\", listed by %s.", seat, settings.seat_loader),
                    errhint("List the seats of an area together, of a row together, and each "
                            "seat once, with an id of at most %u bytes.",
                            kSeatIdBytesMax)));
    pg_unreachable();
}

struct Reader {
    SPITupleTable* table;
    HeapTuple row;

    const char* text(int column, const char* missing) const {
        const char* s = SPI_getvalue(row, table->tupdesc, column);
        if (s == nullptr && missing == nullptr)
            ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
                            errmsg("seat loader %s returned NULL in column %d",
                                   settings.seat_loader, column)));
        if (s != nullptr && strlen(s) >= sizeof(Interned::key))
            ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                            errmsg("seat loader %s returned a text longer than %zu bytes",
                                   settings.seat_loader, sizeof(Interned::key) - 1)));
        return s == nullptr ? missing : s;
    }
    Datum value(int column, bool* null) const {
        return SPI_getbinval(row, table->tupdesc, column, null);
    }
    float number(int column) const {
        bool null;
        const Datum d = value(column, &null);
        return null ? 0 : DatumGetFloat4(d);
    }
    bool flag(int column) const {
        bool null;
        const Datum d = value(column, &null);
        return !null && DatumGetBool(d);
    }
};

// The arrays of a layout under construction, sized for the worst case.
struct Draft {
    Strings strings;
    SeatLayout* seat;
    bool* sold;
    AreaInfo* area;
    RowInfo* row;
    u32* category;
    u32 areas, rows, categories;
};

u32 category_index(Draft* d, u32 name) {
    for (u32 i = d->categories; i > 0; i--)
        if (d->category[i - 1] == name) return i - 1;
    if (d->categories == kCategoriesPerSessionMax)
        ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
                        errmsg("session has more than %u categories", kCategoriesPerSessionMax)));
    d->category[d->categories] = name;
    return d->categories++;
}

void enter_area(Draft* d, u32 id, u32 id_size, Ordinal seat, const char* label) {
    for (u32 i = 0; i < d->areas; i++)
        if (d->area[i].id == id) bad_layout("an area's seats are not listed together", label);
    if (d->areas == kAreasPerSessionMax)
        ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
                        errmsg("session has more than %u areas", kAreasPerSessionMax)));
    AreaInfo& a = d->area[d->areas++];
    a = {};
    a.id = id;
    a.id_size = id_size;
    a.first_seat = seat;
    a.first_row = d->rows;
}

void read_seat(Draft* d, const Reader& r, Ordinal o) {
    const char* label = r.text(kSeatId, nullptr);
    const size_t label_size = strlen(label);
    if (label_size == 0 || label_size > kSeatIdBytesMax) bad_layout("seat id length", label);
    const char* area_id = r.text(kArea, nullptr);
    const u32 area = d->strings.intern(area_id);
    const u32 row = d->strings.intern(r.text(kRow, ""));
    bool null;
    const Datum position = r.value(kPosition, &null);
    if (null || DatumGetInt32(position) < 0 || DatumGetInt32(position) > PG_UINT16_MAX)
        bad_layout("position must be between 0 and 65535", label);
    const bool new_area = o == 0 || d->area[d->areas - 1].id != area;
    if (new_area) enter_area(d, area, static_cast<u32>(strlen(area_id)), o, label);
    // Positions rise inside a row; where they fall, another segment of the same name begins.
    const u16 at = static_cast<u16>(DatumGetInt32(position));
    if (new_area || d->row[d->rows - 1].label != row || at <= d->seat[o - 1].position) {
        d->row[d->rows++] = {o, 0, row};
        d->area[d->areas - 1].rows++;
    }
    d->area[d->areas - 1].seats++;
    d->row[d->rows - 1].seats++;
    SeatLayout& s = d->seat[o];
    s.x = r.number(kX);
    s.y = r.number(kY);
    s.label = d->strings.put(label);
    s.label_last = static_cast<u16>(label_size - 1);
    s.number = d->strings.intern(r.text(kNumber, ""));
    s.row = d->rows - 1;
    s.area = d->areas - 1;
    s.category = static_cast<u16>(category_index(d, d->strings.intern(r.text(kCategory, ""))));
    s.position = at;
    s.accessible = r.flag(kAccessibleColumn);
    d->sold[o] = r.flag(kSold);
}

int compare_labels(const void* a, const void* b) {
    return strcmp(*static_cast<char* const*>(a), *static_cast<char* const*>(b));
}

void refuse_duplicates(const Draft& d, u32 n) {
    auto** label = static_cast<char**>(palloc_extended(sizeof(char*) * n, MCXT_ALLOC_HUGE));
    for (u32 i = 0; i < n; i++)
        label[i] = d.strings.bytes.data + d.seat[i].label;
    qsort(label, n, sizeof(char*), compare_labels);
    for (u32 i = 1; i < n; i++)
        if (strcmp(label[i - 1], label[i]) == 0) bad_layout("a seat is listed twice", label[i]);
    pfree(label);
}

template <class T>
T* many(u64 n) {
    return static_cast<T*>(
        MemoryContextAllocHuge(CurrentMemoryContext, sizeof(T) * (n > 0 ? n : 1)));
}

// Calls the seat loader as its owner and leaves the rows in SPI_tuptable.
void call_loader(const Uuid& session) {
    List* name = stringToQualifiedNameList(settings.seat_loader
#if PG_VERSION_NUM >= 160000
                                           ,
                                           nullptr
#endif
    );
    Oid types[] = {UUIDOID};
    const Oid loader = LookupFuncName(name, 1, types, false);
    const HeapTuple proc = SearchSysCache1(PROCOID, ObjectIdGetDatum(loader));
    const Oid owner = reinterpret_cast<Form_pg_proc>(GETSTRUCT(proc))->proowner;
    ReleaseSysCache(proc);
    const char* call = psprintf(
        "SELECT seat_id::pg_catalog.text, area_id::pg_catalog.text, row_label::pg_catalog.text, "
        "\"position\"::pg_catalog.int4, x::pg_catalog.float4, y::pg_catalog.float4, "
        "category::pg_catalog.text, accessible::pg_catalog.bool, sold::pg_catalog.bool, "
        "seat_number::pg_catalog.text FROM %s($1)",
        quote_qualified_identifier(get_namespace_name(get_func_namespace(loader)),
                                   get_func_name(loader)));
    Oid old_user;
    int old_context;
    GetUserIdAndSecContext(&old_user, &old_context);
    SetUserIdAndSecContext(
        owner, old_context | SECURITY_LOCAL_USERID_CHANGE | SECURITY_RESTRICTED_OPERATION);
    Datum args[] = {uuid_datum(session)};
    const int result = SPI_execute_with_args(call, 1, types, args, nullptr, false, 0);
    SetUserIdAndSecContext(old_user, old_context);
    if (result != SPI_OK_SELECT)
        elog(ERROR, "seat loader failed: %s", SPI_result_code_string(result));
}

LayoutInput read_layout(const Uuid& session) {
    call_loader(session);
    SPITupleTable* rows = SPI_tuptable;
    const u64 n = rows->numvals;
    if (n > kSeatsPerSessionMax)
        ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
                        errmsg("session has more than %u seats", kSeatsPerSessionMax)));
    Draft d = {};
    d.strings.init();
    d.seat = many<SeatLayout>(n);
    d.sold = many<bool>(n);
    d.area = many<AreaInfo>(kAreasPerSessionMax);
    d.row = many<RowInfo>(n);
    d.category = many<u32>(kCategoriesPerSessionMax);
    const MemoryContext work =
        AllocSetContextCreate(CurrentMemoryContext, "tix layout row", ALLOCSET_DEFAULT_SIZES);
    for (u32 i = 0; i < n; i++) {
        const MemoryContext old = MemoryContextSwitchTo(work);
        read_seat(&d, {rows, rows->vals[i]}, i);
        MemoryContextSwitchTo(old);
        MemoryContextReset(work);
    }
    MemoryContextDelete(work);
    refuse_duplicates(d, static_cast<u32>(n));
    SPI_freetuptable(rows);
    return {session,
            MyDatabaseId,
            1,
            static_cast<u32>(n),
            d.areas,
            d.rows,
            d.categories,
            d.seat,
            d.sold,
            d.area,
            d.row,
            d.category,
            d.strings.bytes.data,
            static_cast<u32>(d.strings.bytes.len)};
}

struct LabelEntry {
    char label[kSeatIdBytesMax + 1];
    Ordinal seat;
};

HTAB* index_labels(const LayoutInput& in) {
    HASHCTL c = {};
    c.keysize = sizeof(LabelEntry::label);
    c.entrysize = sizeof(LabelEntry);
    c.hcxt = CurrentMemoryContext;
    HTAB* index = hash_create("tix labels", in.seats, &c, HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);
    for (Ordinal o = 0; o < in.seats; o++) {
        auto* e = static_cast<LabelEntry*>(
            hash_search(index, in.strings + in.seat[o].label, HASH_ENTER, nullptr));
        e->seat = o;
    }
    return index;
}

// Folds the journal rows of one token, in the order of their versions, into the hold they leave.
struct Fold {
    TableHold hold;
    bool ended;
    TimestampTz granted, written, expires;
    Ordinal seat[kSeatsPerLockMax];

    void add(Ordinal o) {
        for (u32 i = 0; i < hold.seats; i++)
            if (seat[i] == o) return;
        if (hold.seats < kSeatsPerLockMax) seat[hold.seats++] = o;
    }
    void drop(Ordinal o) {
        for (u32 i = 0; i < hold.seats; i++)
            if (seat[i] == o) seat[i] = seat[--hold.seats];
    }
    void apply(char kind, const Ordinal* seats, u32 n) {
        for (u32 i = 0; i < n; i++) {
            if (kind == 'g' || kind == 'a') add(seats[i]);
            if (kind == 'r') drop(seats[i]);
        }
        ended = ended || kind == 's';
        hold.ordered = hold.ordered || kind == 'o';
    }
};

u32 seats_of(Datum d, HTAB* labels, Ordinal* out) {
    Datum* element;
    bool* null;
    int n;
    u32 found = 0;
    deconstruct_array(DatumGetArrayTypeP(d), TEXTOID, -1, false, TYPALIGN_INT, &element, &null, &n);
    for (int i = 0; i < n && found < kSeatsPerLockMax; i++) {
        if (null[i]) continue;
        char key[kSeatIdBytesMax + 1] = {};
        text_to_cstring_buffer(DatumGetTextPP(element[i]), key, sizeof key);
        const auto* e = static_cast<LabelEntry*>(hash_search(labels, key, HASH_FIND, nullptr));
        if (e != nullptr) out[found++] = e->seat;
    }
    return found;
}

// Keeps a hold that is still alive; its remaining time is clamped to what it was given.
void finish(Fold* f, TableSession* t, Micros now, TimestampTz wall) {
    const int64 given = f->expires - f->written;
    const int64 left = Min(f->expires - wall, given);
    if (f->ended || f->hold.seats == 0 || left <= 0) return;
    const int64 age = Max(wall - f->granted, 0);
    TableHold& h = t->hold[t->holds++];
    h = f->hold;
    h.spec.deadline = now + left;
    h.spec.acquired_ms = static_cast<u32>((now - age) / 1000);
    h.seat = many<Ordinal>(h.seats);
    memcpy(h.seat, f->seat, sizeof(Ordinal) * h.seats);
}

void read_journal(TableSession* t) {
    Oid types[] = {UUIDOID};
    Datum args[] = {uuid_datum(t->layout.session)};
    const int result = SPI_execute_with_args(
        "SELECT lock_id, kind, user_id, at, expires_at, seats, version FROM tix.holds "
        "WHERE session_id OPERATOR(pg_catalog.=) $1 AND lock_id OPERATOR(pg_catalog.>) 0 "
        "ORDER BY lock_id DESC, version, at",
        1, types, args, nullptr, false, 0);
    if (result != SPI_OK_SELECT) elog(ERROR, "could not read tix.holds");
    SPITupleTable* rows = SPI_tuptable;
    HTAB* labels = index_labels(t->layout);
    // Both clocks at once, or the time between would be taken off every hold.
    const Micros now = arena_now();
    const TimestampTz wall = GetCurrentTimestamp();
    auto* f = static_cast<Fold*>(palloc0(sizeof(Fold)));
    auto* seats = static_cast<Ordinal*>(palloc(sizeof(Ordinal) * kSeatsPerLockMax));
    t->hold = many<TableHold>(rows->numvals);
    for (u64 i = 0; i < rows->numvals; i++) {
        const Reader r = {rows, rows->vals[i]};
        bool null;
        const u64 lock_id = static_cast<u64>(DatumGetInt64(r.value(1, &null)));
        if (lock_id != f->hold.spec.lock_id) {
            if (f->hold.spec.lock_id != 0) finish(f, t, now, wall);
            *f = Fold{};
            f->hold.spec.lock_id = lock_id;
            f->granted = DatumGetTimestampTz(r.value(4, &null));
        }
        const Datum user = r.value(3, &null);
        if (!null) f->hold.spec.owner = uuid_arg(user);
        f->written = DatumGetTimestampTz(r.value(4, &null));
        const Datum expires = r.value(5, &null);
        if (!null) f->expires = DatumGetTimestampTz(expires);
        const Datum list = r.value(6, &null);
        f->apply(DatumGetChar(r.value(2, &null)), seats, seats_of(list, labels, seats));
        f->hold.version = static_cast<u16>(DatumGetInt32(r.value(7, &null)));
    }
    if (f->hold.spec.lock_id != 0) finish(f, t, now, wall);
    SPI_freetuptable(rows);
    hash_destroy(labels);
}

}  // namespace

TableSession read_session(const Uuid& session) {
    TableSession t = {};
    t.layout = read_layout(session);
    if (t.layout.seats > 0) read_journal(&t);
    return t;
}

}  // namespace tix::pg
