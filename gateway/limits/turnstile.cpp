// Counts those inside and those before the door.
#include "turnstile.hpp"

#include "../base/problem.hpp"

namespace tix::gateway {

Turnstile::Turn::Turn(Turnstile& turnstile) : turnstile_(turnstile) {
    std::unique_lock lock(turnstile_.mutex_);
    const auto has_room = [&] { return turnstile_.running_ < turnstile_.at_once_; };
    if (!has_room() && turnstile_.waiting_ >= turnstile_.waiters_max_)
        throw ProblemError(make_problem("unavailable", "Too many ask for this at once."));
    ++turnstile_.waiting_;
    turnstile_.free_.wait(lock, has_room);
    --turnstile_.waiting_;
    ++turnstile_.running_;
}

Turnstile::Turn::~Turn() {
    const std::scoped_lock lock(turnstile_.mutex_);
    --turnstile_.running_;
    turnstile_.free_.notify_one();
}

}  // namespace tix::gateway
