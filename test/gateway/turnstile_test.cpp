// The promises of the turnstile: so many at once, so many waiting, the next is told at once.
#include "limits/turnstile.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <thread>
#include <vector>

#include "base/problem.hpp"

namespace tix::gateway {
namespace {

using namespace std::chrono_literals;

TEST(Turnstile, who_finds_no_place_and_no_room_to_wait_is_refused_at_once) {
    Turnstile turnstile(1, 0);
    const Turnstile::Turn inside(turnstile);
    try {
        const Turnstile::Turn another(turnstile);
        FAIL() << "two were let in";
    } catch (const ProblemError& error) {
        EXPECT_EQ(error.problem().code, "unavailable");
        EXPECT_EQ(error.problem().retry_after_s, 1);
    }
}

TEST(Turnstile, a_place_is_free_again_when_its_holder_leaves) {
    Turnstile turnstile(1, 0);
    for (int i = 0; i < 3; ++i)
        EXPECT_NO_THROW(Turnstile::Turn{turnstile});
    std::optional<Turnstile::Turn> inside(std::in_place, turnstile);
    EXPECT_THROW(Turnstile::Turn{turnstile}, ProblemError);
    inside.reset();
    EXPECT_NO_THROW(Turnstile::Turn{turnstile});
}

TEST(Turnstile, never_more_than_its_number_are_inside_and_all_get_their_turn) {
    constexpr int kAtOnce = 3;
    constexpr int kPeople = 24;
    Turnstile turnstile(kAtOnce, kPeople);
    std::atomic<int> inside{0};
    std::atomic<int> most{0};
    std::atomic<int> served{0};
    std::vector<std::thread> people;
    for (int i = 0; i < kPeople; ++i)
        people.emplace_back([&] {
            const Turnstile::Turn turn(turnstile);
            const int now = ++inside;
            for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
            }
            std::this_thread::sleep_for(1ms);
            --inside;
            ++served;
        });
    for (std::thread& person : people)
        person.join();
    EXPECT_EQ(served, kPeople);
    EXPECT_LE(most, kAtOnce);
}

TEST(Turnstile, just_as_many_may_wait_as_it_says) {
    Turnstile turnstile(1, 2);
    std::optional<Turnstile::Turn> inside(std::in_place, turnstile);
    std::atomic<int> refused{0};
    std::vector<std::thread> people;
    for (int i = 0; i < 5; ++i)
        people.emplace_back([&] {
            try {
                const Turnstile::Turn turn(turnstile);
            } catch (const ProblemError&) {
                ++refused;
            }
        });
    const auto until = std::chrono::steady_clock::now() + 5s;
    while (refused < 3 && std::chrono::steady_clock::now() < until)
        std::this_thread::sleep_for(1ms);
    inside.reset();
    for (std::thread& person : people)
        person.join();
    EXPECT_EQ(refused, 3);
}

}  // namespace
}  // namespace tix::gateway
