// Follows tix_news() on a connection of its own, and publishes to the edge what concerns the users
// who have a stream open.
//
// The edge asks before it opens a stream, so expect() is told; see listeners.hpp. Who came before
// this gateway started is unknown to it: if the edge has streams then, everybody listens for a
// while. Failure: the database or the edge away: a back-off, then it goes on behind what it last
// published, or with the last minute; events have versions, so twice does no harm. It keeps no
// truth.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "../db/connection.hpp"
#include "../metrics/metrics.hpp"
#include "batch.hpp"
#include "listeners.hpp"
#include "publisher.hpp"

namespace tix::gateway {

struct NewsSettings {
    std::string publish_url;
    std::chrono::milliseconds every{250};
    std::size_t users_max = 100000;
};

class News {
public:
    News(NewsSettings settings, DbSettings database, Metrics& metrics);
    ~News();

    void start();
    void quit();
    // The same, and waits for the thread.
    void stop();

    // A stream of this user is about to open.
    void expect(const std::string& user_id) { listeners_.expect(user_id, Listeners::Clock::now()); }

private:
    void work();
    // One look; false when there may be more at once. Throws DbError.
    bool follow(DbConnection& database);
    bool publish(const NewsBatch& batch);
    void pause(std::chrono::milliseconds time);

    NewsSettings settings_;
    DbSettings database_;
    Metrics& metrics_;
    Publisher publisher_;
    Listeners listeners_;
    std::thread thread_;
    std::atomic<bool> stopping_{false};
    std::mutex mutex_;
    std::condition_variable changed_;

    // Of the thread alone.
    DbValue cursor_;
    Listeners::Clock::time_point published_at_;
    std::int64_t messages_ = 0;
};

}  // namespace tix::gateway
