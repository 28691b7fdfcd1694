// Threads over one queue ordered by time.
#include "courier.hpp"

#include <algorithm>
#include <ctime>

#include "../providers/signature.hpp"

namespace tix::gateway {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kEventsMax = 100000;
constexpr std::size_t kKnownMax = 100000;
constexpr int kTriesMax = 1000;
constexpr milliseconds kRetryFirst{200};
constexpr milliseconds kRetryMax{5000};
constexpr milliseconds kTimeout{10000};

}  // namespace

Courier::Courier(std::string url, std::string secret, int threads)
    : url_(std::move(url)), secret_(std::move(secret)) {
    HttpClient check(url_, kTimeout);  // throws for a URL it cannot use
    for (int i = 0; i < threads; ++i)
        threads_.emplace_back([this] { work(); });
}

Courier::~Courier() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_)
        thread.join();
}

bool Courier::take(const std::string& id, const std::string& payment,
                   const std::vector<PlannedEvent>& events) {
    const std::scoped_lock lock(mutex_);
    if (events_.size() + events.size() > kEventsMax) return false;
    if (!known_.insert(id).second) return true;
    oldest_.push_back({id, payment});
    payments_.insert(payment);
    if (oldest_.size() > kKnownMax) {
        known_.erase(oldest_.front().id);
        payments_.erase(oldest_.front().payment);
        told_.erase(oldest_.front().payment);
        oldest_.pop_front();
    }
    for (const PlannedEvent& event : events) {
        const auto due = Clock::now() + event.after;
        events_.push({due, event.body, 0});
        told_.emplace(payment, std::pair(due, event.body));
    }
    changed_.notify_all();
    return true;
}

std::optional<std::vector<std::string>> Courier::told(const std::string& payment) {
    const std::scoped_lock lock(mutex_);
    if (!payments_.contains(payment)) return std::nullopt;
    std::vector<std::string> bodies;
    const auto [first, last] = told_.equal_range(payment);
    for (auto event = first; event != last; ++event)
        if (event->second.first <= Clock::now()) bodies.push_back(event->second.second);
    return bodies;
}

void Courier::work() {
    HttpClient client(url_, kTimeout);
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        if (events_.empty()) {
            changed_.wait(lock);
            continue;
        }
        if (const auto due = events_.top().due; due > Clock::now()) {
            changed_.wait_until(lock, due);
            continue;
        }
        Event event = events_.top();
        events_.pop();
        lock.unlock();
        const bool delivered = deliver(client, event);
        lock.lock();
        if (delivered || ++event.tries == kTriesMax) continue;
        event.due =
            Clock::now() + std::min(kRetryFirst * (1 << std::min(event.tries, 10)), kRetryMax);
        events_.push(std::move(event));
    }
}

bool Courier::deliver(HttpClient& client, const Event& event) const {
    const auto answer = client.post("", event.body, "application/json",
                                    {{"Tix-Signature", sign(event.body, secret_, std::time({}))}});
    return answer && answer->status >= 200 && answer->status < 300;
}

}  // namespace tix::gateway
