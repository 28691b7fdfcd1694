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

Relation open_journal() {
    if (journal_oid != InvalidOid) return table_open(journal_oid, RowExclusiveLock);
    const Oid schema = get_namespace_oid("tix", true);
    const Oid oid = OidIsValid(schema) ? get_relname_relid("holds", schema) : InvalidOid;
    if (!OidIsValid(oid)) bad_shape("it does not exist");
    const Relation journal = table_open(oid, RowExclusiveLock);
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

}  // namespace

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
    const Relation journal = open_journal();
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
