// Rate limits: a token bucket for each key, in one table of fixed size that all processes share.
//
// A bucket has `burst` tokens and is refilled evenly, all of it in `per`; it is kept as the time at
// which it will be full again (GCRA), exactly: microseconds and a remainder in 1/burst of one.
// Memory. Partitions of equal size, each a header and 32-byte entries. A key may lie in the window
// of 16 entries that its hash names, and nowhere else. A bucket that is full again says no more
// than an absent one: its entry is anybody's, the longest full first.
// Locking. Everything needs the lock of the key's partition, exclusive; the counters too.
// Failure. A key whose window has only buckets that are not full is not counted: its calls are
// allowed and `untracked`. The limiter fails open, because who invents keys could otherwise close
// it for everybody.
#pragma once

#include "types.hpp"

namespace tix::core {

constexpr u32 kRateWindow = 16;
constexpr u32 kRatePartitions = 64;
constexpr u32 kRateKeysMin = 1024;
constexpr u32 kRateKeysDefault = 65536;
constexpr u32 kRateKeysMax = 16777216;
static_assert(kRateKeysMin == kRatePartitions * kRateWindow);
// burst * per fits into 63 bits.
constexpr u32 kRateBurstMax = 1000000;
constexpr Micros kRatePerMax = Micros{31} * 86400 * 1000000;

// A bucket of another rate is another bucket: burst and per belong to what the key is a hash of.
struct RateLimit {
    u32 cost;    // 1 .. burst
    u32 burst;   // 1 .. kRateBurstMax
    Micros per;  // 1 .. kRatePerMax
};

struct RateAnswer {
    bool allowed = true;
    bool untracked = false;
    u32 remaining = 0;       // whole tokens
    Micros retry_after = 0;  // until the same call would be allowed, if nobody else calls
};

struct RateEntry {
    Uuid key;  // zero: never used
    Micros full_at;
    u32 remainder;  // in 1/burst of a microsecond, after full_at
    u32 spare;

    bool full(Micros now) const { return full_at < now || (full_at == now && remainder == 0); }
};
static_assert(sizeof(RateEntry) == 32);

struct alignas(64) RateCounters {
    u64 allowed, refused, untracked;
};

// A view of the table. Trivially copyable; costs nothing to make.
class RateTable {
public:
    // `keys`: a power of two, kRateKeysMin or more. The memory must be 64-byte aligned.
    static u64 bytes(u32 keys);
    static RateTable format(void* memory, u32 keys);

    RateTable() = default;
    RateTable(void* memory, u32 keys)
        : base_(static_cast<std::byte*>(memory)), slots_(keys / kRatePartitions) {}

    static u32 partition_of(const Uuid& key) { return key.hi & (kRatePartitions - 1); }
    // Takes `cost` tokens out of the key's bucket, if it has them. The key is a hash, and not zero.
    RateAnswer take(const Uuid& key, const RateLimit& limit, Micros now) const;

    RateCounters& counters(u32 partition) const;
    // Buckets of a partition that are not full.
    u32 in_use(u32 partition, Micros now) const;

private:
    RateEntry* entries(u32 partition) const;
    RateEntry* find(const Uuid& key, Micros now) const;

    std::byte* base_ = nullptr;
    u32 slots_ = 0;  // entries a partition
};

}  // namespace tix::core
