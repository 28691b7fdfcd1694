// Reading a session from the tables: its seats through the seat loader, one by one as they come.
//
// Failure. A layout the engine cannot arbitrate (seats out of order, too long, too many) is refused
// whole, with the seat that is wrong.

#include <cmath>

#include "tables.hpp"

namespace tix::pg {

namespace {

constexpr u32 kTextBytesMax = 255;

// Strings of the session, each kept once, but for the labels of the seats.
struct Strings {
    StringInfoData bytes;
    TextTable known;

    void init() {
        initStringInfo(&bytes);
        known = TextTable::make(1024);
        appendStringInfoChar(&bytes, '\0');
    }
    u32 put(Text s) {
        const u32 at = static_cast<u32>(bytes.len);
        appendBinaryStringInfo(&bytes, s.data, static_cast<int>(s.size));
        appendStringInfoChar(&bytes, '\0');
        return at;
    }
    bool is(u32 at, Text s) const {
        return strncmp(bytes.data + at, s.data, s.size) == 0 && bytes.data[at + s.size] == '\0';
    }
    u32 intern(Text s) {
        const u32 found = known.find(bytes.data, s);
        if (found != TextTable::kNone) return found;
        const u32 at = put(s);
        known.add(bytes.data, at, s.size, at);
        return at;
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
    kOwnerColumn,
    kFocalX,
    kFocalY,
    kColumns = kFocalY
};

[[noreturn]] void bad_layout(const char* what, Text label) {
    const char* seat = pnstrdup(label.data, label.size);
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                    errmsg("seat layout is not usable: %s", what),
                    errdetail("Seat \"%s\", listed by %s.", seat, settings.seat_loader),
                    errhint("List the seats of an area together, of a row together, and each "
                            "seat once, with an id of at most %u bytes.",
                            kSeatIdBytesMax)));
    pg_unreachable();
}

// One row of the seat loader.
struct Reader {
    TupleTableSlot* row;

    // Texts stay where they are: in the row, or detoasted in the current memory context.
    Text string(int column, bool required) const {
        bool null;
        const Datum d = value(column, &null);
        if (null && required)
            ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
                            errmsg("seat loader %s returned NULL in column %d",
                                   settings.seat_loader, column)));
        if (null) return {"", 0};
        const struct varlena* t = DatumGetTextPP(d);
        const Text s = {VARDATA_ANY(t), static_cast<u32>(VARSIZE_ANY_EXHDR(t))};
        if (s.size > kTextBytesMax)
            ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                            errmsg("seat loader %s returned a text longer than %u bytes",
                                   settings.seat_loader, kTextBytesMax)));
        return s;
    }
    Datum value(int column, bool* null) const { return slot_getattr(row, column, null); }
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
    bool has(int column) const {
        bool null;
        (void)value(column, &null);
        return !null;
    }
    Uuid owner() const {
        bool null;
        const Datum d = value(kOwnerColumn, &null);
        return null ? Uuid{} : uuid_arg(d);
    }
};

// A layout under construction.
struct Draft {
    Strings strings;
    TextTable labels;
    Growing<SeatLayout> seat;
    Growing<bool> sold;
    Growing<Uuid> owner;
    Growing<AreaInfo> area;
    Growing<RowInfo> row;
    Growing<u32> category;
    u32 area_text, row_text, category_text;  // of the last seat: mostly those of the next
    bool has_focal;
    float focal_x, focal_y;
    MemoryContext kept;

    static Draft make() {
        Draft d = {};
        d.strings.init();
        d.labels = TextTable::make(4096);
        d.seat = Growing<SeatLayout>::make(2048);
        d.sold = Growing<bool>::make(2048);
        d.owner = Growing<Uuid>::make(2048);
        d.area = Growing<AreaInfo>::make(16);
        d.row = Growing<RowInfo>::make(128);
        d.category = Growing<u32>::make(16);
        d.kept = CurrentMemoryContext;
        return d;
    }
    u32 intern(Text s, u32* last) {
        if (*last == 0 || !strings.is(*last, s)) *last = strings.intern(s);
        return *last;
    }
};

