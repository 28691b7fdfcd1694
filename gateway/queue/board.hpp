// What is known of a waiting room at one moment, and what a place in it is worth: arithmetic on a
// row that is read once a second, so a million who ask cost the database nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "token.hpp"

namespace tix::gateway {

// A row of tix_queue_boards().
struct Board {
    std::int32_t queue_id = 0;
    std::string session_id, event_name;
    std::string state;  // open, paused, closed
    bool random = false;
    std::string opens_at;  // RFC 3339
    std::int64_t opens_in_s = 0;
    std::int64_t joined = 0, serving = 0, lapsed = 0;
    double pace = 1;  // places a second; positive
    std::int64_t grace_s = 1;
    std::int64_t drawn = -1;  // joins in the draw; negative before it
    std::string seed;         // 32 bytes, once drawn
    std::string as_of;        // RFC 3339

    std::int64_t waiting() const { return joined - serving; }
};

// How often one may ask: never sooner than after the first, never later than after the second.
struct PollPauses {
    std::int64_t min_s = 2, max_s = 30;
};

enum class Turn {
    kWaiting,
    kCalled,  // to be claimed now; the board does not know who has
    kLapsed,  // gone, unless it was claimed in time
    kClosed,
};
std::string_view turn_name(Turn turn);

struct Standing {
    Turn turn = Turn::kWaiting;
    std::optional<std::int64_t> place, ahead;  // not before the draw
    std::optional<std::int64_t> eta_s;         // while it waits and places are called
    std::int64_t poll_after_s = 1;
};

// Requires join_no >= 1.
Standing standing_of(const Board& board, std::int64_t join_no, const PollPauses& pauses);

// When whoever polls without a place should ask again: the longer the more who wait, so that all
// of them together stay within what an edge can answer.
std::int64_t poll_after(const Board& board, const PollPauses& pauses);

// Every board at a moment, the newest queue first.
struct Boards {
    std::vector<Board> boards;
    QueueKeys keys;

    // The last queue of a session; null when there is none.
    const Board* of_session(std::string_view session_id) const;
    const Board* of_queue(std::int32_t queue_id) const;
};

}  // namespace tix::gateway
