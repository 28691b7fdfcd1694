// Reading the rules, blocks and channels of a session from the extension's tables, and bringing
// them into a block that nobody sees yet.

#include "rules_tables.hpp"

namespace tix::pg {

namespace {

Text text_of(Datum d) {
    text* t = DatumGetTextPP(d);
    return {VARDATA_ANY(t), static_cast<u32>(VARSIZE_ANY_EXHDR(t))};
}

struct Rows {
    SPITupleTable* table;
    u64 n;

    Datum value(u64 row, int column) const {
        bool null;
        return SPI_getbinval(table->vals[row], table->tupdesc, column, &null);
    }
    Text label(u64 row, int column) const { return text_of(value(row, column)); }
};

Rows query(const char* sql, const Uuid& session, AsOf as_of) {
    Oid types[] = {UUIDOID};
    Datum args[] = {uuid_datum(session)};
    if (SPI_execute_with_args(sql, 1, types, args, nullptr, as_of == AsOf::statement, 0) !=
        SPI_OK_SELECT)
        elog(ERROR, "rules of a session could not be read");
    return {SPI_tuptable, SPI_processed};
}

TextList texts_of(Datum array) {
    Datum* element;
    int n;
    deconstruct_array(DatumGetArrayTypeP(array), TEXTOID, -1, false, TYPALIGN_INT, &element,
                      nullptr, &n);
    auto* list = static_cast<Text*>(palloc(sizeof(Text) * (n + 1)));
    for (int i = 0; i < n; i++)
        list[i] = text_of(element[i]);
    return {list, n};
}

TableChannel channel_of(const Rows& rows, u64 row) {
    const TextList seats = texts_of(rows.value(row, 4));
    return {rows.label(row, 1), DatumGetTimestampTz(rows.value(row, 2)),
            DatumGetTimestampTz(rows.value(row, 3)), seats,
            static_cast<Ordinal*>(palloc(sizeof(Ordinal) * (seats.n + 1)))};
}

// The rights on the tables are their owner's business: who checks a session need not see keys.
Oid owner_of_rules() {
    const Oid table = get_relname_relid("session_rules", get_namespace_oid("tix", false));
    const HeapTuple row = SearchSysCache1(RELOID, ObjectIdGetDatum(table));
    if (!HeapTupleIsValid(row))
        ereport(ERROR,
                (errcode(ERRCODE_UNDEFINED_TABLE), errmsg("table tix.session_rules does not exist"),
                 errhint("Restore the table as extension tix creates it.")));
    const Oid owner = reinterpret_cast<Form_pg_class>(GETSTRUCT(row))->relowner;
    ReleaseSysCache(row);
    return owner;
}

TableRules read_as_owner(const Uuid& session, AsOf as_of) {
    TableRules t = {};
    t.value[static_cast<u32>(Rule::sale_from)] = DT_NOBEGIN;
    t.value[static_cast<u32>(Rule::sale_until)] = DT_NOEND;
    const Rows rules = query(
        "SELECT sale_from, sale_until, pg_catalog.array_position('{open,paused,stopped}'"
        "::pg_catalog.text[], gate) OPERATOR(pg_catalog.-) 1, seats_per_user, seats_per_lock,"
        " queued::pg_catalog.int4, waitlist_grace_s"
        " FROM tix.session_rules WHERE session_id OPERATOR(pg_catalog.=) $1",
        session, as_of);
    if (rules.n > 0) {
        t.value[0] = DatumGetTimestampTz(rules.value(0, 1));
        t.value[1] = DatumGetTimestampTz(rules.value(0, 2));
        for (u32 i = 2; i < static_cast<u32>(Rule::list_end); i++)
            t.value[i] = DatumGetInt32(rules.value(0, static_cast<int>(i) + 1));
        t.value[static_cast<u32>(Rule::list_grace)] *= 1000000;
        t.value[static_cast<u32>(Rule::list_end)] = arena_deadline(t.value[1]);
    }
    const Rows blocks = query(
        "SELECT seat_id, until_time FROM tix.seat_blocks"
        " WHERE session_id OPERATOR(pg_catalog.=) $1"
        " AND until_time OPERATOR(pg_catalog.>) pg_catalog.clock_timestamp()",
        session, as_of);
    t.block = static_cast<TableBlock*>(palloc(sizeof(TableBlock) * (blocks.n + 1)));
    t.blocks = static_cast<int>(blocks.n);
    for (u64 i = 0; i < blocks.n; i++)
        t.block[i] = {blocks.label(i, 1), arena_deadline(DatumGetTimestampTz(blocks.value(i, 2)))};
    const Rows channels = query(
        "SELECT key, from_time, until_time, seats FROM tix.channels"
        " WHERE session_id OPERATOR(pg_catalog.=) $1 ORDER BY key",
        session, as_of);
    t.channel = static_cast<TableChannel*>(palloc(sizeof(TableChannel) * (channels.n + 1)));
    t.channels = static_cast<int>(channels.n);
    for (u64 i = 0; i < channels.n; i++)
        t.channel[i] = channel_of(channels, i);
    return t;
}

}  // namespace

TableRules read_rules(const Uuid& session, AsOf as_of) {
    const Oid owner = owner_of_rules();
    Oid user;
    int context;
    GetUserIdAndSecContext(&user, &context);
    SetUserIdAndSecContext(owner,
                           context | SECURITY_LOCAL_USERID_CHANGE | SECURITY_RESTRICTED_OPERATION);
    const TableRules t = read_as_owner(session, as_of);
    SetUserIdAndSecContext(user, context);
    return t;
}

void apply_rules(const Access& a, SessionBlock& b, const TableRules& t, u32 generation) {
    for (u32 i = 0; i < kRules; i++)
        b.rules[i].store(t.value[i], std::memory_order_relaxed);
    for (int i = 0; i < t.blocks; i++) {
        const Ordinal o = session_find(b, t.block[i].seat);
        if (o != kNoSeat) restore_block(a, b, o, t.block[i].deadline, generation);
    }
    for (int i = 0; i < t.channels; i++) {
        const TableChannel& c = t.channel[i];
        u32 n = 0;
        for (int s = 0; s < c.seats.n; s++) {
            c.seat[n] = session_find(b, c.seats.text[s]);
            n += c.seat[n] != kNoSeat;
        }
        (void)restore_channel(b, c.key, c.from, c.until, c.seat, n);
    }
}

}  // namespace tix::pg
