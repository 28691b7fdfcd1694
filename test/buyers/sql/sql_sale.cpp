// The loop over all connections, and the watcher that follows the change feed.
#include "sql/sql_sale.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <iterator>

#include "sql/statements.hpp"

namespace tix::buyers::sql {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kTick{20};            // longest pause of the loop
constexpr milliseconds kLookEvery{100};      // how often the feed is read and progress shown
constexpr milliseconds kGoodbye{5000};       // how long buyers may finish once all is sold
constexpr std::size_t kSleepersPerLine = 2;  // more buyers at a time come only when these act

std::string from_hex(const std::string& hex) {
    std::string bytes;
    const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
        bytes += static_cast<char>(digit(hex[i]) * 16 + digit(hex[i + 1]));
    return bytes;
}

}  // namespace

SqlSale::SqlSale(const Options& options) : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    crowd_.session_id = options.session_id;
    crowd_.random.seed(options.seed);
    load_seats();
    open_lines(options.connections);
    began_ = Clock::now();
    ends_ = began_ + std::chrono::seconds(options.time_limit_s);
    next_look_ = began_;
}

SqlSale::~SqlSale() {
    if (epoll_ >= 0) close(epoll_);
}

std::uint64_t SqlSale::unique_violations() const {
    return crowd_.statistics.errors_of("23505");
}

std::vector<std::string> SqlSale::faults() const {
    std::vector<std::string> found;
    for (const auto& [sqlstate, times] : crowd_.statistics.errors)
        if (sqlstate != "TX002" && sqlstate != "TX015" && sqlstate != "23505")
            found.push_back("error " + sqlstate + " was raised " + std::to_string(times) +
                            " times");
    return found;
}

// The buyers are their own payment provider.
void SqlSale::pay_refunds(Connection& database) {
    database.query(
        "SELECT e.result FROM tix.tix_refunds_due(1000) r,"
        " LATERAL tix.tix_payment_event('mock', 'refund-' || r.refund_id, 'refunded',"
        " r.provider_transaction_id, r.order_id, r.amount, r.currency,"
        " jsonb_build_object('refundId', r.refund_id)) e");
}

void SqlSale::load_seats() {
    Connection database("tix-buyers");
    const Result rows = database.query(
        "SELECT seat_id, area_id, row_label, x, y, state FROM tix.tix_seats($1::uuid)"
        " ORDER BY ordinal",
        {crowd_.session_id});
    for (int i = 0; i < PQntuples(rows.get()); ++i) {
        const auto cell = [&](int column) { return PQgetvalue(rows.get(), i, column); };
        crowd_.market.add({cell(0), cell(1), cell(2), std::strtof(cell(3), nullptr),
                           std::strtof(cell(4), nullptr), look_of(cell(5)), -1});
    }
    if (crowd_.market.capacity() == 0) throw DatabaseError("the session has no seats");
    crowd_.market.rank();
}

void SqlSale::open_lines(int connections) {
    for (int i = 0; i <= connections; ++i) {
        Connection database("tix-buyers");
        database.query("SET tix.order_ttl = '" + std::to_string(kOrderTtlMs / 1000) + "s'");
        for (const Statement& statement : kStatements)
            database.prepare(statement.name, statement.sql);
        database.stop_blocking();
        lines_.push_back({std::move(database), nullptr, Step::kOther, {}, false});
        watch_socket(lines_.back(), lines_.size() - 1, false, true);
    }
}

void SqlSale::watch_socket(Line& line, std::size_t index, bool writing, bool first) {
    epoll_event event{};
    event.events = EPOLLIN | (writing ? EPOLLOUT : 0U);
    event.data.u64 = index;
    if (epoll_ctl(epoll_, first ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, line.database.socket(), &event))
        throw DatabaseError("a connection cannot be watched");
}

std::unique_ptr<Buyer> SqlSale::next_buyer() {
    std::unique_ptr<Buyer> buyer;
    if (!crowd_.newcomers.empty()) {
        buyer = std::move(crowd_.newcomers.front());
        crowd_.newcomers.pop_front();
    } else if (!sleepers_.empty() && sleepers_.front().wakes <= Clock::now()) {
        std::pop_heap(sleepers_.begin(), sleepers_.end(), std::greater<>());
        buyer = std::move(sleepers_.back().buyer);
        sleepers_.pop_back();
    } else if (!crowd_.over && crowd_.market.count(Look::kFree) > 0 &&
               sleepers_.size() < kSleepersPerLine * lines_.size()) {
        buyer = std::make_unique<Buyer>(crowd_);
    }
    return buyer;
}

