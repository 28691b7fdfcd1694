// The loop: keys now and then, boards every time.
#include "reader.hpp"

#include <cmath>
#include <cstdlib>

#include "../base/problem.hpp"
#include "../log/log.hpp"

namespace tix::gateway {
namespace {

constexpr char kBoards[] = "SELECT * FROM tix.tix_queue_boards()";
constexpr char kKeys[] = "SELECT * FROM tix.tix_queue_poll_keys()";
// A key made meanwhile is known so late; until then its tokens are refused here.
constexpr std::chrono::seconds kKeysFresh{5};

enum Column {
    kQueueId,
    kSessionId,
    kEventName,
    kState,
    kMode,
    kOpensAt,
    kOpensIn,
    kJoined,
    kServing,
    kLapsed,
    kPace,
    kGrace,
    kDrawn,
    kSeed,
    kAsOf
};

void note(const std::string& fault) {
    if (fault.empty())
        log_info("queues_followed");
    else
        log_warn("queues_lost", {{"reason", fault}});
}

double real(const DbResult& rows, int row, int column) {
    return std::strtod(std::string(rows.text(row, column)).c_str(), nullptr);
}

Board board_of(const DbResult& rows, int row) {
    Board board;
    board.queue_id = static_cast<std::int32_t>(rows.number(row, kQueueId));
    board.session_id = rows.text(row, kSessionId);
    board.event_name = rows.text(row, kEventName);
    board.state = rows.text(row, kState);
    board.random = rows.text(row, kMode) == "random";
    board.opens_at = rows.time(row, kOpensAt);
    board.opens_in_s = static_cast<std::int64_t>(std::ceil(real(rows, row, kOpensIn)));
    board.joined = rows.number(row, kJoined);
    board.serving = rows.number(row, kServing);
    board.lapsed = rows.number(row, kLapsed);
    board.pace = real(rows, row, kPace);
    board.grace_s = rows.number(row, kGrace);
    if (!rows.null(row, kSeed)) {
        board.drawn = rows.number(row, kDrawn);
        board.seed = rows.bytes(row, kSeed);
    }
    board.as_of = rows.time(row, kAsOf);
    return board;
}

}  // namespace

QueueReader::QueueReader(DbSettings database)
    : settings_(std::move(database)), loop_([this] { return read(); }, note) {}

std::shared_ptr<const Boards> QueueReader::boards() const {
    const std::scoped_lock lock(mutex_);
    if (!boards_ || Clock::now() - read_at_ > kStale)
        throw ProblemError(make_problem("unavailable"));
    return boards_;
}

DbResult QueueReader::run(const char* sql) {
    if (!database_ || database_->broken() || !database_->quiet())
        database_ = std::make_unique<DbConnection>(settings_);
    // A step that was lost is made by the next reading.
    return database_->run(sql, {}, Effect::kRead,
                          DbConnection::Clock::now() + settings_.statement_timeout);
}

void QueueReader::read_keys() {
    if (!keys_.empty() && Clock::now() - keys_at_ < kKeysFresh) return;
    const DbResult rows = run(kKeys);
    keys_.clear();
    for (int row = 0; row < rows.rows(); ++row)
        keys_[static_cast<int>(rows.number(row, 0))] = rows.bytes(row, 1);
    keys_at_ = Clock::now();
}

std::string QueueReader::read() {
    try {
        read_keys();
        const DbResult rows = run(kBoards);
        auto boards = std::make_shared<Boards>();
        boards->keys = keys_;
        for (int row = 0; row < rows.rows(); ++row)
            boards->boards.push_back(board_of(rows, row));
        const std::scoped_lock lock(mutex_);
        boards_ = std::move(boards);
        read_at_ = Clock::now();
        return {};
    } catch (const DbError& error) {
        return error.message;
    }
}

}  // namespace tix::gateway
