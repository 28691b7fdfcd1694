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

}  // namespace tix::gateway
