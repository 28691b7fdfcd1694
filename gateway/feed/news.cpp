// The loop: read, sort by user, publish, and only then go on.
#include "news.hpp"

#include <algorithm>

#include "../log/log.hpp"

namespace tix::gateway {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kBackoffMax{2000};
constexpr seconds kForgetful{60};  // an edge that was away for longer has nobody who waits
constexpr int kRowsMax = 1000;
constexpr char kNews[] = "SELECT * FROM tix.tix_news($1::text, $2::int)";

}  // namespace

News::News(NewsSettings settings, DbSettings database, Metrics& metrics)
    : settings_(std::move(settings)),
      database_(std::move(database)),
      metrics_(metrics),
      publisher_(settings_.publish_url),
      listeners_(settings_.users_max) {}

News::~News() {
    stop();
}

void News::start() {
    if (publisher_.wanted()) thread_ = std::thread([this] { work(); });
}

void News::quit() {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
}

void News::stop() {
    quit();
    if (thread_.joinable()) thread_.join();
}

void News::pause(milliseconds time) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, time, [&] { return stopping_.load(); });
}

void News::work() {
    if (publisher_.subscribers() != 0) listeners_.expect_everybody(Listeners::Clock::now());
    milliseconds backoff = settings_.every;
    while (!stopping_) {
        try {
            DbConnection database(database_);
            backoff = settings_.every;
            while (!stopping_)
                if (follow(database)) pause(settings_.every);
        } catch (const DbError& error) {
            log_warn("news_lost", {{"reason", error.message}});
            if (error.kind == DbError::Kind::kStatement) cursor_.reset();  // of another cluster
            pause(backoff);
            backoff = std::min(backoff * 2, kBackoffMax);
        }
    }
}

bool News::follow(DbConnection& database) {
    const auto now = Listeners::Clock::now();
    publisher_.renewed();
    if (!publisher_.connected()) {
        if (now - published_at_ > kForgetful) cursor_.reset();
        pause(kBackoffMax);
        return true;
    }
    const DbResult rows = database.run(kNews, {cursor_, std::to_string(kRowsMax)}, Effect::kRead,
                                       DbConnection::Clock::now() + database_.statement_timeout);
    NewsBatch batch;
    for (int row = 0; row < rows.rows(); ++row) {
        const std::string user_id(rows.text(row, 0));  // empty in a row with a cursor alone
        if (!user_id.empty() && listeners_.has(user_id, now))
            batch.add(user_id, {rows.text(row, 1), rows.text(row, 2), rows.text(row, 3),
                                rows.text(row, 4), rows.time(row, 5)});
    }
    if (!publish(batch)) return true;
    published_at_ = now;
    if (rows.rows() > 0) cursor_ = rows.text(rows.rows() - 1, 6);
    return rows.rows() < kRowsMax;
}

bool News::publish(const NewsBatch& batch) {
    for (const auto& [user_id, message] : batch.messages()) {
        if (!publisher_.send("user/" + user_id, "news", message)) return false;
        ++messages_;
    }
    metrics_.news(messages_, listeners_.size());
    return true;
}

}  // namespace tix::gateway
