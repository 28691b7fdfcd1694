// A few connections shared by all threads.
//
// Limits: at most `size` connections; at most `waiters_max` threads wait for one, at most `acquire`
// long, else DbError kUnavailable. Who would have to wait longer than `patience` is not let into
// the line (line.hpp): DbError kOverloaded at once.
// Failure: while the pool is out of reach one thread a back-off tries to connect, the others are
// told at once. A read whose connection broke is run once more on another one, within the same
// deadline; a write is not.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "connection.hpp"
#include "line.hpp"

namespace tix::gateway {

struct PoolSettings {
    DbSettings database;
    int size = 24;
    int waiters_max = 400;
    std::chrono::milliseconds acquire{2000};
    std::chrono::milliseconds patience{500};
};

class DbPool {
public:
    explicit DbPool(PoolSettings settings)
        : settings_(std::move(settings)), line_(settings_.waiters_max, settings_.patience) {}

    DbResult read(const char* sql, const std::vector<DbValue>& values);
    DbResult write(const char* sql, const std::vector<DbValue>& values);

    struct Gauge {
        int open, busy, waiting;
    };
    Gauge gauge() const;

private:
    using Clock = std::chrono::steady_clock;
    using Connection = std::unique_ptr<DbConnection>;
    // Gives the connection back, whatever happens.
    DbResult run(Connection& connection, const char* sql, const std::vector<DbValue>& values,
                 Effect effect, Clock::time_point until);
    Connection acquire();
    Connection open_one(std::unique_lock<std::mutex>& lock);
    Connection connect(bool alone);
    void give_back(Connection connection);

    PoolSettings settings_;
    mutable std::mutex mutex_;
    Line line_;
    std::vector<Connection> idle_;  // the last used is used next
    int open_ = 0;                  // idle and busy ones, and those being opened
    int promised_ = 0;              // places for those who were called and are on their way
    int failures_ = 0;              // in a row
    Clock::time_point next_attempt_;
};

}  // namespace tix::gateway