u16 category_index(Draft* d, u32 name) {
    for (u32 i = d->category.n; i > 0; i--)
        if (d->category.at[i - 1] == name) return static_cast<u16>(i - 1);
    if (d->category.n == kCategoriesPerSessionMax)
        ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
                        errmsg("session has more than %u categories", kCategoriesPerSessionMax)));
    d->category.add() = name;
    return static_cast<u16>(d->category.n - 1);
}

void enter_area(Draft* d, u32 id, u32 id_size, Text label) {
    for (u32 i = 0; i < d->area.n; i++)
        if (d->area.at[i].id == id) bad_layout("an area's seats are not listed together", label);
    if (d->area.n == kAreasPerSessionMax)
        ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
                        errmsg("session has more than %u areas", kAreasPerSessionMax)));
    AreaInfo& a = d->area.add();
    a = {};
    a.id = id;
    a.id_size = id_size;
    a.first_seat = d->seat.n;
    a.first_row = d->row.n;
}

// Area and row of the next seat. Positions rise inside a row; where they fall, another segment of
// the same name begins.
void place(Draft* d, const Reader& r, u16 position, Text label) {
    const Text area_id = r.string(kArea, true);
    const u32 area = d->intern(area_id, &d->area_text);
    const u32 row = d->intern(r.string(kRow, false), &d->row_text);
    const u32 n = d->seat.n;
    const bool new_area = n == 0 || d->area.at[d->area.n - 1].id != area;
    if (new_area) enter_area(d, area, area_id.size, label);
    AreaInfo& a = d->area.at[d->area.n - 1];
    if (new_area || d->row.at[d->row.n - 1].label != row ||
        position <= d->seat.at[n - 1].position) {
        d->row.add() = {n, 0, row};
        a.rows++;
    }
    a.seats++;
    d->row.at[d->row.n - 1].seats++;
}

u32 keep_label(Draft* d, Text label) {
    if (label.size == 0 || label.size > kSeatIdBytesMax) bad_layout("seat id length", label);
    if (d->labels.find(d->strings.bytes.data, label) != TextTable::kNone)
        bad_layout("a seat is listed twice", label);
    const u32 at = d->strings.put(label);
    d->labels.add(d->strings.bytes.data, at, label.size, d->seat.n);
    return at;
}

// The first row that names it decides.
void read_focal(Draft* d, const Reader& r) {
    if (d->has_focal || !r.has(kFocalX) || !r.has(kFocalY)) return;
    d->has_focal = true;
    d->focal_x = r.number(kFocalX);
    d->focal_y = r.number(kFocalY);
}

void read_seat(Draft* d, const Reader& r) {
    if (d->seat.n == kSeatsPerSessionMax)
        ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
                        errmsg("session has more than %u seats", kSeatsPerSessionMax)));
    const Text label = r.string(kSeatId, true);
    bool null;
    const Datum position = r.value(kPosition, &null);
    if (null || DatumGetInt32(position) < 0 || DatumGetInt32(position) > PG_UINT16_MAX)
        bad_layout("position must be between 0 and 65535", label);
    SeatLayout s = {};
    s.label = keep_label(d, label);
    s.label_last = static_cast<u16>(label.size - 1);
    s.position = static_cast<u16>(DatumGetInt32(position));
    place(d, r, s.position, label);
    s.x = r.number(kX);
    s.y = r.number(kY);
    s.number = d->strings.intern(r.string(kNumber, false));
    s.row = d->row.n - 1;
    s.area = d->area.n - 1;
    s.category = category_index(d, d->intern(r.string(kCategory, false), &d->category_text));
    s.accessible = r.flag(kAccessibleColumn);
    read_focal(d, r);
    if (!std::isfinite(s.x + s.y + d->focal_x + d->focal_y))
        bad_layout("coordinates must be finite", label);
    d->sold.add() = r.flag(kSold);
    d->owner.add() = r.owner();
    d->seat.add() = s;
}

