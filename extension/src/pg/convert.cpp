// Arguments in, rows out: conversions and the checks that come before any lock.

#include "glue.hpp"

namespace tix::pg {

namespace {

constexpr int64 kDayMicros = INT64CONST(86400000000);

void refuse_parallel(const char* function) {
    require_version();
    if (IsInParallelMode())
        ereport(ERROR, (errcode(ERRCODE_INVALID_TRANSACTION_STATE),
                        errmsg("cannot execute %s during a parallel operation", function)));
}

}  // namespace

Uuid uuid_arg(Datum d) {
    u64 half[2];
    memcpy(half, DatumGetUUIDP(d)->data, sizeof half);
    return {half[0], half[1]};
}

Datum uuid_datum(const Uuid& u) {
    auto* p = static_cast<pg_uuid_t*>(palloc(sizeof(pg_uuid_t)));
    memcpy(p->data, &u.hi, 8);
    memcpy(p->data + 8, &u.lo, 8);
    return UUIDPGetDatum(p);
}

Micros ttl_arg(FunctionCallInfo fcinfo, int arg, int default_seconds) {
    if (PG_ARGISNULL(arg)) return static_cast<Micros>(default_seconds) * 1000000;
    const Interval* i = PG_GETARG_INTERVAL_P(arg);
    const double micros =
        static_cast<double>(i->time) + i->day * double{kDayMicros} + i->month * 30.0 * kDayMicros;
    if (micros < 1 || micros > kTtlMaxMicros)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("ttl must be greater than zero and at most 7 days"),
                        errhint("Leave ttl out to use tix.lock_ttl.")));
    return static_cast<Micros>(micros);
}

namespace {

// An array of at least one element, none of them NULL.
ArrayType* some_elements(FunctionCallInfo fcinfo, int arg, const char* name) {
    ArrayType* array = PG_ARGISNULL(arg) ? nullptr : PG_GETARG_ARRAYTYPE_P(arg);
    if (array == nullptr || ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array)) == 0)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("%s must not be NULL or empty", name)));
    if (array_contains_nulls(array))
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("%s must not contain NULL", name)));
    return array;
}

}  // namespace

TextList text_list_arg(FunctionCallInfo fcinfo, int arg, const char* name, int n_max) {
    ArrayType* array = some_elements(fcinfo, arg, name);
    const int n = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
    if (n > n_max) return {nullptr, n};
    auto* text = static_cast<Text*>(palloc(sizeof(Text) * n));
    char* at = ARR_DATA_PTR(array);
    for (int i = 0; i < n; i++) {
        text[i] = {VARDATA_ANY(at), static_cast<u32>(VARSIZE_ANY_EXHDR(at))};
        at = att_addlength_pointer(at, -1, at);
        at = reinterpret_cast<char*>(att_align_nominal(at, TYPALIGN_INT));
    }
    return {text, n};
}

UuidList uuid_list_arg(FunctionCallInfo fcinfo, int arg, const char* name) {
    const ArrayType* array = some_elements(fcinfo, arg, name);
    return {ARR_DATA_PTR(array), ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array))};
}

// Writes the array as construct_array would, in one go: a call makes one for each hold.
ArrayType* text_array(const Text* text, int n) {
    if (n == 0) return construct_empty_array(TEXTOID);
    Size bytes = ARR_OVERHEAD_NONULLS(1);
    for (int i = 0; i < n; i++)
        bytes += INTALIGN(VARHDRSZ + text[i].size);
    auto* array = static_cast<ArrayType*>(palloc0(bytes));
    SET_VARSIZE(array, bytes);
    array->ndim = 1;
    array->elemtype = TEXTOID;
    *ARR_DIMS(array) = n;
    *ARR_LBOUND(array) = 1;
    char* at = ARR_DATA_PTR(array);
    for (int i = 0; i < n; i++) {
        SET_VARSIZE(at, VARHDRSZ + text[i].size);
        memcpy(VARDATA(at), text[i].data, text[i].size);
        at += INTALIGN(VARHDRSZ + text[i].size);
    }
    return array;
}

ArrayType* label_array(const SessionBlock& block, const Ordinal* seats, u32 n) {
    auto* text = static_cast<Text*>(palloc(sizeof(Text) * (n > 0 ? n : 1)));
    for (u32 i = 0; i < n; i++)
        text[i] = block.label(seats[i]);
    return text_array(text, n);
}

void require_writable(const char* function) {
    require_primary(function);
    PreventCommandIfReadOnly(function);
}

void require_primary(const char* function) {
    if (shared == nullptr) raise(Error::not_preloaded);
    PreventCommandDuringRecovery(function);
    refuse_parallel(function);
}

void require_readable(const char* function) {
    if (shared == nullptr) raise(Error::not_preloaded);
    refuse_parallel(function);
}

void require_arguments(FunctionCallInfo fcinfo, int n, const char* function) {
    for (int i = 0; i < n; i++)
        if (PG_ARGISNULL(i))
            ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                            errmsg("argument %d of %s must not be NULL", i + 1, function)));
}

// In FROM the executor brings the row type along: looking it up would cost as much as a lock.
TupleDesc result_desc(FunctionCallInfo fcinfo) {
    const auto* rows = reinterpret_cast<const ReturnSetInfo*>(fcinfo->resultinfo);
    if (rows != nullptr && IsA(rows, ReturnSetInfo) && rows->expectedDesc != nullptr &&
        rows->expectedDesc->tdtypeid != RECORDOID)
        return rows->expectedDesc;
    if (fcinfo->flinfo->fn_extra == nullptr) {
        TupleDesc desc;
        if (get_call_result_type(fcinfo, nullptr, &desc) != TYPEFUNC_COMPOSITE)
            elog(ERROR, "return type must be a row type");
        const MemoryContext old = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
        fcinfo->flinfo->fn_extra = BlessTupleDesc(CreateTupleDescCopy(desc));
        MemoryContextSwitchTo(old);
    }
    return static_cast<TupleDesc>(fcinfo->flinfo->fn_extra);
}

ReturnSetInfo* begin_rows(FunctionCallInfo fcinfo) {
#if PG_VERSION_NUM >= 160000
    InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
#else
    SetSingleFuncCall(fcinfo, SRF_SINGLE_USE_EXPECTED);
#endif
    return reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo);
}

}  // namespace tix::pg
