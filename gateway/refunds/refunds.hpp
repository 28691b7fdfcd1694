// Asks the provider for the refunds that are owed: a thread that looks once a second, and at once
// when it is woken.
//
// It keeps no truth: what is owed, and when to ask again, stands in the database, so a killed
// gateway forgets nothing. The provider's signed event ends a refund, not its answer here. No
// provider is called inside a transaction; asking twice pays once.
//
// Failure: database or provider away: one line of log, a back-off, another line when it is well.
#pragma once

#include <string>

#include "../base/loop.hpp"
#include "../db/pool.hpp"
#include "../metrics/metrics.hpp"
#include "../providers/mock.hpp"

namespace tix::gateway {

class Refunds {
public:
    // `mock` null: there is nobody to ask, and no thread.
    Refunds(DbPool& database, MockProvider* mock, Metrics& metrics);

    void start();
    // Something is owed now. Thread-safe; costs no request its time.
    void wake() { loop_.wake(); }
    // Ends the thread once it has the answer it waits for; then it asks for no more.
    void quit() { loop_.quit(); }
    // The same, and waits for the thread.
    void stop() { loop_.stop(); }

private:
    // Asks for all that is due; what hindered it, or nothing.
    std::string ask_for_due();
    // False when the provider gave no answer that counts.
    bool ask(const DbResult& due, int row);

    DbPool& database_;
    MockProvider* mock_;
    Metrics& metrics_;
    Loop loop_;  // last: it ends before what it uses
};

}  // namespace tix::gateway
