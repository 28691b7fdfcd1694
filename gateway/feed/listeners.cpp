// A map from users to the end of their time.
#include "listeners.hpp"

namespace tix::gateway {

void Listeners::expect(const std::string& user_id, Clock::time_point now) {
    const std::scoped_lock lock(mutex_);
    if (until_.size() >= most_ && !until_.contains(user_id)) {
        std::erase_if(until_, [&](const auto& user) { return user.second <= now; });
        if (until_.size() >= most_) {
            everybody_until_ = now + kStreamLife;
            return;
        }
    }
    until_[user_id] = now + kStreamLife;
}

void Listeners::expect_everybody(Clock::time_point now) {
    const std::scoped_lock lock(mutex_);
    everybody_until_ = now + kStreamLife;
}

bool Listeners::has(const std::string& user_id, Clock::time_point now) const {
    const std::scoped_lock lock(mutex_);
    if (now < everybody_until_) return true;
    const auto found = until_.find(user_id);
    return found != until_.end() && now < found->second;
}

std::size_t Listeners::size() const {
    const std::scoped_lock lock(mutex_);
    return until_.size();
}

}  // namespace tix::gateway
