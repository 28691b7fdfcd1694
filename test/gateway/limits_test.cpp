// The promises of rate limits: exact at the edge, refilled in time, bounded in memory, thread-safe.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "limits/bucket.hpp"

namespace tix::gateway {
namespace {

constexpr std::int64_t kNow = 1'700'000'000'000;

TEST(Limiter, the_burst_is_granted_exactly) {
    Limiter limiter(1000);
    for (int i = 9; i >= 0; --i) {
        const auto verdict = limiter.take("k", 10, 10, kNow);
        EXPECT_TRUE(verdict.allowed);
        EXPECT_EQ(verdict.limit, 10);
        EXPECT_EQ(verdict.remaining, i);
        EXPECT_EQ(verdict.reset_s, 6 * (10 - i));
        EXPECT_EQ(verdict.retry_after_s, 0);
    }
    const auto refused = limiter.take("k", 10, 10, kNow);
    EXPECT_FALSE(refused.allowed);
    EXPECT_EQ(refused.remaining, 0);
    EXPECT_EQ(refused.reset_s, 60);
    EXPECT_EQ(refused.retry_after_s, 6);
}

TEST(Limiter, a_token_comes_back_to_the_millisecond) {
    Limiter limiter(1000);
    for (int i = 0; i < 10; ++i)
        limiter.take("k", 10, 10, kNow);
    EXPECT_EQ(limiter.take("k", 10, 10, kNow + 5999).retry_after_s, 1);
    EXPECT_FALSE(limiter.take("k", 10, 10, kNow + 5999).allowed);
    EXPECT_TRUE(limiter.take("k", 10, 10, kNow + 6000).allowed);
    EXPECT_FALSE(limiter.take("k", 10, 10, kNow + 6000).allowed);
}

TEST(Limiter, whoever_waits_as_told_is_let_in) {
    for (const double per_minute : {1.0, 7.0, 10.0, 59.0, 60.0, 61.0, 300.0, 3000.0}) {
        Limiter limiter(1000);
        std::int64_t now = kNow;
        for (int i = 0; i < 500; ++i) {
            const auto verdict = limiter.take("k", per_minute, per_minute, now);
            if (verdict.allowed) continue;
            ASSERT_GE(verdict.retry_after_s, 1);
            now += verdict.retry_after_s * 1000;
            ASSERT_TRUE(limiter.take("k", per_minute, per_minute, now).allowed) << per_minute;
        }
    }
}

TEST(Limiter, fractions_of_tokens_are_neither_lost_nor_given_away) {
    for (const double per_minute : {7.0, 11.0, 13.0, 59.0}) {
        Limiter limiter(1000);
        int allowed = 0;
        for (std::int64_t ms = 0; ms < 600'000; ms += 7)  // ten minutes, polled hard
            allowed += limiter.take("k", per_minute, per_minute, kNow + ms).allowed ? 1 : 0;
        const int due = static_cast<int>(per_minute) * 11;  // the burst and ten minutes
        EXPECT_LE(allowed, due) << per_minute;
        EXPECT_GE(allowed, due - 1) << per_minute;
    }
}

TEST(Limiter, a_long_rest_earns_no_more_than_the_burst) {
    Limiter limiter(1000);
    limiter.take("k", 60, 3, kNow);
    int allowed = 0;
    for (int i = 0; i < 10; ++i)
        allowed += limiter.take("k", 60, 3, kNow + 86'400'000).allowed ? 1 : 0;
    EXPECT_EQ(allowed, 3);
}

TEST(Limiter, impatience_neither_delays_nor_hastens_the_token) {
    for (const int ms_per_token : {200, 375, 1000, 1200, 3000, 6000, 20'000}) {
        Limiter limiter(1000);
        const double per_minute = 60'000.0 / ms_per_token;
        EXPECT_TRUE(limiter.take("k", per_minute, 1, kNow).allowed);
        for (int ms = 1; ms < ms_per_token; ++ms)
            ASSERT_FALSE(limiter.take("k", per_minute, 1, kNow + ms).allowed) << per_minute;
        EXPECT_TRUE(limiter.take("k", per_minute, 1, kNow + ms_per_token).allowed) << per_minute;
    }
}

TEST(Limiter, an_older_reading_of_the_clock_gives_and_takes_nothing) {
    Limiter limiter(1000);
    for (int i = 0; i < 9; ++i)
        limiter.take("k", 60, 10, kNow);
    EXPECT_TRUE(limiter.take("k", 60, 10, kNow - 3'600'000).allowed);
    EXPECT_FALSE(limiter.take("k", 60, 10, kNow - 3'600'000).allowed);
    EXPECT_FALSE(limiter.take("k", 60, 10, kNow + 999).allowed);
    EXPECT_TRUE(limiter.take("k", 60, 10, kNow + 1000).allowed);
}

TEST(Limiter, keys_do_not_share_tokens) {
    Limiter limiter(1000);
    EXPECT_TRUE(limiter.take("a", 1, 1, kNow).allowed);
    EXPECT_FALSE(limiter.take("a", 1, 1, kNow).allowed);
    EXPECT_TRUE(limiter.take("b", 1, 1, kNow).allowed);
    EXPECT_TRUE(limiter.take("", 1, 1, kNow).allowed);
    EXPECT_TRUE(limiter.take(std::string_view("a\0", 2), 1, 1, kNow).allowed);
}

TEST(Limiter, memory_is_bounded_whatever_keys_come) {
    Limiter limiter(1600);
    for (int i = 0; i < 50'000; ++i) {
        limiter.take("key " + std::to_string(i), 10, 10, kNow + i);
        ASSERT_LE(limiter.keys(), 1600U);
    }
    EXPECT_EQ(limiter.keys(), 1600U);
    Limiter smallest(0);
    for (int i = 0; i < 1000; ++i)
        EXPECT_TRUE(smallest.take(std::to_string(i), 10, 10, kNow).allowed);
    EXPECT_LE(smallest.keys(), 16U);
}

TEST(Limiter, a_flood_of_new_keys_does_not_free_an_exhausted_one) {
    Limiter limiter(1600);
    std::vector<std::string> exhausted;
    for (int i = 0; i < 100; ++i) {
        exhausted.push_back("buyer " + std::to_string(i));
        for (int j = 0; j < 10; ++j)
            limiter.take(exhausted.back(), 10, 10, kNow);
    }
    for (int i = 0; i < 50'000; ++i)
        limiter.take("flood " + std::to_string(i), 10, 10, kNow + i / 100);
    for (const std::string& key : exhausted)
        EXPECT_FALSE(limiter.take(key, 10, 10, kNow + 500).allowed) << key;
}

TEST(Limiter, refilled_buckets_make_room_first) {
    Limiter limiter(320);
    for (int i = 0; i < 300; ++i)
        limiter.take("old " + std::to_string(i), 60, 60, kNow);  // full again a second later
    std::vector<std::string> fresh;
    for (int i = 0; i < 100; ++i) {
        fresh.push_back("fresh " + std::to_string(i));
        limiter.take(fresh.back(), 60, 60, kNow + 60'000);
    }
    for (const std::string& key : fresh)
        EXPECT_EQ(limiter.take(key, 60, 60, kNow + 60'000).remaining, 58) << key;
}

TEST(Limiter, many_threads_together_get_the_burst_and_no_more) {
    Limiter limiter(1600);
    std::atomic<int> shared = 0;
    std::atomic<int> own = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 8; ++t)
        threads.emplace_back([&, t] {
            for (int i = 0; i < 2000; ++i) {
                shared += limiter.take("shared", 100, 100, kNow).allowed ? 1 : 0;
                own += limiter.take("own " + std::to_string(t), 100, 100, kNow).allowed ? 1 : 0;
                limiter.take("noise " + std::to_string(i), 100, 100, kNow);
            }
        });
    for (std::thread& thread : threads)
        thread.join();
    EXPECT_EQ(shared, 100);
    EXPECT_EQ(own, 800);
    EXPECT_LE(limiter.keys(), 1600U);
}

TEST(IpPrefix, an_address_is_cut_to_its_network) {
    EXPECT_EQ(ip_prefix("192.0.2.77", 32, 64), "192.0.2.77/32");
    EXPECT_EQ(ip_prefix("192.0.2.77", 24, 64), "192.0.2.0/24");
    EXPECT_EQ(ip_prefix("192.0.2.255", 27, 64), "192.0.2.224/27");
    EXPECT_EQ(ip_prefix("2001:db8:1:2:3:4:5:6", 32, 64), "2001:db8:1:2::/64");
    EXPECT_EQ(ip_prefix("2001:db8:1:2:3:4:5:6", 32, 56), "2001:db8:1::/56");
    EXPECT_EQ(ip_prefix("2001:DB8::FFFF", 32, 127), "2001:db8::fffe/127");
    EXPECT_EQ(ip_prefix("::1", 32, 64), "::/64");
    EXPECT_EQ(ip_prefix("10.1.2.3", 0, 0), "0.0.0.0/0");
    EXPECT_EQ(ip_prefix("10.1.2.3", 99, -1), "10.1.2.3/32");
    EXPECT_EQ(ip_prefix("2001:db8::1", -5, 200), "2001:db8::1/128");
}

TEST(IpPrefix, a_mapped_address_counts_as_what_it_maps) {
    EXPECT_EQ(ip_prefix("::ffff:192.0.2.77", 24, 64), "192.0.2.0/24");
    EXPECT_EQ(ip_prefix("::FFFF:c000:024d", 32, 64), "192.0.2.77/32");
}

TEST(IpPrefix, spellings_of_one_address_are_one_key) {
    EXPECT_EQ(ip_prefix("2001:db8:0:0:0:0:0:1", 32, 128), ip_prefix("2001:DB8::1", 32, 128));
}

TEST(IpPrefix, what_is_no_address_stays_and_is_cut) {
    for (const char* text : {"", "unix:", "1.2.3", "1.2.3.4.5", "01.2.3.4", "256.1.1.1",
                             "fe80::1%eth0", "1.2.3.4:80", "[::1]", "localhost"})
        EXPECT_EQ(ip_prefix(text, 24, 64), text);
    EXPECT_EQ(ip_prefix(std::string(500, 'x'), 24, 64), std::string(64, 'x'));
}

}  // namespace
}  // namespace tix::gateway
