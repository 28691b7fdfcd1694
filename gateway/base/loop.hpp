// A thread that does one thing again and again: once a second, at once when it is woken, and less
// often while it does not succeed.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace tix::gateway {

class Loop {
public:
    // Does it once, and says what hindered it, or nothing. Runs on the loop's thread.
    using Turn = std::function<std::string()>;
    // Told when it begins to fail (why), and when it succeeds again (nothing).
    using Note = std::function<void(const std::string& fault)>;

    Loop(Turn turn, Note note) : turn_(std::move(turn)), note_(std::move(note)) {}
    ~Loop() { stop(); }

    void start();
    // There is something to do now. Thread-safe; costs the caller no time.
    void wake();
    // Ends the thread after the turn it is in, which may look at stopping().
    void quit();
    // The same, and waits for the thread.
    void stop();
    bool stopping() const { return stopping_; }

private:
    void work();

    Turn turn_;
    Note note_;
    std::thread thread_;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool woken_ = false;
    std::atomic<bool> stopping_{false};
};

}  // namespace tix::gateway
