// The promises of the circuit breaker: it opens after so many failures in a row, lets one try, and
// what that one meets decides.
#include "limits/breaker.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace tix::gateway {
namespace {

constexpr std::int64_t kOpenMs = 1000;

TEST(Breaker, failures_in_a_row_open_it_and_no_fewer) {
    Breaker breaker({3, kOpenMs});
    EXPECT_FALSE(breaker.failed(0));
    EXPECT_FALSE(breaker.failed(1));
    EXPECT_FALSE(breaker.succeeded());  // the row is broken
    EXPECT_FALSE(breaker.failed(2));
    EXPECT_FALSE(breaker.failed(3));
    EXPECT_EQ(breaker.admit(3).wait_ms, 0);
    EXPECT_TRUE(breaker.failed(4));
    EXPECT_EQ(breaker.state(4), Breaker::State::kOpen);
    EXPECT_EQ(breaker.admit(4).wait_ms, kOpenMs);
    EXPECT_EQ(breaker.admit(4 + kOpenMs - 1).wait_ms, 1);
}

TEST(Breaker, one_failure_is_enough_when_the_setting_says_so) {
    Breaker breaker({1, kOpenMs});
    EXPECT_TRUE(breaker.failed(0));
    EXPECT_GT(breaker.admit(0).wait_ms, 0);
}

TEST(Breaker, afterwards_one_alone_may_try) {
    Breaker breaker({1, kOpenMs});
    breaker.failed(0);
    EXPECT_EQ(breaker.state(kOpenMs), Breaker::State::kHalfOpen);
    const Breaker::Pass first = breaker.admit(kOpenMs);
    EXPECT_EQ(first.wait_ms, 0);
    EXPECT_TRUE(first.probe);
    const Breaker::Pass second = breaker.admit(kOpenMs);
    EXPECT_EQ(second.wait_ms, kOpenMs);
    EXPECT_FALSE(second.probe);
}

TEST(Breaker, a_try_that_fails_opens_it_again_and_one_that_succeeds_closes_it) {
    Breaker breaker({2, kOpenMs});
    breaker.failed(0);
    breaker.failed(0);
    EXPECT_EQ(breaker.admit(kOpenMs).wait_ms, 0);
    EXPECT_FALSE(breaker.failed(kOpenMs + 5));  // no change: it was open
    EXPECT_EQ(breaker.admit(kOpenMs + 5).wait_ms, kOpenMs);
    EXPECT_EQ(breaker.admit(2 * kOpenMs + 5).wait_ms, 0);
    EXPECT_TRUE(breaker.succeeded());
    EXPECT_EQ(breaker.state(2 * kOpenMs + 5), Breaker::State::kClosed);
    EXPECT_EQ(breaker.admit(2 * kOpenMs + 5).wait_ms, 0);
    EXPECT_FALSE(breaker.admit(2 * kOpenMs + 5).probe);
    EXPECT_FALSE(breaker.failed(2 * kOpenMs + 6));  // the count began anew
}

TEST(Breaker, a_try_that_asked_nothing_leaves_the_next_one_to_another) {
    Breaker breaker({1, kOpenMs});
    breaker.failed(0);
    EXPECT_TRUE(breaker.admit(kOpenMs).probe);
    breaker.abandoned();
    EXPECT_TRUE(breaker.admit(kOpenMs).probe);
}

TEST(Breaker, a_hundred_threads_at_one_moment_send_one_try) {
    Breaker breaker({1, kOpenMs});
    breaker.failed(0);
    std::atomic<int> admitted{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 100; ++i)
        threads.emplace_back([&] { admitted += breaker.admit(kOpenMs).wait_ms == 0; });
    for (std::thread& thread : threads)
        thread.join();
    EXPECT_EQ(admitted, 1);
}

}  // namespace
}  // namespace tix::gateway
