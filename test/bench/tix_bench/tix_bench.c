// The yardsticks of make bench: functions with the arguments and the result type of
// tix_lock_seats that sell nothing.
//
// empty_won and empty_lost answer a constant row, of the shape that a won and a lost race have.
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
#define JOURNAL_COLUMNS 10

// What a call site keeps from call to call.
typedef struct Kept {
    TupleDesc desc;
    Datum values[RESULT_COLUMNS];
    bool nulls[RESULT_COLUMNS];
} Kept;

static Kept* keep(FunctionCallInfo fcinfo) {
    MemoryContext old = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
    Kept* kept = palloc0(sizeof(Kept));
    TupleDesc desc;

    if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE ||
        desc->natts != RESULT_COLUMNS)
        elog(ERROR, "the result must be a tix_lock_result");
    kept->desc = BlessTupleDesc(CreateTupleDescCopy(desc));
    memset(kept->nulls, true, sizeof kept->nulls);
    kept->nulls[0] = false;
    fcinfo->flinfo->fn_extra = kept;
    MemoryContextSwitchTo(old);
    return kept;
}

static Datum answer(const Kept* kept) {
    return HeapTupleGetDatum(heap_form_tuple(kept->desc, (Datum*)kept->values, (bool*)kept->nulls));
}

Datum empty_won(PG_FUNCTION_ARGS) {
    Kept* kept = fcinfo->flinfo->fn_extra;

    if (kept == NULL) {
        MemoryContext old = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
        kept = keep(fcinfo);
        kept->values[0] = BoolGetDatum(true);
        kept->values[2] = Int64GetDatum(INT64CONST(140737488355455));
        kept->values[3] = TimestampTzGetDatum(GetCurrentTimestamp());
        kept->values[4] = PointerGetDatum(PG_GETARG_ARRAYTYPE_P_COPY(1));
        kept->nulls[2] = kept->nulls[3] = kept->nulls[4] = false;
        MemoryContextSwitchTo(old);
    }
    return answer(kept);
}

Datum empty_lost(PG_FUNCTION_ARGS) {
    Kept* kept = fcinfo->flinfo->fn_extra;

    if (kept == NULL) {
        MemoryContext old = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
        kept = keep(fcinfo);
        kept->values[0] = BoolGetDatum(false);
        kept->values[1] = CStringGetTextDatum("held");
        kept->values[5] = DirectFunctionCall1(
            jsonb_in, CStringGetDatum("[{\"seatId\": \"12345\", \"reason\": \"held\"}]"));
        kept->nulls[1] = kept->nulls[5] = false;
        MemoryContextSwitchTo(old);
    }
    return answer(kept);
}

// Inserts the row and its index entry as the journal of tix does.
static void insert_row(Datum* values, bool* nulls) {
    static Oid table_oid = InvalidOid;
    static Oid index_oid = InvalidOid;
    Relation table, index;
    HeapTuple tuple;
    Datum key[2] = {values[1], values[6]};
    bool null[2] = {false, false};

    if (!OidIsValid(table_oid)) {
        Oid schema = get_namespace_oid("bench", false);
        table_oid = get_relname_relid("holds", schema);
        index_oid = get_relname_relid("holds_session_deadline", schema);
    }
    table = table_open(table_oid, RowExclusiveLock);
    tuple = heap_form_tuple(RelationGetDescr(table), values, nulls);
    heap_insert(table, tuple, GetCurrentCommandId(true), 0, NULL);
    index = index_open(index_oid, RowExclusiveLock);
    index_insert(index, key, null, &tuple->t_self, table, UNIQUE_CHECK_NO, false, NULL);
    index_close(index, NoLock);
    pgstat_count_heap_insert(table, 1);
    heap_freetuple(tuple);
    table_close(table, NoLock);
}

// The deadline grows with the clock, so entries land in the index where those of tix do.
Datum insert_only(PG_FUNCTION_ARGS) {
    Kept* kept = fcinfo->flinfo->fn_extra ? fcinfo->flinfo->fn_extra : keep(fcinfo);
    TimestampTz now = GetCurrentTimestamp();
    TimestampTz expires = now + PG_GETARG_INTERVAL_P(3)->time;
    Datum lock_id = Int64GetDatum(now * 128);
    Datum seats = PointerGetDatum(PG_GETARG_ARRAYTYPE_P(1));
    Datum values[JOURNAL_COLUMNS] = {lock_id,
                                     PG_GETARG_DATUM(0),
                                     Int32GetDatum(0),
                                     CharGetDatum('g'),
                                     PG_GETARG_DATUM(2),
                                     TimestampTzGetDatum(now),
                                     TimestampTzGetDatum(expires),
                                     (Datum)0,
                                     (Datum)0,
                                     seats};
    bool nulls[JOURNAL_COLUMNS] = {[7] = true, [8] = true};

    insert_row(values, nulls);
    kept->values[0] = BoolGetDatum(true);
    kept->values[2] = lock_id;
    kept->values[3] = TimestampTzGetDatum(expires);
    kept->values[4] = seats;
    kept->nulls[2] = kept->nulls[3] = kept->nulls[4] = false;
    return answer(kept);
}
