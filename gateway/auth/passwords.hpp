// Hashes and checks passwords, a few at a time: each takes 19 MiB and some 20 ms of a core.
//
// Limits: `concurrency` at a time, at most `waiters_max` wait; the next is told `unavailable`.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>

namespace tix::gateway {

class Passwords {
public:
    Passwords(int concurrency, int waiters_max);

    std::string hash(const std::string& password);
    bool verify(const std::string& password, const std::string& hash);
    // Takes as long as verify() of a user who exists, and is false.
    bool verify_nobody(const std::string& password);

private:
    class Turn;
    std::mutex mutex_;
    std::condition_variable free_;
    int running_ = 0;
    int waiting_ = 0;
    int concurrency_;
    int waiters_max_;
};

}  // namespace tix::gateway
