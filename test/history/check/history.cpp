// Reads the files of a run.
#include "check/history.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace tix::history {
namespace {

[[noreturn]] void unreadable(const std::string& text) {
    throw std::runtime_error("cannot read the line: " + text);
}

void put_field(const std::string& word, Fields& fields, const std::string& text) {
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos) unreadable(text);
    fields[word.substr(0, equals)] = word.substr(equals + 1);
}

Line read_line(const std::string& text, int client) {
    Line line;
    line.client = client;
    line.text = text;
    std::istringstream words(text);
    if (!(words >> line.invoke >> line.returned >> line.kind)) unreadable(text);
    std::string word;
    while (words >> word && word != "->")
        put_field(word, line.in, text);
    if (!(words >> line.outcome) || line.returned < line.invoke) unreadable(text);
    while (words >> word)
        put_field(word, line.out, text);
    return line;
}

std::ifstream open_file(const std::filesystem::path& path) {
    std::ifstream in(path);
    if (!in) throw std::runtime_error("cannot read " + path.string());
    return in;
}

}  // namespace

bool History::killed_between(Micros from, Micros to) const {
    const auto after = std::lower_bound(kills.begin(), kills.end(), from,
                                        [](const Kill& k, Micros t) { return k.at < t; });
    return after != kills.end() && after->at <= to;
}

void read_client(std::istream& in, History& history) {
    const int client = static_cast<int>(history.clients.size());
    std::vector<Line>& lines = history.clients.emplace_back();
    for (std::string text; std::getline(in, text);)
        if (!text.empty() && !in.eof()) lines.push_back(read_line(text, client));
}

void read_kills(std::istream& in, History& history) {
    for (std::string text; std::getline(in, text);) {
        std::istringstream words(text);
        Kill kill{0, text};
        if (!(words >> kill.at)) unreadable(text);
        history.kills.push_back(kill);
    }
    std::sort(history.kills.begin(), history.kills.end(),
              [](const Kill& a, const Kill& b) { return a.at < b.at; });
}

void read_final(std::istream& in, History& history) {
    for (std::string text; std::getline(in, text);) {
        std::istringstream words(text);
        std::string what;
        Ticket ticket;
        words >> what;
        if (what == "end") {
            history.finished = true;
        } else if (what == "complaint") {
            history.complaints.push_back(text);
        } else if (what == "ticket" && words >> ticket.seat >> ticket.user) {
            history.tickets.push_back(ticket);
        } else {
            unreadable(text);
        }
    }
}

History read_history(const std::string& folder) {
    History history;
    const std::filesystem::path base(folder);
    for (int client = 0;; client++) {
        const auto path = base / ("client-" + std::to_string(client) + ".log");
        if (!std::filesystem::exists(path)) break;
        auto in = open_file(path);
        read_client(in, history);
    }
    auto kills = open_file(base / "kills.log");
    read_kills(kills, history);
    auto final_tables = open_file(base / "final.log");
    read_final(final_tables, history);
    return history;
}

std::int64_t number_in(const Fields& fields, const char* key) {
    const auto found = fields.find(key);
    return found == fields.end() ? 0 : std::stoll(found->second);
}

TokenId token_in(const Fields& fields) {
    return static_cast<TokenId>(number_in(fields, "token"));
}

std::vector<std::string> seats_in(const Fields& fields, const std::string& session) {
    std::vector<std::string> seats;
    const auto found = fields.find("seats");
    if (found == fields.end()) return seats;
    std::istringstream list(found->second);
    for (std::string seat; std::getline(list, seat, ',');)
        seats.push_back(session + "/" + seat);
    return seats;
}

}  // namespace tix::history
