// What is known of a token, and what an answer about it must not contradict.
#include <algorithm>

#include "check/replay.hpp"

namespace tix::history {

Micros Interval::end(const History& history) const {
    if (sold || deadline == kNever) return closed;
    const bool restarted = history.killed_between(set_at, deadline);
    return std::min(closed, restarted ? deadline - history.slack : deadline);
}

// Surely alive at a moment: it has seats, and its deadline cannot have passed.
bool Replay::lives(const Token& token, Micros until) const {
    if (token.ended || token.seats.empty()) return false;
    const bool restarted = history_.killed_between(token.set_at, token.earliest);
    return until < token.earliest - (restarted ? history_.slack : 0);
}

Micros Replay::latest(const Token& token) const {
    return token.latest +
           (history_.killed_between(token.set_at, token.latest) ? history_.slack : 0);
}

void Replay::find(int law, const Line& line, TokenId id, const std::string& what) {
    Finding finding{law, "token " + std::to_string(id) + " " + what, {}};
    const auto found = tokens_.find(id);
    if (found != tokens_.end()) finding.lines = found->second.lines;
    if (finding.lines.empty() || finding.lines.back() != &line) finding.lines.push_back(&line);
    findings_.push_back(finding);
}

// A client takes another name after each crash; under it, its older tokens are not its own.
bool Replay::names_owner(const Line& line, const Token& token) const {
    const auto user = line.in.find("user");
    return user == line.in.end() || user->second == token.user;
}

// A statement with this token succeeded: it must be the client's own, alive, and in time.
// Null when it is not even known.
Replay::Token* Replay::accept(const Line& line, TokenId id) {
    const auto found = tokens_.find(id);
    if (found == tokens_.end() || !names_owner(line, found->second)) {
        find(4, line, id, "was accepted from somebody who does not own it");
        return nullptr;
    }
    Token& token = found->second;
    token.lines.push_back(&line);
    const bool settled = line.invoke > token.settled_at;
    if (settled && token.ended && token.ended_by != transaction_.id)
        find(4, line, id, "was accepted although it had ended");
    else if (settled && !token.ended && line.invoke > latest(token))
        find(4, line, id, "was accepted after its deadline");
    return &token;
}

// The answer lists the hold's seats: all that are surely its own, none that cannot be. What may
// have been its own is now known.
void Replay::expect_seats(const Line& line, TokenId id) {
    Token& token = touch(id);
    if (token.ended && token.ended_by == transaction_.id) return;
    if (line.kind == "get" && line.invoke <= token.settled_at) return;
    const Seats listed = seats_in(line.out, token.session);
    for (const auto& [seat, interval] : token.seats)
        if (std::find(listed.begin(), listed.end(), seat) == listed.end())
            find(3, line, id, "has lost its seat " + seat);
    for (const std::string& seat : listed) {
        if (token.seats.count(seat) != 0) continue;
        if (token.maybe.count(seat) == 0)
            find(4, line, id, "has a seat that was never given to it: " + seat);
        else
            give(line, id, seat);
    }
    token.maybe.clear();
}

// Goes on with the interval of a seat that was let go in the same transaction.
std::size_t Replay::open_interval(const Line& line, TokenId id, const std::string& seat) {
    for (const std::size_t i : intervals_before())
        if (intervals[i].seat == seat && (id == 0 || intervals[i].token == id) &&
            intervals[i].closed == kNever)
            return i;
    Interval interval;
    interval.seat = seat;
    interval.token = id;
    interval.grant = &line;
    if (id != 0) {
        interval.set_at = tokens_[id].set_at;
        interval.deadline = tokens_[id].earliest;
    }
    intervals.push_back(interval);
    transaction_.opened.push_back(intervals.size() - 1);
    return intervals.size() - 1;
}

// Goes on with the interval of a seat that, as we know now, was not sold after all.
bool Replay::resume(Token& token, const std::string& seat) {
    const auto maybe = token.maybe.find(seat);
    if (maybe == token.maybe.end() || maybe->second == kNone) return false;
    if (intervals[maybe->second].closed != kNever) return false;
    for (const auto& [key, sale] : std::map(sales)) {
        if (sale.interval != maybe->second || sale.certain) continue;
        touch_sale(key);
        sales.erase(key);
    }
    token.seats[seat] = maybe->second;
    return true;
}

void Replay::give(const Line& line, TokenId id, const std::string& seat) {
    Token& token = touch(id);
    if (token.seats.count(seat) == 0 && !resume(token, seat))
        token.seats[seat] = open_interval(line, id, seat);
    token.maybe.erase(seat);
}

// Remembers a token or a sale before it changes.
Replay::Token& Replay::touch(TokenId id) {
    const auto found = tokens_.find(id);
    Undo undo{id, {}, {}, {}};
    if (found != tokens_.end()) undo.old_token = found->second;
    transaction_.undo.push_back(undo);
    return tokens_[id];
}

void Replay::touch_sale(const std::string& key) {
    const auto found = sales.find(key);
    Undo undo{0, key, {}, {}};
    if (found != sales.end()) undo.old_sale = found->second;
    transaction_.undo.push_back(undo);
}

}  // namespace tix::history
