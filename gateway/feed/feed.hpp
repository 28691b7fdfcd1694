// Follows tix_changes() on a connection of its own: wakes long polls, publishes to the edge.
//
// Locking: one mutex over the positions; the reading thread holds it only to note a batch.
// Failure: the database away: the thread reconnects with a back-off and starts with a resync. The
// edge away: changes are dropped, and everybody resyncs when it is back. It keeps no truth.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <ctime>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>

#include "../db/connection.hpp"
#include "../metrics/metrics.hpp"
#include "batch.hpp"
#include "publisher.hpp"

namespace tix::gateway {

struct FeedSettings {
    std::string publish_url;
    std::chrono::milliseconds wait{1000};
    std::chrono::milliseconds batch{100};
    int long_polls_max = 32;
    int long_polls_per_address = 8;
};

class Feed {
public:
    Feed(FeedSettings settings, DbSettings database, Metrics& metrics);
    ~Feed();

    void start();
    // Ends every long poll now, and the thread once it has its answer from the database.
    void quit();
    // The same, and waits for the thread.
    void stop();

    // Waits until something after `since` happened in the session, or the time is over. Throws
    // ProblemError `unavailable` at once when too many wait already, in all or of this address.
    void wait_for_change(const std::string& address, const std::string& session_id,
                         std::int64_t since, std::chrono::milliseconds timeout);

private:
    void work();
    void follow(DbConnection& database);
    DbResult read(DbConnection& database, std::chrono::milliseconds wait);
    // Notes the rows; false when they are a resync.
    bool take(const DbResult& rows);
    // Wakes the long polls that the batch, or a resync, is news for.
    void note(bool whole);
    void publish(DbConnection& database);
    void publish_resync(DbConnection& database);
    void pause(std::chrono::milliseconds time);

    FeedSettings settings_;
    DbSettings database_;
    Metrics& metrics_;
    Publisher publisher_;
    std::thread thread_;
    std::atomic<bool> stopping_{false};

    // Of the thread alone.
    std::int64_t since_ = 0;
    bool resync_due_ = true;
    std::time_t renewed_at_s_ = 0;  // when the connection to the edge was opened
    Batch batch_;
    std::unordered_map<std::string, std::int64_t> published_;
    std::int64_t start_ = 0;  // where the stream on this connection to the edge began
    std::int64_t messages_ = 0;
    std::int64_t resyncs_ = 0;

    std::mutex mutex_;
    std::condition_variable changed_;
    std::unordered_map<std::string, std::int64_t> seen_;  // last change of each session
    std::uint64_t epoch_ = 0;                             // grows with every resync
    int waiting_ = 0;
    std::unordered_map<std::string, int> waiting_of_;  // by address
};

}  // namespace tix::gateway
