// Posts outgoing webhooks: a thread that looks once a second for deliveries that are due, and posts
// a few of them at a time.
//
// It keeps no truth: what to post, and when again, stands in the database, so a killed gateway
// forgets nothing; a receiver may get an event twice, under the same webhook-id. Nothing is posted
// inside a transaction.
//
// Limits: `concurrency` posts at a time, each `timeout` long at most; the next are claimed when the
// slowest of them has ended.
// Failure: database away: one line of log, a back-off, another line when it is well. What a
// receiver answers is written to its delivery, not to the log.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "../base/loop.hpp"
#include "../db/pool.hpp"
#include "../metrics/metrics.hpp"

namespace tix::gateway {

struct WebhookSettings {
    int concurrency = 8;  // 0: nobody posts
    std::chrono::milliseconds timeout{10000};
    std::vector<std::string> trusted;  // host:port that may be private, and without TLS
};

class Webhooks {
public:
    Webhooks(WebhookSettings settings, DbPool& database, Metrics& metrics);

    void start();
    // Ends the thread once it has the answers it waits for; then it posts no more.
    void quit() { loop_.quit(); }
    // The same, and waits for the thread.
    void stop() { loop_.stop(); }

private:
    // Posts all that is due; what hindered it, or nothing.
    std::string post_due();
    void post(const DbResult& due, int row);

    WebhookSettings settings_;
    DbPool& database_;
    Metrics& metrics_;
    Loop loop_;  // last: it ends before what it uses
};

}  // namespace tix::gateway
