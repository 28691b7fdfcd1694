// Seat changes on their way to the viewers of a session: the messages that the edge fans out.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

namespace tix::gateway {

struct SeatChange {
    std::int64_t seq;
    std::string session_id;
    std::int64_t layout_version;
    std::int64_t ordinal;
    std::string_view state;
};

// The changes of a short time, the last state of each seat once.
class Batch {
public:
    void add(const SeatChange& change);
    bool empty() const { return sessions_.empty(); }
    void clear() { sessions_.clear(); }

    struct Session {
        std::int64_t seq = 0;
        std::int64_t layout_version = 0;
        std::map<std::int64_t, int> states;  // ordinal → 2-bit state
    };
    const std::unordered_map<std::string, Session>& sessions() const { return sessions_; }

    // {"prev", "seq", "layoutVersion", "changes": [[ordinal, state], …]}; a viewer whose own
    // position is before `prev` has missed something and reads the map again.
    static std::string message(const Session& session, std::int64_t prev);

private:
    std::unordered_map<std::string, Session> sessions_;
};

// The state in the map's two bits: 0 free, 1 held or confirming, 2 sold, 3 blocked.
int state_bits(std::string_view state);

}  // namespace tix::gateway
