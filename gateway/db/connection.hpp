// One connection to PgBouncer: one statement at a time, with a deadline.
//
// Failure: an error of the server is told by its SQLSTATE. When the connection breaks or the
// deadline passes after a statement that may have written was sent, its outcome is unknown and is
// told so; it may have committed.
#pragma once

#include <chrono>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include "result.hpp"

struct pg_conn;

namespace tix::gateway {

struct DbSettings {
    std::string host, port, name, user, password;
    std::chrono::milliseconds connect_timeout{2000};
    std::chrono::milliseconds statement_timeout{10000};
};

class DbError : public std::exception {
public:
    enum class Kind { kStatement, kUnavailable, kOverloaded, kUnknown };
    DbError(Kind kind, std::string sqlstate, std::string message, std::string hint)
        : kind(kind),
          sqlstate(std::move(sqlstate)),
          message(std::move(message)),
          hint(std::move(hint)) {}
    const char* what() const noexcept override { return message.c_str(); }

    Kind kind;
    std::string sqlstate;  // of kStatement
    std::string message, hint;
};

enum class Effect { kRead, kWrite };

class DbConnection {
public:
    using Clock = std::chrono::steady_clock;

    // Connects; throws DbError kUnavailable.
    explicit DbConnection(const DbSettings& settings);

    // Runs one statement and waits for its answer. Throws DbError; broken() tells whether the
    // connection can be used again.
    DbResult run(const char* sql, const std::vector<DbValue>& values, Effect effect,
                 Clock::time_point until);

    bool broken() const { return broken_; }
    // False when the other end has closed an idle connection, or says something unasked.
    bool quiet() const;

private:
    void connect(const DbSettings& settings);
    bool wait(short events, Clock::time_point until) const;
    pg_result* receive(Clock::time_point until);
    [[noreturn]] void fail(Effect effect, std::string message);
    [[noreturn]] void refuse(const pg_result* result, Effect effect);

    struct Finish {
        void operator()(pg_conn* connection) const;
    };
    std::unique_ptr<pg_conn, Finish> connection_;
    bool broken_ = false;
};

}  // namespace tix::gateway
