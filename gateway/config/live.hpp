// The settings that change while it runs: who reads them holds what they were at that moment.
#pragma once

#include <memory>
#include <mutex>

#include "config.hpp"

namespace tix::gateway {

// Thread-safe.
class LiveConfig {
public:
    explicit LiveConfig(const Config& config) { replace(config); }

    std::shared_ptr<const Config::Limits> limits() const {
        const std::scoped_lock lock(mutex_);
        return limits_;
    }
    void replace(const Config& config) {
        auto limits = std::make_shared<const Config::Limits>(config.limits);
        const std::scoped_lock lock(mutex_);
        limits_ = std::move(limits);
    }

private:
    mutable std::mutex mutex_;
    std::shared_ptr<const Config::Limits> limits_;
};

}  // namespace tix::gateway
