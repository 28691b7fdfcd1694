// Places, estimates and pauses.
#include "board.hpp"

#include <algorithm>
#include <cmath>

#include "shuffle.hpp"

namespace tix::gateway {
namespace {

constexpr std::int64_t kEtaMax = INT32_MAX;
// Of everybody together; one worker of the edge answers several times as many.
constexpr std::int64_t kPollsPerSecond = 10000;
// Who waits asks so many times until the turn comes, and so many within the grace for a claim.
constexpr std::int64_t kAsksBeforeTurn = 4;
constexpr std::int64_t kAsksWithinGrace = 4;

std::int64_t pause(const Board& board, const PollPauses& pauses, std::int64_t wanted_s) {
    const std::int64_t longest = std::min(pauses.max_s, board.grace_s / kAsksWithinGrace);
    return std::max<std::int64_t>(1, std::min(std::max(pauses.min_s, wanted_s), longest));
}

std::optional<std::int64_t> place_of(const Board& board, std::int64_t join_no) {
    if (!board.random) return join_no;
    if (board.drawn < 0) return std::nullopt;
    if (join_no > board.drawn) return join_no;
    return shuffled_index(join_no - 1, board.drawn, board.seed) + 1;
}

}  // namespace

std::string_view turn_name(Turn turn) {
    switch (turn) {
        case Turn::kWaiting:
            return "waiting";
        case Turn::kCalled:
            return "called";
        case Turn::kLapsed:
            return "lapsed";
        case Turn::kClosed:
            break;
    }
    return "closed";
}

Standing standing_of(const Board& board, std::int64_t join_no, const PollPauses& pauses) {
    Standing standing;
    if (board.state == "closed") {
        standing.turn = Turn::kClosed;
        standing.poll_after_s = pauses.max_s;
        return standing;
    }
    standing.place = place_of(board, join_no);
    if (!standing.place) {
        standing.poll_after_s = pause(board, pauses, board.opens_in_s / kAsksBeforeTurn);
        return standing;
    }
    if (*standing.place <= board.serving) {
        standing.turn = *standing.place <= board.lapsed ? Turn::kLapsed : Turn::kCalled;
        standing.ahead = 0;
        standing.poll_after_s = pause(board, pauses, 0);
        return standing;
    }
    standing.ahead = *standing.place - board.serving - 1;
    if (board.state == "open") {
        const double seconds = std::ceil(static_cast<double>(board.opens_in_s) +
                                         static_cast<double>(*standing.ahead + 1) / board.pace);
        standing.eta_s =
            seconds < static_cast<double>(kEtaMax) ? static_cast<std::int64_t>(seconds) : kEtaMax;
    }
    standing.poll_after_s =
        pause(board, pauses, standing.eta_s ? *standing.eta_s / kAsksBeforeTurn : pauses.max_s);
    return standing;
}

std::int64_t poll_after(const Board& board, const PollPauses& pauses) {
    if (board.state == "closed") return pauses.max_s;
    return pause(board, pauses, board.waiting() / kPollsPerSecond);
}

const Board* Boards::of_session(std::string_view session_id) const {
    for (const Board& board : boards)
        if (board.session_id == session_id) return &board;
    return nullptr;
}

const Board* Boards::of_queue(std::int32_t queue_id) const {
    for (const Board& board : boards)
        if (board.queue_id == queue_id) return &board;
    return nullptr;
}

}  // namespace tix::gateway
