// Collects changes and prints messages.
#include "batch.hpp"

namespace tix::gateway {

int state_bits(std::string_view state) {
    if (state == "free") return 0;
    if (state == "sold") return 2;
    if (state == "blocked") return 3;
    return 1;
}

void Batch::add(const SeatChange& change) {
    Session& session = sessions_[change.session_id];
    session.seq = change.seq;
    session.layout_version = change.layout_version;
    session.states[change.ordinal] = state_bits(change.state);
}

std::string Batch::message(const Session& session, std::int64_t prev) {
    std::string text = R"({"prev":")" + std::to_string(prev) + R"(","seq":")" +
                       std::to_string(session.seq) + R"(","layoutVersion":)" +
                       std::to_string(session.layout_version) + R"(,"changes":[)";
    const char* separator = "";
    for (const auto& [ordinal, state] : session.states) {
        text += separator;
        text += "[" + std::to_string(ordinal) + "," + std::to_string(state) + "]";
        separator = ",";
    }
    return text + "]}";
}

void NewsBatch::add(const std::string& user_id, const Event& event) {
    std::string& events = events_[user_id];
    events += events.empty() ? R"({"type":")" : R"(,{"type":")";
    events.append(event.type).append(R"(","id":")").append(event.id);
    events.append(R"(","orderId":")").append(event.order_id).append(R"(","version":)");
    events.append(event.version).append(R"(,"at":")").append(event.at).append("\"}");
}

std::map<std::string, std::string> NewsBatch::messages() const {
    std::map<std::string, std::string> messages;
    for (const auto& [user_id, events] : events_)
        messages[user_id] = R"({"events":[)" + events + "]}";
    return messages;
}

}  // namespace tix::gateway
