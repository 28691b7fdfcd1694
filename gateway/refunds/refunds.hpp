// Asks the provider for the refunds that are owed: a thread that looks once a second, and at once
// when it is woken.
//
// It keeps no truth: what is owed, and when to ask again, stands in the database, so a killed
// gateway forgets nothing. The provider's signed event ends a refund, not its answer here. No
// provider is called inside a transaction; asking twice pays once.
//
// Failure: database or provider away: one line of log, a back-off, another line when it is well.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "../db/pool.hpp"
#include "../metrics/metrics.hpp"
#include "../providers/mock.hpp"

namespace tix::gateway {

class Refunds {
public:
    // `mock` null: there is nobody to ask, and no thread.
    Refunds(DbPool& database, MockProvider* mock, Metrics& metrics)
        : database_(database), mock_(mock), metrics_(metrics) {}
    ~Refunds() { stop(); }

    void start();
    // Something is owed now. Thread-safe; costs no request its time.
    void wake();
    // Ends the thread once it has the answer it waits for; then it asks for no more.
    void quit();
    // The same, and waits for the thread.
    void stop();

private:
    void work();
    // Asks for all that is due; what hindered it, or nothing.
    std::string ask_for_due();
    // False when the provider gave no answer that counts.
    bool ask(const DbResult& due, int row);
    void note(const std::string& fault);

    DbPool& database_;
    MockProvider* mock_;
    Metrics& metrics_;
    std::thread thread_;
    bool well_ = true;  // of the thread alone

    std::mutex mutex_;
    std::condition_variable changed_;
    bool woken_ = false;
    std::atomic<bool> stopping_{false};
};

}  // namespace tix::gateway
