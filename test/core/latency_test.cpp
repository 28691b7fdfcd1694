// Latency histograms: where a duration falls, and which calls are counted where.

#include "fixture.hpp"

namespace tix::test {

namespace {

u64 counted(World& w, Latency kind) {
    u64 n = 0;
    for (u32 p = 0; p < w.partitions; p++)
        for (const u64 c : w.arena.latency(p).of[static_cast<u32>(kind)].count)
            n += c;
    return n;
}

HoldAnswer lock_since(World& w, Backend& who, Seats seats, const Uuid& owner, Micros began) {
    w.why.resize(seats.size());
    return w.run(who, w.all(), [&](Access a) {
        a.began = began;
        return lock_seats(a,
                          {w.block, seats.data(), static_cast<u32>(seats.size()), owner, kSecond,
                           w.generation, 0},
                          w.why.data());
    });
}

}  // namespace

TEST(Latency, buckets_follow_each_other_without_a_gap) {
    u32 last = 0;
    for (Micros us = 0; us < kLatencyLimit + 10; us++) {
        const u32 b = latency_bucket(us);
        ASSERT_TRUE(b == last || b == last + 1) << us;
        ASSERT_LT(b, kLatencyBuckets);
        ASSERT_TRUE(b == kLatencyBuckets - 1 || us < latency_bound(b)) << us;
        ASSERT_TRUE(b == 0 || us >= latency_bound(b - 1)) << us;
        last = b;
    }
    EXPECT_EQ(last, kLatencyBuckets - 1);
}

TEST(Latency, a_bound_is_at_most_a_quarter_too_high) {
    for (u32 b = 8; b + 1 < kLatencyBuckets; b++)
        EXPECT_LE(latency_bound(b) - latency_bound(b - 1), latency_bound(b - 1) / 4) << b;
}

TEST(Latency, what_no_clock_should_say_falls_into_the_outer_buckets) {
    EXPECT_EQ(latency_bucket(-5), 0u);
    EXPECT_EQ(latency_bucket(INT64_MAX), kLatencyBuckets - 1);
    Histogram h{};
    h.add(-5);
    h.add(7);
    h.add(3);
    EXPECT_EQ(h.longest, 7u);
}

TEST(Latency, each_lock_call_is_counted_once_as_won_or_lost) {
    World w;
    const u64 token = lock_since(w, w.a, {0, 1}, kAnn, w.now - 9).lock_id;
    EXPECT_EQ(counted(w, Latency::won), 1u);
    EXPECT_EQ(lock_since(w, w.a, {0, 1}, kAnn, w.now - 9).lock_id, token);
    EXPECT_EQ(counted(w, Latency::won), 2u);
    EXPECT_EQ(lock_since(w, w.b, {1, 2}, kBob, w.now - 70).reason, Reason::held);
    EXPECT_EQ(counted(w, Latency::won), 2u);
    EXPECT_EQ(counted(w, Latency::lost), 1u);
    const u32 p = seat_partition(w.arena, *w.block, 1);
    const Histogram& lost = w.arena.latency(p).of[static_cast<u32>(Latency::lost)];
    EXPECT_EQ(lost.count[latency_bucket(70)], 1u);
    EXPECT_EQ(lost.longest, 70u);
    EXPECT_EQ(counted(w, Latency::commit), 0u);
}

TEST(Latency, a_call_without_a_beginning_is_not_counted) {
    World w;
    w.lock(w.a, {0}, kAnn);
    EXPECT_EQ(counted(w, Latency::won), 0u);
}

}  // namespace tix::test
