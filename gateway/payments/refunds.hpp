// Asks the providers for the refunds that are owed: a thread for each, so that a slow one delays no
// other, which looks once a second, and at once when it is woken.
//
// It keeps no truth: what is owed, and when to ask again, stands in the database, so a killed
// gateway forgets nothing. What the provider says ends a refund, here or in a webhook. No provider
// is called inside a transaction; asking twice pays once.
//
// Failure: database or provider away: one line of log, a back-off, another line when it is well.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "../base/loop.hpp"
#include "../db/pool.hpp"
#include "../metrics/metrics.hpp"
#include "../providers/guard.hpp"

namespace tix::gateway {

class Refunds {
public:
    Refunds(const Providers& providers, DbPool& database, Metrics& metrics);
    ~Refunds();

    void start();
    // Something is owed now. Thread-safe; costs no request its time.
    void wake();
    // Ends the threads once they have the answers they wait for; then they ask for no more.
    void quit();
    // The same, and waits for the threads.
    void stop();

private:
    class Asker;
    std::vector<std::unique_ptr<Asker>> askers_;
};

}  // namespace tix::gateway
