// Who waits for a connection: in what order they get one, and who need not begin to wait.
//
// Order: by rank, and first come first served within one; every kFairTurn-th place goes to who has
// waited longest whatever the rank, so that reads are slow under a storm of locks and not dead.
// Not last come first served: nobody waits much longer than `patience` here, so turning the order
// round would only make some wait for the deadline in vain.
// Admission: whoever would have to wait longer than `patience` is told so at once. How long that
// is follows from how many are before him and how fast places have become free while others
// waited, and for how long none has. At most `waiters_max` wait in any case.
// Locking: none of its own, its user holds a lock; wait() gives it up as a condition variable does.
#pragma once

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>

namespace tix::gateway {

// Money first, then seats, then everything else.
enum class Rank { kMoney, kSeats, kRest };

class Line {
public:
    using Clock = std::chrono::steady_clock;

    Line(int waiters_max, std::chrono::milliseconds patience)
        : waiters_max_(static_cast<std::size_t>(waiters_max)), patience_(patience) {}

    // Whether it is worth to begin to wait now.
    bool admits(Rank rank, Clock::time_point now) const;
    // Waits for call_next() until `until`; false when it did not come.
    bool wait(std::unique_lock<std::mutex>& lock, Rank rank, Clock::time_point until);
    // A place is free: wakes whose turn it is. False when nobody waits.
    bool call_next(Clock::time_point now);
    // Wakes all, for there is nothing to wait for; how many.
    int send_away();

    int waiting() const { return static_cast<int>(size()); }

private:
    struct Waiter {
        std::condition_variable called;
        Clock::time_point since;
        bool is_called = false;
    };
    static constexpr std::size_t kRanks = 3;
    static constexpr unsigned kFairTurn = 8;
    static constexpr int kCounted = 256;  // many, because places come in bursts

    std::size_t size() const;
    std::size_t next_rank();
    void wake(std::size_t rank);

    std::array<std::deque<Waiter*>, kRanks> waiting_;
    std::size_t waiters_max_;
    std::chrono::milliseconds patience_;
    unsigned turn_ = 0;
    // Of the places that became free while somebody waited.
    Clock::time_point last_;
    double gap_s_ = 0;   // the mean time between two, of the last kCounted or the last second
    double busy_s_ = 0;  // of those being counted
    int counted_ = 0;
};

// The rank of what this thread asks the database for. The default is kMoney: threads that serve no
// request look after refunds and webhooks.
class AsRank {
public:
    explicit AsRank(Rank rank);
    ~AsRank();
    AsRank(const AsRank&) = delete;
    AsRank& operator=(const AsRank&) = delete;
    static Rank current();

private:
    Rank before_;
};

}  // namespace tix::gateway