constexpr u32 kRowsPerReport = 4096;

// Takes the rows of the seat loader one by one, as they come.
struct Receiver {
    DestReceiver head;
    Draft* draft;
};

bool receive(TupleTableSlot* row, DestReceiver* self) {
    Draft* d = reinterpret_cast<Receiver*>(self)->draft;
    slot_getallattrs(row);
    const MemoryContext old = MemoryContextSwitchTo(d->kept);
    read_seat(d, {row});
    MemoryContextSwitchTo(old);
    if (d->seat.n % kRowsPerReport == 0) report_load(LoadPhase::reading_seats, d->seat.n);
    return true;
}

void receiver_starts(DestReceiver*, int, TupleDesc) {}

void receiver_ends(DestReceiver*) {}

// Calls the seat loader as its owner and hands its rows to the draft.
void call_loader(const Uuid& session, Draft* draft, AsOf as_of) {
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
    const TupleDesc columns = build_function_result_tupdesc_t(proc);
    const auto names = [columns](const char* column) {
        return columns != nullptr && SPI_fnumber(columns, column) > 0 ? column : "NULL";
    };
    const char* optional = psprintf(
        "%s::pg_catalog.uuid, %s::pg_catalog.float4, "
        "%s::pg_catalog.float4",
        names("user_id"), names("focal_x"), names("focal_y"));
    ReleaseSysCache(proc);
    const char* call = psprintf(
        "SELECT seat_id::pg_catalog.text, area_id::pg_catalog.text, row_label::pg_catalog.text, "
        "\"position\"::pg_catalog.int4, x::pg_catalog.float4, y::pg_catalog.float4, "
        "category::pg_catalog.text, accessible::pg_catalog.bool, sold::pg_catalog.bool, "
        "seat_number::pg_catalog.text, %s FROM %s($1)",
        optional,
        quote_qualified_identifier(get_namespace_name(get_func_namespace(loader)),
                                   get_func_name(loader)));
    Oid old_user;
    int old_context;
    GetUserIdAndSecContext(&old_user, &old_context);
    SetUserIdAndSecContext(
        owner, old_context | SECURITY_LOCAL_USERID_CHANGE | SECURITY_RESTRICTED_OPERATION);
    ParamListInfo args = makeParamList(1);
    args->params[0] = {uuid_datum(session), false, PARAM_FLAG_CONST, UUIDOID};
    Receiver receiver = {{receive, receiver_starts, receiver_ends, receiver_ends, DestTuplestore},
                         draft};
    SPIExecuteOptions options = {};
    options.params = args;
    options.read_only = as_of == AsOf::statement;
    options.must_return_tuples = true;
    options.dest = &receiver.head;
    const int result = SPI_execute_extended(call, &options);
    SetUserIdAndSecContext(old_user, old_context);
    if (result != SPI_OK_SELECT)
        elog(ERROR, "seat loader failed: %s", SPI_result_code_string(result));
}

}  // namespace

TableSession read_session(const Uuid& session, int64 wall_offset, AsOf as_of) {
    Draft d = Draft::make();
    report_load(LoadPhase::reading_seats, 0);
    call_loader(session, &d, as_of);
    TableSession t = {};
    t.layout = {session,
                MyDatabaseId,
                1,
                d.seat.n,
                d.area.n,
                d.row.n,
                d.category.n,
                d.seat.at,
                d.sold.at,
                d.area.at,
                d.row.at,
                d.category.at,
                d.strings.bytes.data,
                static_cast<u32>(d.strings.bytes.len),
                d.owner.at,
                d.has_focal,
                d.focal_x,
                d.focal_y};
    TIX_POINT(loader_seats_read);
    report_load(LoadPhase::reading_journal, d.seat.n);
    if (d.seat.n > 0) read_holds(&t, d.labels, wall_offset, as_of);
    return t;
}

}  // namespace tix::pg
