// A circuit breaker: after so many failures in a row nobody asks for a while, then one does; what
// that one meets decides for all.
//
// Locking: one mutex, held for the counting alone. Time is told, so that tests need no clock.
#pragma once

#include <cstdint>
#include <mutex>

namespace tix::gateway {

class Breaker {
public:
    struct Settings {
        std::int64_t failures = 5;    // in a row, until it opens
        std::int64_t open_ms = 5000;  // how long nobody asks, after each failure that opened it
    };
    enum class State { kClosed, kHalfOpen, kOpen };

    // Requires both settings positive.
    explicit Breaker(Settings settings) : settings_(settings) {}

    struct Pass {
        std::int64_t wait_ms = 0;  // 0: go on. Else it is not worth asking before that long
        bool probe = false;        // everybody else waits for what this one meets
    };
    Pass admit(std::int64_t now_ms);
    // What came of it; both tell whether the state has changed.
    bool succeeded();
    bool failed(std::int64_t now_ms);
    // A probe that asked nothing in the end: another may.
    void abandoned();

    State state(std::int64_t now_ms) const;

private:
    const Settings settings_;
    mutable std::mutex mutex_;
    std::int64_t failures_ = 0;  // in a row
    bool open_ = false;
    bool probing_ = false;  // somebody asks although it is open
    std::int64_t open_until_ = 0;
};

}  // namespace tix::gateway
