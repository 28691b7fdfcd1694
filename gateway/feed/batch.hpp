// Changes on their way to viewers: the messages that the edge fans out, of seats to all who look at
// a session, of orders and tickets to whose they are.
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

// The messages of a batch of events: {"events": [{"type", "id", "orderId", "version", "at"}, …]}.
class NewsBatch {
public:
    // Names, ids and numbers of the database: nothing in them needs an escape.
    struct Event {
        std::string_view type, id, order_id, version;
        std::string at;
    };
    void add(const std::string& user_id, const Event& event);
    // By user.
    std::map<std::string, std::string> messages() const;

private:
    std::map<std::string, std::string> events_;
};

// The state in the map's two bits: 0 free, 1 held or confirming, 2 sold, 3 blocked.
int state_bits(std::string_view state);

}  // namespace tix::gateway
