// The promises of limits that gateways share: together they give the limit, not each; nothing spent
// is forgotten; and alone each goes on as before.
#include "limits/shared.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <stdexcept>

namespace tix::gateway {
namespace {

using namespace std::chrono_literals;

std::int64_t now_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

// The limiter in the database: exact, and refilled in a minute.
struct Database {
    std::mutex mutex;
    std::map<std::string, double> tokens;
    std::map<std::string, std::int64_t> spent;
    std::atomic<bool> away{false};
    std::atomic<int> calls{0};
    std::int64_t since = now_ms();

    std::vector<SharedLimits::Settled> settle(const std::vector<SharedLimits::Debt>& debts) {
        if (away) throw std::runtime_error("away");
        ++calls;
        const std::scoped_lock lock(mutex);
        std::vector<SharedLimits::Settled> answers;
        const std::int64_t now = now_ms();
        for (const auto& debt : debts) {
            const auto burst = static_cast<double>(debt.burst);
            const double per_ms = burst / 60000;
            for (auto& [key, left] : tokens)
                left = std::min(burst, left + static_cast<double>(now - since) * per_ms);
            since = now;
            double& left = tokens.emplace(debt.key, burst).first->second;
            const auto cost = static_cast<double>(debt.cost);
            SharedLimits::Settled answer;
            answer.allowed = left >= cost;
            if (answer.allowed) {
                left -= cost;
                spent[debt.key] += debt.cost;
            } else {
                answer.retry_after_ms = static_cast<std::int64_t>((cost - left) / per_ms) + 1;
            }
            answer.remaining = static_cast<int>(left);
            answers.push_back(answer);
        }
        return answers;
    }
};

struct Gateway {
    Limiter buckets{1000};
    SharedLimits limits;

    explicit Gateway(Database& database, int every_ms = 20)
        : limits(buckets, every_ms, [&](const auto& debts) { return database.settle(debts); }) {
        limits.start();
    }
    bool take(const std::string& key = "lock user a", std::int64_t limit = 60, bool alone = false) {
        return limits.take(key, limit, alone, now_ms()).allowed;
    }
};

int taken(Gateway& one, Gateway& other, int tries) {
    int count = 0;
    for (int i = 0; i < tries; ++i)
        count += (i % 2 == 0 ? one : other).take() ? 1 : 0;
    return count;
}

TEST(SharedLimits, two_gateways_together_give_the_limit_and_not_twice_the_limit) {
    Database database;
    Gateway one(database), other(database);
    const auto began = std::chrono::steady_clock::now();
    const int count = taken(one, other, 300);
    const auto seconds = static_cast<int>((std::chrono::steady_clock::now() - began) / 1s);
    EXPECT_GE(count, 60);
    EXPECT_LE(count, 60 + 2 * 60 / 16 + seconds + 1);
}

TEST(SharedLimits, who_is_slow_never_waits_for_the_database_and_loses_nothing) {
    Database database;
    Gateway gateway(database, 5);
    for (int i = 0; i < 60; ++i) {
        EXPECT_TRUE(gateway.take()) << i;
        std::this_thread::sleep_for(1ms);
    }
    EXPECT_LT(database.calls, 60);
}

TEST(SharedLimits, all_that_is_spent_is_told) {
    Database database;
    Gateway gateway(database);
    int spent = 0;
    for (int i = 0; i < 40; ++i)
        spent += gateway.take() ? 1 : 0;
    for (int i = 0; i < 200 && database.spent["lock user a"] < spent; ++i)
        std::this_thread::sleep_for(5ms);
    const std::scoped_lock lock(database.mutex);
    EXPECT_EQ(database.spent["lock user a"], spent);
}

TEST(SharedLimits, what_another_gateway_has_given_is_not_given_here) {
    Database database;
    database.tokens["lock user a"] = 5;
    Gateway gateway(database);
    int count = 0;
    for (int i = 0; i < 60; ++i)
        count += gateway.take() ? 1 : 0;
    EXPECT_GE(count, 5);
    EXPECT_LE(count, 5 + 60 / 16 + 2);
    EXPECT_GE(gateway.limits.take("lock user a", 60, false, now_ms()).retry_after_s, 1);
}

TEST(SharedLimits, one_key_does_not_know_of_another) {
    Database database;
    Gateway gateway(database);
    while (gateway.take("lock user a"))
        ;
    EXPECT_TRUE(gateway.take("lock user b"));
}

TEST(SharedLimits, without_the_database_each_gateway_gives_its_own_limit) {
    Database database;
    database.away = true;
    Gateway one(database), other(database);
    const auto began = std::chrono::steady_clock::now();
    const int count = taken(one, other, 300);
    EXPECT_GE(count, 120);
    EXPECT_LE(count, 124);
    EXPECT_LT(std::chrono::steady_clock::now() - began, 2s);
}

TEST(SharedLimits, a_database_that_comes_back_is_asked_again) {
    Database database;
    database.away = true;
    Gateway gateway(database);
    gateway.take();
    while (gateway.limits.together())
        std::this_thread::sleep_for(1ms);
    database.away = false;
    for (int i = 0; i < 200 && !gateway.limits.together(); ++i) {
        gateway.take("lock user b", 1000);
        std::this_thread::sleep_for(5ms);
    }
    EXPECT_TRUE(gateway.limits.together());
}

TEST(SharedLimits, a_database_that_hangs_costs_one_wait_and_not_one_each) {
    Database database;
    std::atomic<bool> hang{false};
    std::mutex gate;
    Limiter buckets(1000);
    SharedLimits limits(buckets, 5, [&](const auto& debts) {
        if (hang) const std::scoped_lock wait(gate);
        return database.settle(debts);
    });
    limits.start();
    for (int i = 0; i < 200 && !limits.together(); ++i) {
        limits.take("lock user a", 60, false, now_ms());
        std::this_thread::sleep_for(5ms);
    }
    ASSERT_TRUE(limits.together());
    std::unique_lock closed(gate);
    hang = true;
    const auto began = std::chrono::steady_clock::now();
    for (int i = 0; i < 50; ++i)
        limits.take("lock user b", 60, false, now_ms());
    EXPECT_LT(std::chrono::steady_clock::now() - began, 700ms);
    closed.unlock();
    limits.stop();
}

TEST(SharedLimits, off_and_alone_are_the_bucket_of_this_gateway) {
    Database database;
    Gateway off(database, 0), on(database);
    for (int i = 0; i < 60; ++i) {
        EXPECT_TRUE(off.take());
        EXPECT_TRUE(on.take("other user a", 60, true));
    }
    EXPECT_FALSE(off.take());
    EXPECT_FALSE(on.take("other user a", 60, true));
    EXPECT_EQ(database.calls, 0);
}

TEST(SharedLimits, a_limit_above_the_databases_largest_burst_is_that_burst) {
    Database database;
    Gateway gateway(database);
    EXPECT_EQ(gateway.limits.take("k", 5'000'000, false, now_ms()).limit, 1'000'000);
}

}  // namespace
}  // namespace tix::gateway
