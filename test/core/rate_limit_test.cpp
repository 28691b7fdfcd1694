// Rate limits against an exact reference: a bucket of whole tokens as fractions, one step at a
// time.

#include "rate_limit.hpp"

#include <atomic>
#include <mutex>
#include <random>
#include <thread>

#include "fixture.hpp"

namespace tix::test {

namespace {

struct Limits {
    explicit Limits(u32 keys = kRateKeysMin)
        : memory(RateTable::bytes(keys)), table(RateTable::format(memory.at.get(), keys)) {}
    Memory memory;
    RateTable table;

    u64 counted(u64 RateCounters::*which) const {
        u64 n = 0;
        for (u32 p = 0; p < kRatePartitions; p++)
            n += table.counters(p).*which;
        return n;
    }
    u32 in_use(Micros now) const {
        u32 n = 0;
        for (u32 p = 0; p < kRatePartitions; p++)
            n += table.in_use(p, now);
        return n;
    }
};

// Tokens in units of 1/per of one: `burst` of them flow in every microsecond.
struct Bucket {
    u64 have = 0;
    Micros at = 0;
    bool known = false;

    RateAnswer take(const RateLimit& l, Micros now) {
        const u64 per = static_cast<u64>(l.per), most = per * l.burst;
        if (!known) have = most;
        if (known) have = std::min(most, have + static_cast<u64>(now - at) * l.burst);
        known = true;
        at = now;
        RateAnswer a;
        a.allowed = have >= per * l.cost;
        if (a.allowed)
            have -= per * l.cost;
        else
            a.retry_after = static_cast<Micros>((per * l.cost - have + l.burst - 1) / l.burst);
        a.remaining = static_cast<u32>(have / per);
        return a;
    }
};

constexpr Uuid kKey{77, 88};
constexpr Micros kStart = 1000 * kSecond;

}  // namespace

TEST(RateLimit, a_bucket_gives_its_burst_and_then_refills_evenly) {
    Limits l;
    const RateLimit three{1, 3, 10};  // a token every 3.33 us
    for (u32 i = 0; i < 3; i++) {
        const RateAnswer a = l.table.take(kKey, three, kStart);
        EXPECT_TRUE(a.allowed);
        EXPECT_EQ(a.remaining, 2 - i);
    }
    RateAnswer a = l.table.take(kKey, three, kStart);
    EXPECT_FALSE(a.allowed);
    EXPECT_EQ(a.remaining, 0u);
    EXPECT_EQ(a.retry_after, 4);
    EXPECT_FALSE(l.table.take(kKey, three, kStart + 3).allowed);
    EXPECT_TRUE(l.table.take(kKey, three, kStart + 4).allowed);
    EXPECT_EQ(l.table.take(kKey, three, kStart + 4).retry_after, 3);
    EXPECT_TRUE(l.table.take(kKey, three, kStart + 7).allowed);
    EXPECT_TRUE(l.table.take(kKey, three, kStart + 10).allowed);
    EXPECT_FALSE(l.table.take(kKey, three, kStart + 13).allowed);
    EXPECT_EQ(l.counted(&RateCounters::allowed), 6u);
    EXPECT_EQ(l.counted(&RateCounters::refused), 4u);
}

TEST(RateLimit, retry_after_is_the_first_moment_at_which_it_is_allowed) {
    std::mt19937_64 random(7);
    for (int round = 0; round < 2000; round++) {
        Limits l;
        const u32 burst = 1 + random() % 50;
        const RateLimit one{1 + static_cast<u32>(random() % burst), burst,
                            static_cast<Micros>(1 + random() % 1000)};
        RateAnswer a;
        while ((a = l.table.take(kKey, one, kStart)).allowed) {
        }
        ASSERT_GT(a.retry_after, 0);
        ASSERT_FALSE(l.table.take(kKey, one, kStart + a.retry_after - 1).allowed);
        ASSERT_TRUE(l.table.take(kKey, one, kStart + a.retry_after).allowed);
    }
}

TEST(RateLimit, is_what_an_exact_bucket_says_whatever_is_asked) {
    for (u64 seed = 1; seed <= 300; seed++) {
        std::mt19937_64 random(seed);
        const u32 bursts[] = {1, 2, 3, 7, 1000, kRateBurstMax};
        const Micros pers[] = {1, 2, 10, 999, kSecond, 3600 * kSecond, kRatePerMax};
        Limits l;
        // Each key has a rate of its own.
        Bucket model[5];
        RateLimit rate[5];
        for (RateLimit& r : rate)
            r = {1, bursts[random() % 6], pers[random() % 7]};
        Micros now = kStart;
        for (int step = 0; step < 300; step++) {
            const u32 k = static_cast<u32>(random() % 5);
            RateLimit r = rate[k];
            r.cost = random() % 3 == 0 ? r.burst : 1 + static_cast<u32>(random() % r.burst);
            const u64 most = static_cast<u64>(r.per);
            now += static_cast<Micros>(random() % 4 == 0 ? random() % (2 * most) : random() % 3);
            const RateAnswer expected = model[k].take(r, now);
            const RateAnswer a = l.table.take({5, k + 1}, r, now);
            ASSERT_EQ(a.allowed, expected.allowed) << seed << " " << step;
            ASSERT_EQ(a.remaining, expected.remaining) << seed << " " << step;
            ASSERT_EQ(a.retry_after, expected.retry_after) << seed << " " << step;
            ASSERT_FALSE(a.untracked);
        }
    }
}

TEST(RateLimit, the_greatest_rates_and_the_latest_times_do_not_overflow) {
    Limits l;
    const Micros late = Micros{100} * 366 * 86400 * kSecond;
    const RateLimit all{kRateBurstMax, kRateBurstMax, kRatePerMax};
    EXPECT_TRUE(l.table.take(kKey, all, late).allowed);
    const RateAnswer a = l.table.take(kKey, all, late);
    EXPECT_FALSE(a.allowed);
    EXPECT_EQ(a.retry_after, kRatePerMax);
    EXPECT_TRUE(l.table.take(kKey, all, late + kRatePerMax).allowed);
    const RateLimit one{1, 1, 1};
    EXPECT_TRUE(l.table.take({9, 9}, one, 0).allowed);
    EXPECT_EQ(l.table.take({9, 9}, one, 0).retry_after, 1);
    EXPECT_TRUE(l.table.take({9, 9}, one, 1).allowed);
}

TEST(RateLimit, a_clock_that_falls_back_costs_no_more_than_an_empty_bucket) {
    Limits l;
    const RateLimit ten{1, 10, 10 * kSecond};
    EXPECT_TRUE(l.table.take(kKey, ten, kStart).allowed);
    EXPECT_EQ(l.table.take(kKey, ten, kStart - 5 * kSecond).remaining, 3u);
    const RateAnswer a = l.table.take(kKey, ten, kStart - 3600 * kSecond);
    EXPECT_FALSE(a.allowed);
    EXPECT_EQ(a.retry_after, kSecond);
}

TEST(RateLimit, keys_do_not_meet) {
    Limits l;
    const RateLimit one{1, 1, kSecond};
    for (u64 k = 1; k <= 8; k++)
        EXPECT_TRUE(l.table.take({k, 0}, one, kStart).allowed);
    for (u64 k = 1; k <= 8; k++)
        EXPECT_TRUE(l.table.take({1, k}, one, kStart).allowed);
    for (u64 k = 1; k <= 8; k++)
        EXPECT_FALSE(l.table.take({1, k}, one, kStart).allowed);
    EXPECT_EQ(l.in_use(kStart), 16u);
    EXPECT_EQ(l.in_use(kStart + kSecond), 0u);
}

TEST(RateLimit, only_buckets_that_are_full_again_are_forgotten) {
    Limits l;  // 16 entries a partition: the window is all of it
    const RateLimit slow{1, 2, 100 * kSecond}, fast{2, 2, 3 * kSecond};
    for (u64 k = 1; k <= 15; k++)
        EXPECT_TRUE(l.table.take({0, k}, slow, kStart).allowed);
    EXPECT_TRUE(l.table.take({0, 16}, fast, kStart).allowed);
    // No room: allowed, not counted, nobody forgotten.
    const RateAnswer lost = l.table.take({0, 99}, slow, kStart + kSecond);
    EXPECT_TRUE(lost.allowed);
    EXPECT_TRUE(lost.untracked);
    EXPECT_EQ(lost.remaining, 1u);
    EXPECT_EQ(l.counted(&RateCounters::untracked), 1u);
    EXPECT_EQ(l.in_use(kStart + kSecond), 16u);
    EXPECT_FALSE(l.table.take({0, 16}, fast, kStart + kSecond).allowed);
    // The one that is full again makes room; those that are not stay.
    EXPECT_FALSE(l.table.take({0, 99}, slow, kStart + 3 * kSecond).untracked);
    for (u64 k = 1; k <= 15; k++)
        EXPECT_EQ(l.table.take({0, k}, slow, kStart + 4 * kSecond).remaining, 0u) << k;
    // Other partitions have room.
    EXPECT_FALSE(l.table.take({1, 99}, slow, kStart).untracked);
}

TEST(RateLimit, the_longest_full_bucket_makes_room_first) {
    Limits l;
    for (u64 k = 1; k <= 16; k++)
        l.table.take({0, k}, {1, 1, static_cast<Micros>(k == 7 ? 10 : 20)}, kStart);
    EXPECT_FALSE(l.table.take({0, 50}, {1, 1, kSecond}, kStart + 30).untracked);
    EXPECT_FALSE(l.table.take({0, 50}, {1, 1, kSecond}, kStart + 31).allowed);
    EXPECT_EQ(l.in_use(kStart + 19), 16u);
}

TEST(RateLimit, a_microsecond_that_is_not_over_keeps_its_bucket) {
    Limits l;
    const RateLimit three{1, 3, 1};  // a third of a microsecond each
    l.table.take(kKey, three, kStart);
    EXPECT_EQ(l.in_use(kStart), 1u);
    EXPECT_EQ(l.table.take(kKey, three, kStart).remaining, 1u);
    EXPECT_EQ(l.in_use(kStart + 1), 0u);
}

TEST(RateLimit, threads_together_get_the_burst_and_no_more) {
    Limits l;
    std::mutex lock[kRatePartitions];
    std::atomic<u32> got{0};
    std::vector<std::thread> threads;
    for (u32 t = 0; t < 4; t++)
        threads.emplace_back([&, t] {
            for (u32 i = 0; i < 2000; i++) {
                const Uuid key = i % 2 == 0 ? kKey : Uuid{t + 1, i};
                const std::lock_guard guard(lock[RateTable::partition_of(key)]);
                const RateAnswer a = l.table.take(key, {3, 1000, kRatePerMax}, kStart);
                if (key == kKey) got += a.allowed;
            }
        });
    for (std::thread& t : threads)
        t.join();
    EXPECT_EQ(got, 333u);
}

}  // namespace tix::test
