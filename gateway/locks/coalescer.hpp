// Lock requests of one session that wait at the same time go to the database together.
//
// While `at_once` calls of a session are under way, whoever comes next waits; the first of those
// who wait takes all of them, up to `most`, in one call of tix_lock_batch: one round trip, one
// transaction and one flush for all. Nobody waits in order to be joined: a request that finds less
// than `at_once` calls under way goes alone and at once, and so does everybody when `most` is 0.
// Meaning: as that of single calls. A statement that fails changes nothing, and then each of its
// requests is made alone, so the error of one is that one's; so is what only tix_lock_batch calls
// malformed. An outcome that is unknown is unknown for all of a batch.
// Locking: one mutex, held for the queues alone. Memory: the requests that are being served.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "../db/result.hpp"

namespace tix::gateway {

struct LockRequest {
    std::string session, user;
    std::vector<std::string> seats;
    std::optional<std::int64_t> ttl_s;
    std::optional<std::string> into_lock_id, idempotency_key;
};

// One row of a tix_lock_result; the rows belong to all requests of the batch.
struct LockAnswer {
    std::shared_ptr<const DbResult> rows;
    int row = 0;
    int batch = 1;  // how many went together
};

class Coalescer {
public:
    using Batch = std::vector<const LockRequest*>;
    // Makes the call for requests of one session; one row for each, in order. Throws DbError. May
    // be called by many threads.
    using Run = std::function<DbResult(const Batch&)>;

    Coalescer(int most, int at_once, Run run)
        : most_(static_cast<std::size_t>(most)), at_once_(at_once), run_(std::move(run)) {}

    // Throws DbError.
    LockAnswer lock(const LockRequest& request);
    // Requests that wait for the calls of others.
    std::size_t waiting();

private:
    struct Waiter {
        enum class State { kWaiting, kLeads, kAnswered, kAlone };
        const LockRequest* request;
        State state = State::kWaiting;
        LockAnswer answer;
        std::exception_ptr fault;
        std::condition_variable changed;
    };
    struct Line {
        std::deque<Waiter*> waiting;
        int running = 0;
    };

    LockAnswer alone(const LockRequest& request) const;
    LockAnswer lead(Waiter& self, const std::string& session);
    void run(const std::vector<Waiter*>& batch) const;
    void hand_over(const std::string& session);

    std::size_t most_;
    int at_once_;
    Run run_;
    std::mutex mutex_;
    std::unordered_map<std::string, Line> lines_;  // of sessions with a call under way
};

}  // namespace tix::gateway
