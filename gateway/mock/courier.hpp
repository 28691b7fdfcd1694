// Delivers webhooks as real providers do: signed, late, and again until somebody says 2xx.
//
// Limits: at most kEventsMax wait; then a request is refused. An event is given up after kTriesMax.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <queue>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "../http/client.hpp"
#include "script.hpp"

namespace tix::gateway {

class Courier {
public:
    Courier(std::string url, std::string secret, int threads);
    ~Courier();

    // Takes the events of a request about a payment once; one with the same id again changes
    // nothing. False when too many events wait.
    bool take(const std::string& id, const std::string& payment,
              const std::vector<PlannedEvent>& events);
    // The bodies of a payment's events that are due, delivered or not; nothing for an unknown one.
    std::optional<std::vector<std::string>> told(const std::string& payment);

private:
    using Clock = std::chrono::steady_clock;
    struct Event {
        Clock::time_point due;
        std::string body;
        int tries = 0;
        bool operator>(const Event& other) const { return due > other.due; }
    };
    void work();
    bool deliver(HttpClient& client, const Event& event) const;

    std::string url_;
    std::string secret_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
    std::set<std::string> known_;  // requests, the newest kKnownMax of them
    struct Known {
        std::string id, payment;
    };
    std::deque<Known> oldest_;        // the same, in the order they came
    std::set<std::string> payments_;  // theirs
    // What each payment of theirs came to, in the order of the requests.
    std::multimap<std::string, std::pair<Clock::time_point, std::string>> told_;
    bool stopping_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace tix::gateway
