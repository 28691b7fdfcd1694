// Reads every waiting room from the database once a second; all polls are answered from what it
// read. The reading also makes the steps that are due, so places are called while a gateway runs.
//
// Locking: one mutex over the pointer to the last boards, which nobody changes afterwards.
// Memory: a row a waiting room, at most 256; nothing for a token.
// It has a connection of its own: when buyers use up the pool, places are called all the same.
// Failure: the database away: polls get 503 once the boards are kStale old, and a line of log says
// when it begins and when it is over.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>

#include "../base/loop.hpp"
#include "../db/connection.hpp"
#include "board.hpp"

namespace tix::gateway {

class QueueReader {
public:
    explicit QueueReader(DbSettings database);

    void start() { loop_.start(); }
    // A queue was opened or changed just now. Thread-safe; costs no request its time.
    void wake() { loop_.wake(); }
    // Ends the thread once it has the answer it waits for.
    void quit() { loop_.quit(); }
    // The same, and waits for the thread.
    void stop() { loop_.stop(); }

    // The last boards read; throws ProblemError `unavailable` when they are too old.
    std::shared_ptr<const Boards> boards() const;

private:
    using Clock = std::chrono::steady_clock;
    static constexpr std::chrono::seconds kStale{10};

    // What hindered it, or nothing.
    std::string read();
    void read_keys();
    DbResult run(const char* sql);

    DbSettings settings_;
    std::unique_ptr<DbConnection> database_;  // of the thread alone, as the keys
    QueueKeys keys_;
    Clock::time_point keys_at_{};  // when they were read
    mutable std::mutex mutex_;
    std::shared_ptr<const Boards> boards_;
    Clock::time_point read_at_{};
    Loop loop_;  // last: it ends before what it uses
};

}  // namespace tix::gateway
