// The promises of the line for a connection: money before seats before the rest, nobody starves,
// and who would wait too long is told before he begins.
#include "db/line.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <string>
#include <thread>
#include <vector>

namespace tix::gateway {
namespace {

using namespace std::chrono_literals;
using Clock = Line::Clock;

// Threads that wait, and the order in which they were called.
struct Waiters {
    Line line;
    std::mutex mutex;
    std::vector<std::thread> threads;
    std::string order;

    explicit Waiters(int waiters_max = 100, std::chrono::milliseconds patience = 1h)
        : line(waiters_max, patience) {}
    ~Waiters() {
        {
            const std::scoped_lock lock(mutex);
            line.send_away();
        }
        for (auto& thread : threads)
            thread.join();
    }
    void add(Rank rank, char name) {
        const int before = waiting();
        threads.emplace_back([this, rank, name] {
            std::unique_lock lock(mutex);
            if (line.wait(lock, rank, Clock::now() + 1h)) order += name;
        });
        while (waiting() == before)
            std::this_thread::yield();
    }
    int waiting() {
        const std::scoped_lock lock(mutex);
        return line.waiting();
    }
    void call(int times) {
        for (int i = 0; i < times; ++i) {
            std::size_t before = 0;
            {
                const std::scoped_lock lock(mutex);
                before = order.size();
                ASSERT_TRUE(line.call_next(Clock::now()));
            }
            while (true) {
                const std::scoped_lock lock(mutex);
                if (order.size() > before) break;
            }
        }
    }
};

TEST(Line, money_goes_before_seats_and_seats_before_the_rest) {
    Waiters waiters;
    waiters.add(Rank::kRest, 'r');
    waiters.add(Rank::kSeats, 's');
    waiters.add(Rank::kMoney, 'm');
    waiters.add(Rank::kSeats, 't');
    waiters.add(Rank::kMoney, 'n');
    waiters.call(5);
    EXPECT_EQ(waiters.order, "mnstr");
}

TEST(Line, who_has_waited_longest_is_not_starved_by_the_ranks_before_him) {
    Waiters waiters;
    waiters.add(Rank::kRest, 'r');
    for (char name = 'a'; name < 'a' + 12; ++name)
        waiters.add(Rank::kMoney, name);
    waiters.call(8);
    EXPECT_EQ(waiters.order, "abcdefgr");
}

TEST(Line, nobody_waits_when_nobody_is_called_before_the_deadline) {
    Line line(10, 1h);
    std::mutex mutex;
    std::unique_lock lock(mutex);
    EXPECT_FALSE(line.wait(lock, Rank::kSeats, Clock::now() + 5ms));
    EXPECT_EQ(line.waiting(), 0);
    EXPECT_FALSE(line.call_next(Clock::now()));
}

TEST(Line, it_has_room_for_so_many_and_no_more) {
    Waiters waiters(2);
    EXPECT_TRUE(waiters.line.admits(Rank::kRest, Clock::now()));
    waiters.add(Rank::kSeats, 's');
    EXPECT_TRUE(waiters.line.admits(Rank::kRest, Clock::now()));
    waiters.add(Rank::kSeats, 't');
    EXPECT_FALSE(waiters.line.admits(Rank::kMoney, Clock::now()));
    EXPECT_FALSE(Line(0, 1h).admits(Rank::kMoney, Clock::now()));
}

// A place every 10 ms, told by the times alone, with a patience of 100 ms.
TEST(Line, who_would_wait_longer_than_is_worth_it_is_told_at_once) {
    Waiters waiters(1000, 100ms);
    waiters.add(Rank::kSeats, 's');
    auto now = Clock::now();
    for (int i = 1; i < 130; ++i)
        waiters.add(Rank::kSeats, 's');
    {
        const std::scoped_lock lock(waiters.mutex);
        for (int i = 0; i < 110; ++i)
            waiters.line.call_next(now += 10ms);
    }
    const std::scoped_lock lock(waiters.mutex);
    ASSERT_EQ(waiters.line.waiting(), 20);
    EXPECT_FALSE(waiters.line.admits(Rank::kSeats, now)) << "20 before him are 200 ms";
    EXPECT_FALSE(waiters.line.admits(Rank::kRest, now));
    EXPECT_TRUE(waiters.line.admits(Rank::kMoney, now)) << "nobody is before him";
    while (waiters.line.waiting() > 7)
        waiters.line.call_next(now += 10ms);
    EXPECT_TRUE(waiters.line.admits(Rank::kSeats, now)) << "7 before him are 70 ms";
    EXPECT_FALSE(waiters.line.admits(Rank::kSeats, now + 95ms)) << "no place has come since";
    EXPECT_FALSE(waiters.line.admits(Rank::kMoney, now + 105ms)) << "no place comes at all";
}

TEST(Line, places_that_come_in_bursts_are_counted_by_their_mean) {
    Waiters waiters(1000, 100ms);
    waiters.add(Rank::kSeats, 's');
    auto now = Clock::now();
    for (int i = 1; i < 160; ++i)
        waiters.add(Rank::kSeats, 's');
    const std::scoped_lock lock(waiters.mutex);
    for (int i = 0; i < 130; ++i)  // ten at once every 90 ms: 9 ms each
        waiters.line.call_next(now += i % 10 == 9 ? 90ms : 0ms);
    while (waiters.line.waiting() > 9)
        waiters.line.call_next(now);
    EXPECT_TRUE(waiters.line.admits(Rank::kSeats, now)) << "9 before him are 81 ms";
}

TEST(Line, the_rank_of_a_thread_ends_with_its_scope) {
    EXPECT_EQ(AsRank::current(), Rank::kMoney);
    {
        const AsRank rest(Rank::kRest);
        EXPECT_EQ(AsRank::current(), Rank::kRest);
        std::thread([] { EXPECT_EQ(AsRank::current(), Rank::kMoney); }).join();
        const AsRank seats(Rank::kSeats);
        EXPECT_EQ(AsRank::current(), Rank::kSeats);
    }
    EXPECT_EQ(AsRank::current(), Rank::kMoney);
}

}  // namespace
}  // namespace tix::gateway
