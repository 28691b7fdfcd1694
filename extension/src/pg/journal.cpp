// The journal tix.holds: one row per grant, addition, extension, hand-over, release, sale and free.
//
// Written by heap_insert (heap_multi_insert for several) and one index insertion each, in the
// caller's transaction: the hold is as durable as any other row of that transaction. Failure. The
// table is checked once per relcache change; a changed shape is an ERROR, which undoes the hold
// like any other error.

#include "glue.hpp"

namespace tix::pg {

namespace {

constexpr int kColumns = 9;
constexpr int kIndexesMax = 4;
constexpr int kLockColumn = 1;
constexpr int kSessionColumn = 2;
Oid journal_oid = InvalidOid;
Oid index_oid[kIndexesMax];
int indexes = 0;

const struct {
    const char* name;
    Oid type;
} kShape[kColumns] = {
    {"lock_id", INT8OID},           {"session_id", UUIDOID},
    {"version", INT4OID},           {"kind", CHAROID},
    {"user_id", UUIDOID},           {"at", TIMESTAMPTZOID},
    {"expires_at", TIMESTAMPTZOID}, {"order_id", UUIDOID},
    {"seats", TEXTARRAYOID},
};

// Rows that are written together.
constexpr int kRowsAtOnce = 64;

struct JournalTuple {
    Datum values[kColumns];
    bool nulls[kColumns];
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

Relation open_journal(LOCKMODE mode) {
    if (journal_oid != InvalidOid) return table_open(journal_oid, mode);
    const Oid schema = get_namespace_oid("tix", true);
    const Oid oid = OidIsValid(schema) ? get_relname_relid("holds", schema) : InvalidOid;
    if (!OidIsValid(oid)) bad_shape("it does not exist");
    const Relation journal = table_open(oid, mode);
    const TupleDesc desc = RelationGetDescr(journal);
    if (journal->rd_rel->relkind != RELKIND_RELATION) bad_shape("it is not a plain table");
    if (desc->natts != kColumns) bad_shape("it has other columns");
    for (int i = 0; i < kColumns; i++) {
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

// The values of a row; those of fixed size stay where the row has them.
void fill_row(const JournalRow& row, TimestampTz at, TimestampTz epoch, JournalTuple* t) {
    const auto uuid = [](const Uuid* u) { return PointerGetDatum(u); };
    t->values[0] = Int64GetDatum(static_cast<int64>(row.lock_id));
    t->values[1] = uuid(&row.session);
    t->values[2] = Int32GetDatum(row.version);
    t->values[3] = CharGetDatum(row.kind);
    t->values[4] = uuid(&row.owner);
    t->values[5] = TimestampTzGetDatum(at);
    t->values[6] = TimestampTzGetDatum(epoch + row.deadline);
    t->values[7] = uuid(row.order);
    t->values[8] = row.seats;
    memset(t->nulls, false, sizeof t->nulls);
    t->nulls[4] = row.owner == Uuid{};
    t->nulls[6] = row.deadline == 0;
    t->nulls[7] = row.order == nullptr;
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
    const TimestampTz epoch = wall_time(0);
    JournalTuple tuple[kRowsAtOnce];
    for (int i = 0; i < n; i++) {
        fill_row(row[i], at, epoch, &tuple[i]);
        tuple[i].tuple =
            heap_form_tuple(RelationGetDescr(journal), tuple[i].values, tuple[i].nulls);
    }
    if (n == 1)
        heap_insert(journal, tuple[0].tuple, GetCurrentCommandId(true), 0, nullptr);
    else
        insert_many(journal, tuple, n);
    for (int i = 0; i < indexes; i++)
        insert_into_index(index_oid[i], journal, tuple, n);
    for (int i = 0; i < n; i++)
        heap_freetuple(tuple[i].tuple);
}

// The index by session and token.
Oid lookup_index(Relation journal) {
    for (int i = 0; i < indexes; i++) {
        const Relation index = index_open(index_oid[i], AccessShareLock);
        const int2vector& columns = index->rd_index->indkey;
        const bool fits = index->rd_index->indisvalid && columns.dim1 >= 2 &&
                          columns.values[0] == kSessionColumn && columns.values[1] == kLockColumn;
        index_close(index, AccessShareLock);
        if (fits) return index_oid[i];
    }
    bad_shape("it has no index on session_id and lock_id");
}

struct JournalIndex {
    Relation journal;
    Relation index;
    Snapshot snapshot;

    // The session of the first row that fits the keys.
    bool first(ScanKeyData* keys, int n, Uuid* session) const {
        TupleTableSlot* slot = table_slot_create(journal, nullptr);
        const IndexScanDesc scan = index_beginscan(journal, index, snapshot,
#if PG_VERSION_NUM >= 180000
                                                   nullptr,
#endif
                                                   n, 0);
        index_rescan(scan, keys, n, nullptr, 0);
        const bool found = index_getnext_slot(scan, ForwardScanDirection, slot);
        if (found) {
            bool null;
            *session = uuid_arg(slot_getattr(slot, kSessionColumn, &null));
        }
        index_endscan(scan);
        ExecDropSingleTupleTableSlot(slot);
        return found;
    }
    bool next_session(const Uuid* after, Uuid* session) const {
        ScanKeyData key;
        if (after == nullptr) return first(&key, 0, session);
        ScanKeyInit(&key, 1, BTGreaterStrategyNumber, F_UUID_GT, uuid_datum(*after));
        return first(&key, 1, session);
    }
    bool has(const Uuid& session, u64 lock_id) const {
        ScanKeyData key[2];
        Uuid same;
        ScanKeyInit(&key[0], 1, BTEqualStrategyNumber, F_UUID_EQ, uuid_datum(session));
        ScanKeyInit(&key[1], 2, BTEqualStrategyNumber, F_INT8EQ,
                    Int64GetDatum(static_cast<int64>(lock_id)));
        return first(key, 2, &same);
    }
};

}  // namespace

bool journal_find_session(u64 lock_id, Uuid* session) {
    const Relation journal = open_journal(AccessShareLock);
    const Relation index = index_open(lookup_index(journal), AccessShareLock);
    const JournalIndex look = {journal, index, RegisterSnapshot(GetLatestSnapshot())};
    bool found = false;
    Uuid last;
    for (bool more = look.next_session(nullptr, session); more && !found;
         more = look.next_session(&last, session)) {
        CHECK_FOR_INTERRUPTS();
        found = look.has(*session, lock_id);
        if (found) break;
        last = *session;
    }
    UnregisterSnapshot(look.snapshot);
    index_close(index, AccessShareLock);
    table_close(journal, AccessShareLock);
    return found;
}

void journal_write(const JournalRow* row, int n) {
    if (!settings.hold_journal) return;
    const TimestampTz at = GetCurrentTimestamp();
    const Relation journal = open_journal(RowExclusiveLock);
    for (int i = 0; i < n; i += kRowsAtOnce)
        insert_rows(journal, row + i, Min(n - i, kRowsAtOnce), at);
    table_close(journal, NoLock);
}

void install_journal_callbacks() {
    CacheRegisterRelcacheCallback(forget, Datum(0));
}

}  // namespace tix::pg
