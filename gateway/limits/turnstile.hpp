// Bounds how many threads do something costly at once, and how many may wait for their turn.
//
// Locking: one mutex, held for the counting alone.
#pragma once

#include <condition_variable>
#include <mutex>

namespace tix::gateway {

class Turnstile {
public:
    // Requires at_once > 0.
    Turnstile(int at_once, int waiters_max) : at_once_(at_once), waiters_max_(waiters_max) {}

    // A place among those who may; throws ProblemError `unavailable` at once when too many wait.
    class Turn {
    public:
        explicit Turn(Turnstile& turnstile);
        ~Turn();
        Turn(const Turn&) = delete;
        Turn& operator=(const Turn&) = delete;

    private:
        Turnstile& turnstile_;
    };

private:
    std::mutex mutex_;
    std::condition_variable free_;
    int running_ = 0;
    int waiting_ = 0;
    int at_once_;
    int waiters_max_;
};

}  // namespace tix::gateway
