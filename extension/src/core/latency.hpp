// How long calls take: log-linear histograms, one for each kind of call in each partition.
//
// Four buckets for every power of two, so a bound is at most 25 % off: 0, 1, 2, 3, 4 … 7, 8-9 …
// up to 2^20 us (1.05 s), and one for all that is longer. Exact to the microsecond below 8.
// Locking. A histogram changes only under its partition's lock, held exclusively.
#pragma once

#include "types.hpp"

namespace tix::core {

// won, lost: a lock call, from its start until it had the locks to decide; commit: from the check
// before COMMIT until its seats are visible as it left them.
enum class Latency : u32 { won, lost, commit, last };
constexpr u32 kLatencies = static_cast<u32>(Latency::last);
constexpr u32 kLatencyBuckets = 77;
constexpr Micros kLatencyLimit = Micros{1} << 20;

constexpr u32 latency_bucket(Micros us) {
    if (us < 4) return us < 0 ? 0 : static_cast<u32>(us);
    if (us >= kLatencyLimit) return kLatencyBuckets - 1;
    const u32 power = 63 - static_cast<u32>(__builtin_clzll(static_cast<u64>(us)));
    return (power - 1) * 4 + (static_cast<u32>(us >> (power - 2)) & 3);
}

// The first microsecond that is beyond the bucket; none for the last.
constexpr Micros latency_bound(u32 bucket) {
    if (bucket < 4) return bucket + 1;
    return Micros{5 + bucket % 4} << (bucket / 4 - 1);
}

struct Histogram {
    u64 longest;
    u64 count[kLatencyBuckets];

    void add(Micros us) {
        count[latency_bucket(us)]++;
        if (us > static_cast<Micros>(longest)) longest = static_cast<u64>(us);
    }
};

struct alignas(64) PartitionLatency {
    Histogram of[kLatencies];
};

}  // namespace tix::core
