// Asks a provider for the payments whose outcome is unknown: a thread for each provider, so that a
// slow one delays no other.
//
// It keeps no truth: which payments are due, and when again, stands in the database, whose claim
// lets one gateway alone ask for each; so it also finds what a killed one had begun. A payment that
// the buyer has left open for too long is called off.
//
// Failure: database or provider away: one line of log, a back-off, another line when it is well.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "../base/loop.hpp"
#include "../db/pool.hpp"
#include "../metrics/metrics.hpp"
#include "cashier.hpp"

namespace tix::gateway {

class Reconciler {
public:
    Reconciler(GuardedProvider& provider, std::chrono::seconds open_max, DbPool& database,
               Cashier& cashier, Metrics& metrics);

    void start() { loop_.start(); }
    void quit() { loop_.quit(); }
    void stop() { loop_.stop(); }

private:
    // Asks for all that is due; what hindered it, or nothing.
    std::string ask_for_due();
    // False when the provider gave no answer that counts.
    bool resolve(const DbResult& due, int row);

    GuardedProvider& provider_;
    std::chrono::seconds open_max_;
    DbPool& database_;
    Cashier& cashier_;
    Metrics& metrics_;
    Loop loop_;  // last: it ends before what it uses
};

// One for each provider.
class Reconcilers {
public:
    Reconcilers(const Providers& providers, std::chrono::seconds open_max, DbPool& database,
                Cashier& cashier, Metrics& metrics);
    void start();
    // Ends the threads once they have the answers they wait for; then they ask for no more.
    void quit();
    // The same, and waits for them.
    void stop();

private:
    std::vector<std::unique_ptr<Reconciler>> all_;
};

}  // namespace tix::gateway
