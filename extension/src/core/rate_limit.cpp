// Taking tokens, and finding a place for a key.

#include "rate_limit.hpp"

#include <cstring>

namespace tix::core {

namespace {

u64 partition_bytes(u32 slots) {
    return sizeof(RateCounters) + sizeof(RateEntry) * u64{slots};
}

// What is missing in the bucket, in units of which `per` are a token and `burst` a microsecond.
u64 missing(const RateEntry& e, const RateLimit& limit, Micros now) {
    if (e.full(now)) return 0;
    // More than an empty bucket is the clock's doing.
    if (e.full_at - now >= limit.per) return static_cast<u64>(limit.per) * limit.burst;
    return static_cast<u64>(e.full_at - now) * limit.burst + e.remainder;
}

}  // namespace

u64 RateTable::bytes(u32 keys) {
    return partition_bytes(keys / kRatePartitions) * kRatePartitions;
}

RateTable RateTable::format(void* memory, u32 keys) {
    std::memset(memory, 0, bytes(keys));
    return {memory, keys};
}

RateCounters& RateTable::counters(u32 partition) const {
    return *reinterpret_cast<RateCounters*>(base_ + partition_bytes(slots_) * partition);
}

RateEntry* RateTable::entries(u32 partition) const {
    return reinterpret_cast<RateEntry*>(&counters(partition) + 1);
}

// The key's entry; else the one it may have, empty or the longest full; else null.
RateEntry* RateTable::find(const Uuid& key, Micros now) const {
    RateEntry* all = entries(partition_of(key));
    RateEntry* best = nullptr;
    for (u32 i = 0; i < kRateWindow; i++) {
        RateEntry& e = all[(key.lo + i) & (slots_ - 1)];
        if (e.key == key) return &e;
        // One that was never used has been full since the beginning of time.
        if (e.full(now) && (best == nullptr || e.full_at < best->full_at)) best = &e;
    }
    if (best != nullptr) *best = {key, now, 0, 0};
    return best;
}

RateAnswer RateTable::take(const Uuid& key, const RateLimit& limit, Micros now) const {
    RateCounters& count = counters(partition_of(key));
    RateAnswer answer;
    RateEntry* e = find(key, now);
    if (e == nullptr) {
        count.untracked++;
        answer.untracked = true;
        answer.remaining = limit.burst - limit.cost;
        return answer;
    }
    const u64 per = static_cast<u64>(limit.per);
    const u64 empty = per * limit.burst;
    const u64 before = missing(*e, limit, now);
    const u64 after = before + per * limit.cost;
    if (after > empty) {
        count.refused++;
        answer.allowed = false;
        answer.remaining = static_cast<u32>((empty - before) / per);
        answer.retry_after = static_cast<Micros>((after - empty + limit.burst - 1) / limit.burst);
        return answer;
    }
    count.allowed++;
    e->full_at = now + static_cast<Micros>(after / limit.burst);
    e->remainder = static_cast<u32>(after % limit.burst);
    answer.remaining = static_cast<u32>((empty - after) / per);
    return answer;
}

u32 RateTable::in_use(u32 partition, Micros now) const {
    const RateEntry* all = entries(partition);
    u32 n = 0;
    for (u32 i = 0; i < slots_; i++)
        n += !all[i].full(now);
    return n;
}

}  // namespace tix::core
