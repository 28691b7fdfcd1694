// Order and admission.
#include "line.hpp"

#include <algorithm>

namespace tix::gateway {
namespace {

constexpr double kCountedForS = 1;

thread_local Rank rank_of_thread = Rank::kMoney;

double seconds(Line::Clock::duration time) {
    return std::chrono::duration<double>(time).count();
}

}  // namespace

AsRank::AsRank(Rank rank) : before_(rank_of_thread) {
    rank_of_thread = rank;
}
AsRank::~AsRank() {
    rank_of_thread = before_;
}
Rank AsRank::current() {
    return rank_of_thread;
}

std::size_t Line::size() const {
    std::size_t count = 0;
    for (const auto& rank : waiting_)
        count += rank.size();
    return count;
}

bool Line::admits(Rank rank, Clock::time_point now) const {
    const std::size_t all = size();
    if (all >= waiters_max_) return false;
    if (all == 0) return true;
    std::size_t before = 0;
    for (std::size_t i = 0; i <= static_cast<std::size_t>(rank); ++i)
        before += waiting_[i].size();
    const double wait_s = static_cast<double>(before) * gap_s_ + seconds(now - last_);
    return wait_s <= seconds(patience_);
}

bool Line::wait(std::unique_lock<std::mutex>& lock, Rank rank, Clock::time_point until) {
    Waiter self;
    self.since = Clock::now();
    if (size() == 0) last_ = self.since;
    auto& line = waiting_[static_cast<std::size_t>(rank)];
    line.push_back(&self);
    self.called.wait_until(lock, until, [&] { return self.is_called; });
    if (!self.is_called) line.erase(std::find(line.begin(), line.end(), &self));
    return self.is_called;
}

void Line::wake(std::size_t rank) {
    Waiter* waiter = waiting_[rank].front();
    waiting_[rank].pop_front();
    waiter->is_called = true;
    waiter->called.notify_one();
}

// Requires that somebody waits.
std::size_t Line::next_rank() {
    const bool fair = ++turn_ % kFairTurn == 0;
    std::size_t next = kRanks;
    for (std::size_t i = 0; i < kRanks; ++i) {
        if (waiting_[i].empty()) continue;
        if (next == kRanks || (fair && waiting_[i].front()->since < waiting_[next].front()->since))
            next = i;
    }
    return next;
}

bool Line::call_next(Clock::time_point now) {
    if (size() == 0) return false;
    busy_s_ += seconds(now - last_);
    last_ = now;
    if (++counted_ >= kCounted || busy_s_ >= kCountedForS) {
        gap_s_ = busy_s_ / counted_;
        busy_s_ = 0;
        counted_ = 0;
    }
    wake(next_rank());
    return true;
}

int Line::send_away() {
    const int all = waiting();
    for (std::size_t i = 0; i < kRanks; ++i)
        while (!waiting_[i].empty())
            wake(i);
    return all;
}

}  // namespace tix::gateway
