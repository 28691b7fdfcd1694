// The journal tix.holds: one row per grant, addition, extension, hand-over, release, sale and free.
//
// Written by heap_insert and one index insertion, in the caller's transaction: the hold is as
// durable as any other row of that transaction. Failure. The table is checked once per relcache
// change; a changed shape is an ERROR, which undoes the hold like any other error.

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

void insert_into_index(Oid oid, Relation journal, const Datum* values, const bool* nulls,
                       ItemPointer at) {
    const Relation index = index_open(oid, RowExclusiveLock);
    if (!index->rd_index->indisready) {  // CREATE INDEX CONCURRENTLY has not built it yet
        index_close(index, NoLock);
        return;
    }
    Datum key[INDEX_MAX_KEYS];
    bool null[INDEX_MAX_KEYS];
    for (int i = 0; i < index->rd_index->indnatts; i++) {
        const int column = index->rd_index->indkey.values[i] - 1;
        key[i] = values[column];
        null[i] = nulls[column];
    }
    // A plain b-tree never looks at the IndexInfo.
    index_insert(index, key, null, at, journal,
                 index->rd_index->indisunique ? UNIQUE_CHECK_YES : UNIQUE_CHECK_NO, false, nullptr);
    index_close(index, NoLock);
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

void journal_write(const JournalRow& row) {
    if (!settings.hold_journal) return;
    Datum values[kColumns] = {Int64GetDatum(static_cast<int64>(row.lock_id)),
                              uuid_datum(row.session),
                              Int32GetDatum(row.version),
                              CharGetDatum(row.kind),
                              uuid_datum(row.owner),
                              TimestampTzGetDatum(GetCurrentTimestamp()),
                              TimestampTzGetDatum(wall_time(row.deadline)),
                              row.order ? uuid_datum(*row.order) : Datum(0),
                              row.seats};
    bool nulls[kColumns] = {};
    nulls[4] = row.owner == Uuid{};
    nulls[6] = row.deadline == 0;
    nulls[7] = row.order == nullptr;
    const Relation journal = open_journal(RowExclusiveLock);
    const HeapTuple tuple = heap_form_tuple(RelationGetDescr(journal), values, nulls);
    heap_insert(journal, tuple, GetCurrentCommandId(true), 0, nullptr);
    for (int i = 0; i < indexes; i++)
        insert_into_index(index_oid[i], journal, values, nulls, &tuple->t_self);
    pgstat_count_heap_insert(journal, 1);
    heap_freetuple(tuple);
    table_close(journal, NoLock);
}

void install_journal_callbacks() {
    CacheRegisterRelcacheCallback(forget, Datum(0));
}

}  // namespace tix::pg
