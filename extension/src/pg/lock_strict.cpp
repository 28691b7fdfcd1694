// The _strict twins: the same calls, which raise a refusal instead of answering it.

#include "lock_answer.hpp"

namespace tix::pg {

namespace {

// Columns of tix_lock_result, from 1.
constexpr int kOk = 1;
constexpr int kReason = 2;
constexpr int kLockId = 3;
constexpr int kConflicts = 6;

// The DETAIL of a refusal: {"reason", "lockId", "conflicts"}; the last two where there are any.
const char* refusal_detail(HeapTuple row, TupleDesc desc, const char* reason, int64 lock_id) {
    bool null;
    StringInfoData detail;
    initStringInfo(&detail);
    appendStringInfo(&detail, "{\"reason\": \"%s\"", reason);
    const Datum own = heap_getattr(row, kLockId, desc, &null);
    if (!null) lock_id = DatumGetInt64(own);
    if (lock_id != 0) appendStringInfo(&detail, ", \"lockId\": \"" INT64_FORMAT "\"", lock_id);
    const Datum conflicts = heap_getattr(row, kConflicts, desc, &null);
    if (!null) {
        Jsonb* list = DatumGetJsonbP(conflicts);
        appendStringInfo(&detail, ", \"conflicts\": %s",
                         JsonbToCString(nullptr, &list->root, VARSIZE(list)));
    }
    appendStringInfoChar(&detail, '}');
    return detail.data;
}

// Answers the row if it is a grant, raises otherwise. lock_id: what the call was about; 0 = none.
Datum granted(FunctionCallInfo fcinfo, Datum result, int64 lock_id) {
    const TupleDesc desc = result_desc(fcinfo);
    const HeapTupleHeader header = DatumGetHeapTupleHeader(result);
    HeapTupleData row;
    bool null;
    row.t_len = HeapTupleHeaderGetDatumLength(header);
    ItemPointerSetInvalid(&row.t_self);
    row.t_tableOid = InvalidOid;
    row.t_data = header;
    if (DatumGetBool(heap_getattr(&row, kOk, desc, &null))) return result;
    const char* reason = TextDatumGetCString(heap_getattr(&row, kReason, desc, &null));
    raise_reason(reason, refusal_detail(&row, desc, reason, lock_id));
}

}  // namespace

}  // namespace tix::pg

using namespace tix::pg;

#define TIX_STRICT(name, lock_id)                      \
    extern "C" Datum name(PG_FUNCTION_ARGS);           \
    TIX_FUNCTION(name##_strict) {                      \
        return granted(fcinfo, name(fcinfo), lock_id); \
    }

TIX_STRICT(tix_lock_seat, 0)
TIX_STRICT(tix_lock_seats, 0)
TIX_STRICT(tix_lock_best, 0)
TIX_STRICT(tix_lock_area, 0)
TIX_STRICT(tix_extend_lock, PG_GETARG_INT64(0))
