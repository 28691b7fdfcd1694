// The loop's thread.
#include "loop.hpp"

#include <algorithm>
#include <chrono>

namespace tix::gateway {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kPause{1000};
constexpr milliseconds kPauseMax{5000};

}  // namespace

void Loop::start() {
    thread_ = std::thread([this] { work(); });
}

void Loop::wake() {
    const std::scoped_lock lock(mutex_);
    woken_ = true;
    changed_.notify_all();
}

void Loop::quit() {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
}

void Loop::stop() {
    quit();
    if (thread_.joinable()) thread_.join();
}

void Loop::work() {
    milliseconds pause = kPause;
    bool well = true;
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        woken_ = false;
        lock.unlock();
        const std::string fault = turn_();
        if (fault.empty() != well) note_(fault);
        well = fault.empty();
        lock.lock();
        pause = well ? kPause : std::min(pause * 2, kPauseMax);
        changed_.wait_for(lock, pause, [&] { return stopping_ || (woken_ && well); });
    }
}

}  // namespace tix::gateway
