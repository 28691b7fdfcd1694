// The yardsticks of make bench: functions with the arguments and the result type of
// tix_lock_seats that sell nothing.
//
// empty_won and empty_lost do nothing but answer a row that is there already, of the shape that a
// won and a lost race have.
// insert_only writes the row that tix writes into its journal, into a table of the same columns
// with the same index, by the same means, and answers it.

#include "postgres.h"

#include "access/genam.h"
#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "fmgr.h"
#include "funcapi.h"
#include "pgstat.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

PG_MODULE_MAGIC;

PG_FUNCTION_INFO_V1(empty_won);
PG_FUNCTION_INFO_V1(empty_lost);
PG_FUNCTION_INFO_V1(insert_only);

#define RESULT_COLUMNS 7
#define COLUMNS_MAX 32

// The row type that the executor brings along in FROM: a look-up would cost as much as a lock.
static TupleDesc result_desc(FunctionCallInfo fcinfo) {
    ReturnSetInfo* rows = (ReturnSetInfo*)fcinfo->resultinfo;

    if (rows == NULL || !IsA(rows, ReturnSetInfo) || rows->expectedDesc == NULL ||
        rows->expectedDesc->natts != RESULT_COLUMNS)
        elog(ERROR, "call it in FROM, and the result must be a tix_lock_result");
    return rows->expectedDesc;
}

// The row (ok, reason, lock_id, expires_at, seats, conflicts, tier); what is 0 is null.
static Datum make_row(FunctionCallInfo fcinfo, bool ok, Datum reason, Datum lock_id, Datum expires,
                      Datum seats, Datum conflicts) {
    Datum values[RESULT_COLUMNS] = {BoolGetDatum(ok), reason, lock_id, expires, seats, conflicts};
    bool nulls[RESULT_COLUMNS] = {false};

    for (int i = 1; i < RESULT_COLUMNS; i++)
        nulls[i] = values[i] == 0;
    return HeapTupleGetDatum(heap_form_tuple(result_desc(fcinfo), values, nulls));
}

// A process makes its constant row once.
Datum empty_won(PG_FUNCTION_ARGS) {
    static Datum row = 0;

    if (row == 0) {
        MemoryContext old = MemoryContextSwitchTo(TopMemoryContext);
        row = make_row(fcinfo, true, 0, Int64GetDatum(INT64CONST(140737488355455)),
                       TimestampTzGetDatum(GetCurrentTimestamp()),
                       PointerGetDatum(PG_GETARG_ARRAYTYPE_P(1)), 0);
        MemoryContextSwitchTo(old);
    }
    return row;
}

Datum empty_lost(PG_FUNCTION_ARGS) {
    static Datum row = 0;

    if (row == 0) {
        MemoryContext old = MemoryContextSwitchTo(TopMemoryContext);
        row = make_row(
            fcinfo, false, CStringGetTextDatum("held"), 0, 0, 0,
            DirectFunctionCall1(
                jsonb_in, CStringGetDatum("[{\"seatId\": \"40000\", \"reason\": \"held\"}]")));
        MemoryContextSwitchTo(old);
    }
    return row;
}

// What is known of a hold, under the names of the journal's columns.
enum { LOCK_ID, SESSION_ID, VERSION, KIND, USER_ID, AT, EXPIRES_AT, SEATS, KNOWN };
static const char* const known[KNOWN] = {"lock_id", "session_id", "version",    "kind",
                                         "user_id", "at",         "expires_at", "seats"};

// The table, its index, and for each of its columns where the value comes from; KNOWN: it is null.
static Oid table_oid = InvalidOid;
static Oid index_oid = InvalidOid;
static int source[COLUMNS_MAX];
static int keys;
static int key_column[INDEX_MAX_KEYS];

static void look_at_table(void) {
    Oid schema = get_namespace_oid("bench", false);
    Oid oid = get_relname_relid("holds", schema);
    Relation table = table_open(oid, AccessShareLock);
    List* indexes = RelationGetIndexList(table);
    Relation index;

    if (RelationGetDescr(table)->natts > COLUMNS_MAX) elog(ERROR, "the journal has many columns");
    if (list_length(indexes) != 1)
        elog(ERROR, "the journal has another number of indexes than one");
    for (int i = 0; i < RelationGetDescr(table)->natts; i++) {
        source[i] = 0;
        while (
            source[i] < KNOWN &&
            strcmp(known[source[i]], NameStr(TupleDescAttr(RelationGetDescr(table), i)->attname)))
            source[i]++;
    }
    index_oid = linitial_oid(indexes);
    index = index_open(index_oid, AccessShareLock);
    keys = index->rd_index->indnatts;
    for (int i = 0; i < keys; i++)
        key_column[i] = index->rd_index->indkey.values[i] - 1;
    index_close(index, AccessShareLock);
    table_close(table, AccessShareLock);
    table_oid = oid;
}

// Inserts the row and its index entry as the journal of tix does.
static void insert_row(const Datum* value) {
    Relation table, index;
    HeapTuple tuple;
    Datum values[COLUMNS_MAX], key[INDEX_MAX_KEYS];
    bool nulls[COLUMNS_MAX], null[INDEX_MAX_KEYS];

    if (!OidIsValid(table_oid)) look_at_table();
    table = table_open(table_oid, RowExclusiveLock);
    for (int i = 0; i < RelationGetDescr(table)->natts; i++) {
        nulls[i] = source[i] == KNOWN;
        values[i] = nulls[i] ? (Datum)0 : value[source[i]];
    }
    tuple = heap_form_tuple(RelationGetDescr(table), values, nulls);
    heap_insert(table, tuple, GetCurrentCommandId(true), 0, NULL);
    for (int i = 0; i < keys; i++) {
        key[i] = values[key_column[i]];
        null[i] = nulls[key_column[i]];
    }
    index = index_open(index_oid, RowExclusiveLock);
    index_insert(index, key, null, &tuple->t_self, table, UNIQUE_CHECK_NO, false, NULL);
    index_close(index, NoLock);
    pgstat_count_heap_insert(table, 1);
    heap_freetuple(tuple);
    table_close(table, NoLock);
}

// The lock_id grows with the clock, so that entries land in the index where those of tix do.
Datum insert_only(PG_FUNCTION_ARGS) {
    TimestampTz now = GetCurrentTimestamp();
    Datum value[KNOWN];

    value[LOCK_ID] = Int64GetDatum(now * 128);
    value[SESSION_ID] = PG_GETARG_DATUM(0);
    value[VERSION] = Int32GetDatum(0);
    value[KIND] = CharGetDatum('g');
    value[USER_ID] = PG_GETARG_DATUM(2);
    value[AT] = TimestampTzGetDatum(now);
    value[EXPIRES_AT] = TimestampTzGetDatum(now + PG_GETARG_INTERVAL_P(3)->time);
    value[SEATS] = PointerGetDatum(PG_GETARG_ARRAYTYPE_P(1));
    insert_row(value);
    return make_row(fcinfo, true, 0, value[LOCK_ID], value[EXPIRES_AT], value[SEATS], 0);
}
