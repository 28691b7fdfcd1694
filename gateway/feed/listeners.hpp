// Which users may have a stream open at the edge: for nobody else is anything published.
//
// The edge asks before it opens a stream and cuts each after a while, so a user listens for
// kStreamLife from the last question on.
// Memory: at most so many users; more are everybody.
#pragma once

#include <chrono>
#include <mutex>
#include <string>
#include <unordered_map>

namespace tix::gateway {

// Thread-safe.
class Listeners {
public:
    using Clock = std::chrono::steady_clock;
    // The edge's nchan_subscriber_timeout, and what a stream may take to open.
    static constexpr std::chrono::seconds kStreamLife{960};

    explicit Listeners(std::size_t most) : most_(most) {}
    // The user may listen from now on.
    void expect(const std::string& user_id, Clock::time_point now);
    // Anybody may, from now on.
    void expect_everybody(Clock::time_point now);
    bool has(const std::string& user_id, Clock::time_point now) const;
    std::size_t size() const;

private:
    std::size_t most_;  // more users than that are everybody
    mutable std::mutex mutex_;
    std::unordered_map<std::string, Clock::time_point> until_;
    Clock::time_point everybody_until_;
};

}  // namespace tix::gateway