// Lets the buyer of an idle connection act, or the next ones, until one has sent a statement.
void SqlSale::go_on(std::size_t index) {
    Line& line = lines_[index];
    while (true) {
        if (!line.buyer) line.buyer = next_buyer();
        if (!line.buyer) return;
        Action action = line.buyer->act();
        switch (action.kind) {
            case Action::Kind::kSend:
                line.step = action.step;
                line.sent = Clock::now();
                line.waiting = true;
                line.database.send(action.statement, action.parameters);
                if (line.database.flush()) watch_socket(line, index, true, false);
                return;
            case Action::Kind::kSleep:
                sleepers_.push_back(
                    {Clock::now() + milliseconds(action.sleep_ms), std::move(line.buyer)});
                std::push_heap(sleepers_.begin(), sleepers_.end(), std::greater<>());
                break;
            case Action::Kind::kLeave:
                line.buyer.reset();
                break;
        }
    }
}

void SqlSale::keep_busy() {
    for (std::size_t i = 0; i + 1 < lines_.size(); ++i)
        if (!lines_[i].waiting) go_on(i);
}

void SqlSale::socket_ready(std::size_t index, unsigned events) {
    Line& line = lines_[index];
    if ((events & EPOLLOUT) != 0 && !line.database.flush()) watch_socket(line, index, false, false);
    Result result;
    if (!line.database.finish(result)) return;
    line.waiting = false;
    if (index + 1 == lines_.size()) return feed_answered(result);
    crowd_.statistics.took(line.step, Clock::now() - line.sent);
    line.buyer->answered(result);
    go_on(index);
}

// Asks for the changes since the last time; for the whole map first and after a resync.
void SqlSale::follow() {
    Line& line = lines_.back();
    if (line.waiting) return;
    line.waiting = true;
    if (reads_map_) {
        line.database.send("map", {crowd_.session_id});
    } else {
        line.database.send("changes", {sequence_, crowd_.session_id});
    }
    if (line.database.flush()) watch_socket(line, lines_.size() - 1, true, false);
}

void SqlSale::feed_answered(const Result& result) {
    if (PQresultStatus(result.get()) != PGRES_TUPLES_OK)
        throw DatabaseError(PQresultErrorMessage(result.get()));
    const std::int64_t now_ms = elapsed_ms();
    if (reads_map_) {
        sequence_ = text(result, "seq");
        crowd_.market.set_all(from_hex(text(result, "states")), now_ms);
        reads_map_ = false;
        return;
    }
    const int count = PQntuples(result.get());
    for (int i = 0; i < count; ++i) {
        const char* state = PQgetvalue(result.get(), i, 2);
        if (state[0] == 'r') {
            ++resyncs_;
            reads_map_ = true;
            return;
        }
        const auto ordinal = static_cast<std::size_t>(std::atol(PQgetvalue(result.get(), i, 1)));
        crowd_.market.set(ordinal, look_of(state), now_ms);
    }
    if (count > 0) sequence_ = PQgetvalue(result.get(), count - 1, 0);
}

bool SqlSale::everybody_left() const {
    return crowd_.newcomers.empty() && std::none_of(lines_.begin(), lines_.end() - 1,
                                                    [](const Line& line) { return line.waiting; });
}

Ending SqlSale::run(const volatile bool& interrupted, const std::function<void()>& watch) {
    Clock::time_point goodbye = Clock::time_point::max();
    epoll_event events[64];
    while (!interrupted) {
        const auto now = Clock::now();
        if (now >= next_look_) {
            next_look_ = now + kLookEvery;
            follow();
            watch();
        }
        if (!crowd_.over && crowd_.market.sold_out()) {
            crowd_.over = true;
            goodbye = now + kGoodbye;
        }
        if (crowd_.over && (everybody_left() || now >= goodbye)) return Ending::kSoldOut;
        if (now >= ends_) return Ending::kTimeOut;
        keep_busy();
        const int ready =
            epoll_wait(epoll_, events, std::size(events), static_cast<int>(kTick.count()));
        for (int i = 0; i < ready; ++i)
            socket_ready(events[i].data.u64, events[i].events);
    }
    return Ending::kInterrupted;
}

}  // namespace tix::buyers::sql
