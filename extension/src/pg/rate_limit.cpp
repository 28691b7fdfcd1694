// tix_rate_limit: one token bucket a key for all clients of the server; and its view.
//
// It is no part of a transaction: a rollback gives no token back. It needs no journal: after a
// crash every bucket is full. A standby has limits of its own.
// Locking. Tranche tix_rate_limit, a lock for each partition of the table, with nothing else.

#include "rate_limit.hpp"

namespace tix::pg {

namespace {

constexpr uint32 kKeyBytesMax = 1024;

shmem_request_hook_type next_request_hook = nullptr;
shmem_startup_hook_type next_startup_hook = nullptr;
LWLockPadded* tranche = nullptr;

// Who chooses keys must not be able to choose their places.
struct Secret {
    uint64 seed[2];
};
Secret* secret = nullptr;

u32 keys() {
    return static_cast<u32>(settings.rate_limit_keys);
}

Size head_bytes() {
    return CACHELINEALIGN(sizeof(Secret));
}

void request() {
    if (next_request_hook) next_request_hook();
    RequestAddinShmemSpace(rate_limit_bytes());
    RequestNamedLWLockTranche("tix_rate_limit", kRatePartitions);
}

RateTable table() {
    void* memory = reinterpret_cast<char*>(secret) + head_bytes();
    return {reinterpret_cast<void*>(TYPEALIGN(kLine, memory)), keys()};
}

void startup() {
    if (next_startup_hook) next_startup_hook();
    bool found;
    LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
    secret = static_cast<Secret*>(ShmemInitStruct("tix rate limits", rate_limit_bytes(), &found));
    tranche = GetNamedLWLockTranche("tix_rate_limit");
    if (!found) {
        void* memory = reinterpret_cast<char*>(secret) + head_bytes();
        RateTable::format(reinterpret_cast<void*>(TYPEALIGN(kLine, memory)), keys());
        if (!pg_strong_random(secret, sizeof *secret))
            ereport(FATAL, (errcode(ERRCODE_INTERNAL_ERROR),
                            errmsg("could not generate the secret of the rate limits")));
    }
    LWLockRelease(AddinShmemInitLock);
}

// What a bucket is known by: never zero.
Uuid bucket_of(const text* key, const RateLimit& limit) {
    struct {
        uint64 text[2];
        Micros per;
        uint32 burst;
        Oid database;
    } all;
    static_assert(sizeof all == 32);
    for (int i = 0; i < 2; i++)
        all.text[i] =
            hash_bytes_extended(reinterpret_cast<const unsigned char*>(VARDATA_ANY(key)),
                                static_cast<int>(VARSIZE_ANY_EXHDR(key)), secret->seed[i]);
    all.per = limit.per;
    all.burst = limit.burst;
    all.database = MyDatabaseId;
    const auto* bytes = reinterpret_cast<const unsigned char*>(&all);
    return {hash_bytes_extended(bytes, sizeof all, secret->seed[0]),
            hash_bytes_extended(bytes, sizeof all, secret->seed[1]) | 1};
}

int32 whole_arg(FunctionCallInfo fcinfo, int arg, const char* name, int32 max) {
    const int32 value = PG_GETARG_INT32(arg);
    if (value < 1 || value > max)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("%s must be between 1 and %d", name, max)));
    return value;
}

Micros per_arg(const Interval* i) {
    constexpr double kDay = 86400e6;
    const double micros = static_cast<double>(i->time) + i->day * kDay + i->month * 30 * kDay;
    if (!(micros >= 1 && micros <= static_cast<double>(kRatePerMax)))
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("per must be greater than zero and at most 31 days")));
    return static_cast<Micros>(micros);
}

LWLock* lock_of(u32 partition) {
    return &tranche[partition].lock;
}

}  // namespace

u64 rate_limit_bytes() {
    return head_bytes() + RateTable::bytes(keys()) + kLine;
}

void install_rate_limits() {
    next_request_hook = shmem_request_hook;
    shmem_request_hook = request;
    next_startup_hook = shmem_startup_hook;
    shmem_startup_hook = startup;
}

void reset_rate_counters() {
    for (u32 p = 0; p < kRatePartitions; p++) {
        LWLockAcquire(lock_of(p), LW_EXCLUSIVE);
        table().counters(p) = {};
        LWLockRelease(lock_of(p));
    }
}

}  // namespace tix::pg

using namespace tix::pg;

TIX_FUNCTION(tix_rate_limit) {
    require_readable("tix_rate_limit()");
    require_arguments(fcinfo, 4, "tix_rate_limit()");
    const text* key = PG_GETARG_TEXT_PP(0);
    if (VARSIZE_ANY_EXHDR(key) > kKeyBytesMax)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("key must have at most %u bytes", kKeyBytesMax)));
    RateLimit limit = {};
    limit.burst = static_cast<u32>(whole_arg(fcinfo, 2, "burst", kRateBurstMax));
    limit.cost = static_cast<u32>(whole_arg(fcinfo, 1, "cost", static_cast<int32>(limit.burst)));
    limit.per = per_arg(PG_GETARG_INTERVAL_P(3));
    const Uuid bucket = bucket_of(key, limit);
    LWLock* lock = lock_of(RateTable::partition_of(bucket));
    LWLockAcquire(lock, LW_EXCLUSIVE);
    const RateAnswer a = table().take(bucket, limit, arena_now());
    LWLockRelease(lock);
    Interval wait = {a.retry_after, 0, 0};
    Datum values[3] = {BoolGetDatum(a.allowed), Int32GetDatum(static_cast<int32>(a.remaining)),
                       IntervalPGetDatum(&wait)};
    bool nulls[3] = {};
    PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(result_desc(fcinfo), values, nulls)));
}

TIX_FUNCTION(tix_stat_rate_limits_rows) {
    require_readable("tix_stat_rate_limits");
    ReturnSetInfo* rows = begin_rows(fcinfo);
    RateCounters all = {};
    u32 in_use = 0;
    for (u32 p = 0; p < kRatePartitions; p++) {
        LWLockAcquire(lock_of(p), LW_SHARED);
        const RateCounters c = table().counters(p);
        in_use += table().in_use(p, arena_now());
        LWLockRelease(lock_of(p));
        all.allowed += c.allowed;
        all.refused += c.refused;
        all.untracked += c.untracked;
    }
    Datum values[6] = {
        Int32GetDatum(settings.rate_limit_keys),
        Int32GetDatum(static_cast<int32>(in_use)),
        Int64GetDatum(static_cast<int64>(all.allowed)),
        Int64GetDatum(static_cast<int64>(all.refused)),
        Int64GetDatum(static_cast<int64>(all.untracked)),
        TimestampTzGetDatum(static_cast<TimestampTz>(pg_atomic_read_u64(&shared->stats_reset)))};
    bool nulls[6] = {};
    put_row(rows, values, nulls);
    return Datum(0);
}
