// How long calls and commits take, and setting all counters back to zero.

#include "rate_limit.hpp"
#include "stats.hpp"

using namespace tix::pg;

TIX_FUNCTION(tix_stat_latency_rows) {
    static const char* const names[kLatencies] = {"lock won", "lock lost", "commit"};
    require_primary("tix_stat_latency");
    ReturnSetInfo* rows = begin_rows(fcinfo);
    auto* sum = static_cast<PartitionLatency*>(palloc0(sizeof(PartitionLatency)));
    for (u32 p = 0; p < static_cast<u32>(settings.partitions); p++) {
        PartitionSet set;
        set.add(p);
        lock_partitions(set, LW_SHARED);
        const PartitionLatency& l = arena().latency(p);
        for (u32 k = 0; k < kLatencies; k++) {
            sum->of[k].longest = Max(sum->of[k].longest, l.of[k].longest);
            for (u32 b = 0; b < kLatencyBuckets; b++)
                sum->of[k].count[b] += l.of[k].count[b];
        }
        unlock_partitions(set);
    }
    for (u32 k = 0; k < kLatencies; k++)
        for (u32 b = 0; b < kLatencyBuckets; b++) {
            if (sum->of[k].count[b] == 0) continue;
            const bool last = b == kLatencyBuckets - 1;
            Datum values[5] = {CStringGetTextDatum(names[k]),
                               Int64GetDatum(b == 0 ? 0 : latency_bound(b - 1)),
                               last ? Datum(0) : Int64GetDatum(latency_bound(b)),
                               count_datum(sum->of[k].count[b]), count_datum(sum->of[k].longest)};
            bool nulls[5] = {false, false, last, false, false};
            put_row(rows, values, nulls);
        }
    return Datum(0);
}

TIX_FUNCTION(tix_stat_reset) {
    require_writable("tix_stat_reset()");
    for (u32 p = 0; p < static_cast<u32>(settings.partitions); p++) {
        PartitionSet set;
        set.add(p);
        lock_partitions(set, LW_EXCLUSIVE);
        memset(arena().partition(p).counts, 0, sizeof(Partition::counts));
        memset(static_cast<void*>(&arena().latency(p)), 0, sizeof(PartitionLatency));
        unlock_partitions(set);
    }
    reset_rate_counters();
    const TimestampTz now = GetCurrentTimestamp();
    pg_atomic_write_u64(&shared->stats_reset, static_cast<uint64>(now));
    PG_RETURN_TIMESTAMPTZ(now);
}
