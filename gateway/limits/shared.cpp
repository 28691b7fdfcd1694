// What is owed, and the thread that settles it.
#include "shared.hpp"

#include <algorithm>
#include <chrono>

namespace tix::gateway {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kOwedMax = 20000;
constexpr std::size_t kAtOnceMax = 2000;  // keys of one call
constexpr milliseconds kPatience{250};
constexpr std::int64_t kUnsettledPart = 16;
constexpr std::int64_t kBurstMax = 1000000;  // of tix_rate_limit()

std::int64_t now_ms() {
    return std::chrono::duration_cast<milliseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

std::int64_t unsettled_max(std::int64_t burst) {
    return std::max<std::int64_t>(1, burst / kUnsettledPart);
}

}  // namespace

SharedLimits::SharedLimits(Limiter& limiter, int every_ms, Settle settle)
    : limiter_(limiter), every_ms_(every_ms), settle_(std::move(settle)), together_(true) {}

void SharedLimits::start() {
    if (every_ms_ > 0) thread_ = std::thread([this] { work(); });
}

void SharedLimits::quit() {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
    wanted_.notify_all();
    settled_.notify_all();
}

void SharedLimits::stop() {
    quit();
    if (thread_.joinable()) thread_.join();
}

bool SharedLimits::together() const {
    const std::scoped_lock lock(mutex_);
    return together_;
}

Limiter::Verdict SharedLimits::take(const std::string& key, std::int64_t per_minute, bool alone,
                                    std::int64_t now_ms) {
    const std::int64_t burst = std::min(per_minute, kBurstMax);
    const bool shared = every_ms_ > 0 && !alone;
    if (shared) wait_for_settlement(key, burst);
    const auto verdict =
        limiter_.take(key, static_cast<double>(burst), static_cast<double>(burst), now_ms);
    if (shared && verdict.allowed) owe(key, burst);
    return verdict;
}

// Returns when the key owes little, or when that cannot be known in time.
void SharedLimits::wait_for_settlement(const std::string& key, std::int64_t burst) {
    const auto until = std::chrono::steady_clock::now() + kPatience;
    std::unique_lock lock(mutex_);
    const auto owes_much = [&] {
        const auto found = owed_.find(key);
        // What was refused has emptied the bucket here, too: nothing to wait for.
        return found != owed_.end() && found->second.refused_until_ms == 0 &&
               found->second.cost >= unsettled_max(burst);
    };
    while (together_ && !stopping_ && owes_much()) {
        const std::uint64_t enough = begun_ + 1;  // one under way may not know of the last tokens
        hurry_ = true;
        wanted_.notify_one();
        if (settled_.wait_until(lock, until, [&] { return ended_ >= enough || stopping_; }))
            continue;
        together_ = false;  // nobody else waits for what does not come
        return;
    }
}

void SharedLimits::owe(const std::string& key, std::int64_t burst) {
    const std::scoped_lock lock(mutex_);
    auto found = owed_.find(key);
    if (found == owed_.end()) {
        if (owed_.size() >= kOwedMax) return;
        if (owed_.empty()) wanted_.notify_one();
        found = owed_.emplace(key, Owed{}).first;
    }
    ++found->second.cost;
    found->second.burst = burst;
}

void SharedLimits::work() {
    auto next = std::chrono::steady_clock::now();
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        wanted_.wait(lock, [&] { return stopping_ || !owed_.empty(); });
        wanted_.wait_until(lock, next, [&] { return stopping_ || hurry_; });
        hurry_ = false;
        next = std::chrono::steady_clock::now() + milliseconds(every_ms_);
        if (!stopping_) settle(lock);
    }
}

// Tells what is owed; asks without the lock.
void SharedLimits::settle(std::unique_lock<std::mutex>& lock) {
    std::vector<Debt> debts;
    const std::int64_t now = now_ms();
    for (auto it = owed_.begin(); it != owed_.end() && debts.size() < kAtOnceMax; ++it)
        if (it->second.refused_until_ms <= now)
            debts.push_back(
                {it->first, std::min(it->second.cost, it->second.burst), it->second.burst});
    ++begun_;
    lock.unlock();
    std::vector<Settled> answers;
    bool answered = false;
    try {
        if (!debts.empty()) answers = settle_(debts);
        answered = answers.size() == debts.size();
    } catch (const std::exception&) {
        // Said by together().
    }
    if (answered) learn(debts, answers);
    lock.lock();
    together_ = answered;
    if (answered)
        book(debts, answers);
    else
        owed_.clear();
    ended_ = begun_;
    settled_.notify_all();
}

// The buckets here get what all gateways together have left.
void SharedLimits::learn(const std::vector<Debt>& debts, const std::vector<Settled>& answers) {
    const std::int64_t now = now_ms();
    for (std::size_t i = 0; i < debts.size(); ++i) {
        const auto per_minute = static_cast<double>(debts[i].burst);
        const double owed = static_cast<double>(answers[i].retry_after_ms) * per_minute / 60'000.0;
        limiter_.cap(debts[i].key, per_minute, per_minute,
                     answers[i].allowed ? answers[i].remaining : -owed, now);
    }
}

void SharedLimits::book(const std::vector<Debt>& debts, const std::vector<Settled>& answers) {
    const std::int64_t now = now_ms();
    for (std::size_t i = 0; i < debts.size(); ++i) {
        const auto found = owed_.find(debts[i].key);
        if (found == owed_.end()) continue;
        Owed& owed = found->second;
        owed.refused_until_ms = answers[i].allowed ? 0 : now + answers[i].retry_after_ms;
        if (answers[i].allowed) owed.cost -= debts[i].cost;
        if (owed.cost <= 0) owed_.erase(found);
    }
}

}  // namespace tix::gateway
