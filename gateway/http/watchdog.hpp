// Ends a request that is not done in time, whatever the other end does: it may drip bytes for ever.
#pragma once

#include <httplib.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace tix::gateway {

// A thread that stops the client at the deadline, unless it is destroyed before.
class Watchdog {
public:
    Watchdog(httplib::Client& client, std::chrono::milliseconds timeout)
        : thread_([this, &client, timeout] {
              std::unique_lock lock(mutex_);
              if (!ended_.wait_for(lock, timeout, [this] { return done_; })) client.stop();
          }) {}
    ~Watchdog() {
        {
            const std::scoped_lock lock(mutex_);
            done_ = true;
        }
        ended_.notify_all();
        thread_.join();
    }

private:
    std::mutex mutex_;
    std::condition_variable ended_;
    bool done_ = false;
    std::thread thread_;
};

}  // namespace tix::gateway
