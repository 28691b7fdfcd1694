// Rate limits that several gateways keep together, by the limiter in the database's memory.
//
// Tokens are spent here and settled there: a request takes its token from this gateway's bucket,
// and a thread tells the database at once, but at most every `every_ms`, what was taken since, for
// all keys in one call.
// So nobody pays a round trip of his own, but who asks fast: one who has more than a sixteenth of
// his burst unsettled waits for the next settlement, which then begins at once. What the database
// answers becomes the bucket's content, so it knows what other gateways have given. What was spent
// and is refused there stays owed: the bucket gives nothing more until that is paid. So n gateways
// give at most n sixteenths of a burst too much, and over any longer time exactly the limit.
//
// Failure: while the database is away, and when it does not answer within kPatience, the local
// bucket stands alone, and what was spent is forgotten.
// Locking: one mutex for what is owed. Memory: at most kOwedMax keys owe at a time; others are
// counted here only.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "bucket.hpp"

namespace tix::gateway {

class SharedLimits {
public:
    struct Debt {
        std::string key;
        std::int64_t cost = 0;   // tokens spent here
        std::int64_t burst = 0;  // of a bucket that refills in a minute
    };
    struct Settled {
        bool allowed = false;
        int remaining = 0;  // whole tokens
        std::int64_t retry_after_ms = 0;
    };
    // Tells the database; one answer for each debt, in order. Throws std::exception when it is
    // away.
    using Settle = std::function<std::vector<Settled>(const std::vector<Debt>&)>;

    // `every_ms` 0: this gateway's buckets alone.
    SharedLimits(Limiter& limiter, int every_ms, Settle settle);
    ~SharedLimits() { stop(); }

    void start();
    void quit();
    void stop();

    // As Limiter::take(), with a bucket that is full after a minute; `alone`: of this gateway only.
    Limiter::Verdict take(const std::string& key, std::int64_t per_minute, bool alone,
                          std::int64_t now_ms);

    // Whether the last settlement was answered.
    bool together() const;

private:
    struct Owed {
        std::int64_t cost = 0, burst = 0;
        std::int64_t refused_until_ms = 0;
    };

    void wait_for_settlement(const std::string& key, std::int64_t burst);
    void owe(const std::string& key, std::int64_t burst);
    void work();
    void settle(std::unique_lock<std::mutex>& lock);
    void learn(const std::vector<Debt>& debts, const std::vector<Settled>& answers);
    void book(const std::vector<Debt>& debts, const std::vector<Settled>& answers);

    Limiter& limiter_;
    int every_ms_;
    Settle settle_;
    std::thread thread_;
    mutable std::mutex mutex_;
    std::condition_variable wanted_;   // by who waits, for the thread
    std::condition_variable settled_;  // by the thread, for who waits
    std::unordered_map<std::string, Owed> owed_;
    std::uint64_t begun_ = 0;  // settlements
    std::uint64_t ended_ = 0;
    bool hurry_ = false;
    bool stopping_ = false;
    bool together_;  // until it turns out not to be so
};

}  // namespace tix::gateway
