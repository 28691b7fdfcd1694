// The journal tix.holds: one row per grant, addition, extension, hand-over, release, sale and free.
//
// The newest row of a token says all about its hold: a grant, an addition, an extension and a
// hand-over list every seat, and what stays after a release is said again in an extension. So
// whoever restores holds reads the rows with a deadline to come and no others.
// Written by heap_insert (heap_multi_insert for several) and one index insertion each, in the
// caller's transaction: the hold is as durable as any other row of that transaction. Failure. The
// table is checked once per relcache change; a changed shape is an ERROR, which undoes the hold
// like any other error.

#include "journal.hpp"

namespace tix::pg {

namespace {

constexpr int kIndexesMax = 4;
Oid journal_oid = InvalidOid;
Oid index_oid[kIndexesMax];
int indexes = 0;

const struct {
    const char* name;
    Oid type;
} kShape[kJournalColumns] = {
    {"lock_id", INT8OID},           {"session_id", UUIDOID},
    {"version", INT4OID},           {"kind", CHAROID},
    {"user_id", UUIDOID},           {"at", TIMESTAMPTZOID},
    {"expires_at", TIMESTAMPTZOID}, {"acquired_at", TIMESTAMPTZOID},
    {"order_id", UUIDOID},          {"seats", TEXTARRAYOID},
};

// Rows that are written together.
constexpr int kRowsAtOnce = 64;

struct JournalTuple {
    Datum values[kJournalColumns];
    bool nulls[kJournalColumns];
    HeapTuple tuple;
};

[[noreturn]] void bad_shape(const char* what) {
    ereport(ERROR, (errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
                    errmsg("tix.holds cannot be written: %s", what),
                    errhint("Restore the table as extension tix creates it.")));
    pg_unreachable();
}

void forget(Datum, Oid relation) {
    if (relation == InvalidOid || relation == journal_oid) journal_oid = InvalidOid;
    for (int i = 0; i < indexes; i++)
        if (relation == index_oid[i]) journal_oid = InvalidOid;
}

void check_indexes(Relation journal) {
    List* list = RelationGetIndexList(journal);
    ListCell* cell;
    indexes = 0;
    foreach (cell, list) {
        if (indexes == kIndexesMax) bad_shape("it has too many indexes");
        const Relation index = index_open(lfirst_oid(cell), AccessShareLock);
        const bool plain = index->rd_rel->relam == BTREE_AM_OID &&
                           RelationGetIndexExpressions(index) == NIL &&
                           RelationGetIndexPredicate(index) == NIL;
        index_close(index, AccessShareLock);
        if (!plain) bad_shape("it has an index that is not a plain b-tree");
        index_oid[indexes++] = lfirst_oid(cell);
    }
    list_free(list);
}

// The values of a row; those of fixed size stay where the row has them. How a hold ends is written
// with the latest deadline that an earlier row of it may have, also when the wall clock was set
// back in between: whoever reads a row of it reads that one as well.
void fill_row(const JournalRow& row, TimestampTz at, const WallOffsets& wall, JournalTuple* t) {
    const auto uuid = [](const Uuid* u) { return PointerGetDatum(u); };
    const bool ends = row.kind == 'r' || row.kind == 's';
    memset(t->nulls, false, sizeof t->nulls);
    const auto set = [t](int column, Datum value, bool null = false) {
        t->values[column - 1] = value;
        t->nulls[column - 1] = null;
    };
    set(kLockId, Int64GetDatum(static_cast<int64>(row.lock_id)));
    set(kSession, uuid(&row.session));
    set(kVersion, Int32GetDatum(row.version));
    set(kKind, CharGetDatum(row.kind));
    set(kUser, uuid(&row.owner), row.owner == Uuid{});
    set(kAt, TimestampTzGetDatum(at));
    set(kExpiresAt, TimestampTzGetDatum(row.deadline + (ends ? wall.highest : wall.now)),
        row.deadline == 0);
    set(kAcquiredAt, TimestampTzGetDatum(row.acquired_at), row.acquired_at == 0);
    set(kOrder, uuid(row.order), row.order == nullptr);
    set(kSeats, row.seats);
}

// Inserts the entries of n rows into one index.
void insert_into_index(Oid oid, Relation journal, const JournalTuple* row, int n) {
    const Relation index = index_open(oid, RowExclusiveLock);
    const Form_pg_index form = index->rd_index;
    // CREATE INDEX CONCURRENTLY may not have built it yet.
    for (int r = 0; r < n && form->indisready; r++) {
        Datum key[INDEX_MAX_KEYS];
        bool null[INDEX_MAX_KEYS];
        for (int i = 0; i < form->indnatts; i++) {
            const int column = form->indkey.values[i] - 1;
            key[i] = row[r].values[column];
            null[i] = row[r].nulls[column];
        }
        // A plain b-tree never looks at the IndexInfo.
        index_insert(index, key, null, &row[r].tuple->t_self, journal,
                     form->indisunique ? UNIQUE_CHECK_YES : UNIQUE_CHECK_NO, false, nullptr);
    }
    index_close(index, NoLock);
}

// Inserts the tuples with one WAL record a page.
void insert_many(Relation journal, const JournalTuple* row, int n) {
    TupleTableSlot* slot[kRowsAtOnce];
    for (int i = 0; i < n; i++) {
        slot[i] = MakeSingleTupleTableSlot(RelationGetDescr(journal), &TTSOpsHeapTuple);
        ExecStoreHeapTuple(row[i].tuple, slot[i], false);
    }
    heap_multi_insert(journal, slot, n, GetCurrentCommandId(true), 0, nullptr);
    for (int i = 0; i < n; i++) {
        row[i].tuple->t_self = slot[i]->tts_tid;
        ExecDropSingleTupleTableSlot(slot[i]);
    }
}

void insert_rows(Relation journal, const JournalRow* row, int n, TimestampTz at) {
    const WallOffsets wall = wall_offsets();
    JournalTuple tuple[kRowsAtOnce];
    for (int i = 0; i < n; i++) {
        fill_row(row[i], at, wall, &tuple[i]);
        tuple[i].tuple =
            heap_form_tuple(RelationGetDescr(journal), tuple[i].values, tuple[i].nulls);
    }
    if (n == 1)
        heap_insert(journal, tuple[0].tuple, GetCurrentCommandId(true), 0, nullptr);
    else
        insert_many(journal, tuple, n);
    TIX_POINT(journal_row_inserted);
    for (int i = 0; i < indexes; i++)
        insert_into_index(index_oid[i], journal, tuple, n);
    for (int i = 0; i < n; i++)
        heap_freetuple(tuple[i].tuple);
}

}  // namespace

Relation open_journal(LOCKMODE mode) {
    if (journal_oid != InvalidOid) return table_open(journal_oid, mode);
    const Oid schema = get_namespace_oid("tix", true);
    const Oid oid = OidIsValid(schema) ? get_relname_relid("holds", schema) : InvalidOid;
    if (!OidIsValid(oid)) bad_shape("it does not exist");
    const Relation journal = table_open(oid, mode);
    const TupleDesc desc = RelationGetDescr(journal);
    if (journal->rd_rel->relkind != RELKIND_RELATION) bad_shape("it is not a plain table");
    if (desc->natts != kJournalColumns) bad_shape("it has other columns");
    for (int i = 0; i < kJournalColumns; i++) {
        const Form_pg_attribute a = TupleDescAttr(desc, i);
        if (a->attisdropped || a->atttypid != kShape[i].type ||
            strcmp(NameStr(a->attname), kShape[i].name) != 0)
            bad_shape("it has other columns");
    }
    if (journal->trigdesc != nullptr) bad_shape("it has triggers");
    check_indexes(journal);
    journal_oid = oid;
    return journal;
}

Oid journal_index(Relation journal) {
    for (int i = 0; i < indexes; i++) {
        const Relation index = index_open(index_oid[i], AccessShareLock);
        const int2vector& columns = index->rd_index->indkey;
        const bool fits = index->rd_index->indisvalid && columns.dim1 >= 2 &&
                          columns.values[0] == kSession && columns.values[1] == kExpiresAt;
        index_close(index, AccessShareLock);
        if (fits) return index_oid[i];
    }
    bad_shape("it has no index on session_id and expires_at");
}

JournalRow journal_row(char kind, const HoldAnswer& h, Datum seats) {
    JournalRow row = {kind,       h.lock_id, h.session, h.owner, h.version,
                      h.deadline, 0,         nullptr,   seats};
    if (h.ordered || (kind != 'a' && kind != 'e')) return row;
    const Micros now_ms = arena_now() / 1000;
    const u32 age_ms = static_cast<u32>(now_ms) - h.acquired_ms;
    row.acquired_at = wall_time((now_ms - age_ms) * 1000);
    return row;
}

void journal_write(const JournalRow* row, int n) {
    if (!settings.hold_journal) return;
    const TimestampTz at = GetCurrentTimestamp();
    TIX_POINT(journal_opening);
    const Relation journal = open_journal(RowExclusiveLock);
    for (int i = 0; i < n; i += kRowsAtOnce)
        insert_rows(journal, row + i, Min(n - i, kRowsAtOnce), at);
    table_close(journal, NoLock);
    TIX_POINT(journal_row_indexed);
}

void install_journal_callbacks() {
    CacheRegisterRelcacheCallback(forget, Datum(0));
}

}  // namespace tix::pg
