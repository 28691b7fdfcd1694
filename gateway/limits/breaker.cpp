// Counts failures in a row.
#include "breaker.hpp"

namespace tix::gateway {

Breaker::Pass Breaker::admit(std::int64_t now_ms) {
    const std::scoped_lock lock(mutex_);
    if (!open_) return {};
    if (now_ms < open_until_) return {open_until_ - now_ms, false};
    if (probing_) return {settings_.open_ms, false};
    probing_ = true;
    return {0, true};
}

bool Breaker::succeeded() {
    const std::scoped_lock lock(mutex_);
    const bool was_open = open_;
    failures_ = 0;
    open_ = false;
    probing_ = false;
    return was_open;
}

bool Breaker::failed(std::int64_t now_ms) {
    const std::scoped_lock lock(mutex_);
    const bool was_open = open_;
    if (failures_ < settings_.failures) ++failures_;
    if (failures_ < settings_.failures) return false;
    open_ = true;
    probing_ = false;
    open_until_ = now_ms + settings_.open_ms;
    return !was_open;
}

void Breaker::abandoned() {
    const std::scoped_lock lock(mutex_);
    probing_ = false;
}

Breaker::State Breaker::state(std::int64_t now_ms) const {
    const std::scoped_lock lock(mutex_);
    if (!open_) return State::kClosed;
    return now_ms < open_until_ ? State::kOpen : State::kHalfOpen;
}

}  // namespace tix::gateway
