// Lends connections, opens them when needed, forgets broken ones.
#include "pool.hpp"

#include <algorithm>

namespace tix::gateway {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kBackoffFirst{25};
constexpr milliseconds kBackoffMax{200};  // buyers notice a pool that is back within a second

[[noreturn]] void unavailable(const char* message) {
    throw DbError(DbError::Kind::kUnavailable, "", message, "");
}

}  // namespace

DbResult DbPool::read(const char* sql, const std::vector<DbValue>& values) {
    const auto until = Clock::now() + settings_.database.statement_timeout;
    Connection connection = acquire();
    try {
        return run(connection, sql, values, Effect::kRead, until);
    } catch (const DbError& error) {
        if (error.kind != DbError::Kind::kUnavailable || Clock::now() >= until) throw;
    }
    connection = acquire();
    return run(connection, sql, values, Effect::kRead, until);
}

DbResult DbPool::write(const char* sql, const std::vector<DbValue>& values) {
    const auto until = Clock::now() + settings_.database.statement_timeout;
    Connection connection = acquire();
    return run(connection, sql, values, Effect::kWrite, until);
}

DbResult DbPool::run(Connection& connection, const char* sql, const std::vector<DbValue>& values,
                     Effect effect, Clock::time_point until) {
    try {
        DbResult result = connection->run(sql, values, effect, until);
        give_back(std::move(connection));
        return result;
    } catch (...) {
        give_back(std::move(connection));
        throw;
    }
}

// A place is an idle connection or room for one; those that are promised are not for newcomers.
DbPool::Connection DbPool::acquire() {
    std::unique_lock lock(mutex_);
    const auto until = Clock::now() + settings_.acquire;
    bool called = false;
    while (true) {
        const int places = static_cast<int>(idle_.size()) + settings_.size - open_;
        if (called || places > promised_) {
            if (called) --promised_;
            called = false;
            while (!idle_.empty()) {
                Connection connection = std::move(idle_.back());
                idle_.pop_back();
                if (connection->quiet()) return connection;
                --open_;  // closed by the other end while it was idle
            }
            if (open_ < settings_.size) return open_one(lock);
        }
        const Rank rank = AsRank::current();
        if (!line_.admits(rank, Clock::now()))
            throw DbError(DbError::Kind::kOverloaded, "", "too many requests wait", "");
        called = line_.wait(lock, rank, until);
        if (!called) unavailable("no connection came free in time");
    }
}

// Requires room for one.
DbPool::Connection DbPool::open_one(std::unique_lock<std::mutex>& lock) {
    if (Clock::now() < next_attempt_) {
        promised_ += line_.send_away();
        unavailable("the pool is out of reach");
    }
    ++open_;
    const bool alone = failures_ > 0;
    if (alone) next_attempt_ = Clock::now() + settings_.database.connect_timeout;
    lock.unlock();
    return connect(alone);
}

// Those who fail together, because nobody knew yet, are one failure; after it one tries at a time.
DbPool::Connection DbPool::connect(bool alone) {
    try {
        auto connection = std::make_unique<DbConnection>(settings_.database);
        const std::scoped_lock lock(mutex_);
        failures_ = 0;
        next_attempt_ = {};
        return connection;
    } catch (...) {
        const std::scoped_lock lock(mutex_);
        --open_;
        if (alone || failures_ == 0) {
            const auto pause = kBackoffFirst * (1 << std::min(failures_++, 8));
            next_attempt_ = Clock::now() + std::min<milliseconds>(pause, kBackoffMax);
        }
        promised_ += line_.send_away();  // who is woken finds the pool out of reach
        throw;
    }
}

void DbPool::give_back(Connection connection) {
    const bool usable = !connection->broken();
    if (!usable) connection.reset();
    const std::scoped_lock lock(mutex_);
    if (usable) {
        idle_.push_back(std::move(connection));
    } else {
        --open_;
    }
    if (line_.call_next(Clock::now())) ++promised_;
}

DbPool::Gauge DbPool::gauge() const {
    const std::scoped_lock lock(mutex_);
    return {open_, open_ - static_cast<int>(idle_.size()), line_.waiting()};
}

}  // namespace tix::gateway
