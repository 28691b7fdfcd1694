// The loop: read, note, wake, publish.
#include "feed.hpp"

#include <algorithm>
#include <ctime>

#include "../base/problem.hpp"
#include "../log/log.hpp"

namespace tix::gateway {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kBackoffFirst{100};
constexpr milliseconds kBackoffMax{2000};
constexpr milliseconds kHurry{100};  // between two looks at an edge that owes a resync
constexpr int kRowsMax = 10000;
constexpr char kChanges[] = "SELECT * FROM tix.tix_changes($1::bigint, NULL, $2::int, $3::int)";
constexpr char kOpenSessions[] = "SELECT * FROM tix.tix_open_sessions()";

}  // namespace

Feed::Feed(FeedSettings settings, DbSettings database, Metrics& metrics)
    : settings_(std::move(settings)),
      database_(std::move(database)),
      metrics_(metrics),
      publisher_(settings_.publish_url) {}

Feed::~Feed() {
    stop();
}

void Feed::start() {
    thread_ = std::thread([this] { work(); });
}

void Feed::quit() {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
}

void Feed::stop() {
    quit();
    if (thread_.joinable()) thread_.join();
}

void Feed::wait_for_change(const std::string& address, const std::string& session_id,
                           std::int64_t since, milliseconds timeout) {
    std::unique_lock lock(mutex_);
    int& of_address = waiting_of_[address];  // others that come and go leave it where it is
    if (waiting_ >= settings_.long_polls_max || of_address >= settings_.long_polls_per_address)
        throw ProblemError(make_problem("unavailable", "Too many requests wait for changes."));
    const std::uint64_t epoch = epoch_;
    ++waiting_;
    ++of_address;
    changed_.wait_for(lock, timeout, [&] {
        const auto seen = seen_.find(session_id);
        return stopping_ || epoch_ != epoch || (seen != seen_.end() && seen->second > since);
    });
    --waiting_;
    if (--of_address == 0) waiting_of_.erase(address);
}

void Feed::pause(milliseconds time) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, time, [&] { return stopping_.load(); });
}

void Feed::work() {
    milliseconds backoff = kBackoffFirst;
    while (!stopping_) {
        try {
            DbConnection database(database_);
            backoff = kBackoffFirst;
            while (!stopping_)
                follow(database);
        } catch (const DbError& error) {
            log_warn("feed_lost", {{"reason", error.message}});
            metrics_.feed_position(messages_, resyncs_, false);
            pause(backoff);
            backoff = std::min(backoff * 2, kBackoffMax);
        }
    }
}

void Feed::follow(DbConnection& database) {
    const bool in_a_hurry = resync_due_ && publisher_.wanted();
    bool whole =
        take(read(database, in_a_hurry ? std::min(kHurry, settings_.wait) : settings_.wait));
    if (whole && !batch_.empty()) {
        pause(settings_.batch);
        whole = take(read(database, milliseconds(0)));
    }
    if (!whole) resync_due_ = true;
    note(whole);
    if (publisher_.wanted()) publish(database);
    batch_.clear();
}

DbResult Feed::read(DbConnection& database, milliseconds wait) {
    return database.run(
        kChanges, {std::to_string(since_), std::to_string(kRowsMax), std::to_string(wait.count())},
        Effect::kRead, DbConnection::Clock::now() + database_.statement_timeout + wait);
}

bool Feed::take(const DbResult& rows) {
    for (int row = 0; row < rows.rows(); ++row) {
        since_ = rows.number(row, 0);
        if (rows.text(row, 4) == "resync") return false;
        batch_.add({since_, std::string(rows.text(row, 1)), rows.number(row, 2),
                    rows.number(row, 3), rows.text(row, 4)});
    }
    return true;
}

void Feed::note(bool whole) {
    if (whole && batch_.empty()) return;
    const std::scoped_lock lock(mutex_);
    if (!whole) ++epoch_;
    for (const auto& [session_id, session] : batch_.sessions())
        seen_[session_id] = session.seq;
    changed_.notify_all();
}

void Feed::publish(DbConnection& database) {
    if (publisher_.renewed()) {
        resync_due_ = true;
        renewed_at_s_ = std::time(nullptr);
    }
    if (resync_due_) {
        // The edge counts its messages within a second from 0. After a restart a viewer may come
        // back with the number of an older message of this second, and would not be sent this one.
        if (publisher_.connected() && std::time(nullptr) > renewed_at_s_) publish_resync(database);
        if (resync_due_) return;
    }
    for (const auto& [session_id, session] : batch_.sessions()) {
        const auto before = published_.find(session_id);
        const std::int64_t prev = before == published_.end() ? start_ : before->second;
        if (!publisher_.send(session_id, "changes", Batch::message(session, prev))) break;
        published_[session_id] = session.seq;
        ++messages_;
    }
    metrics_.feed_position(messages_, resyncs_, publisher_.connected());
}

void Feed::publish_resync(DbConnection& database) {
    const DbResult open = database.run(kOpenSessions, {}, Effect::kRead,
                                       DbConnection::Clock::now() + database_.statement_timeout);
    const std::string data = R"({"seq":")" + std::to_string(since_) + R"("})";
    for (int row = 0; row < open.rows(); ++row)
        if (!publisher_.send(std::string(open.text(row, 0)), "resync", data)) return;
    published_.clear();
    batch_.clear();  // what it holds is before the position the resync names
    start_ = since_;
    resync_due_ = false;
    ++resyncs_;
    log_info("feed_resync", {{"seq", std::to_string(since_)}, {"sessions", open.rows()}});
}

}  // namespace tix::gateway
