// How transactions end: kept, undone, or nobody knows.
#include <algorithm>

#include "check/replay.hpp"

namespace tix::history {

void Replay::begin(bool open) {
    transaction_ = {};
    transaction_.id = ++transactions_;
    transaction_.open = open;
}

void Replay::close(std::size_t interval, const Line& line, Micros at) {
    Interval& i = intervals[interval];
    if (at >= i.closed) return;
    i.closed = at;
    i.closed_by = &line;
}

// The intervals of everything the transaction has touched, as it was before it ...
std::set<std::size_t> Replay::intervals_before() const {
    std::set<std::size_t> found(transaction_.opened.begin(), transaction_.opened.end());
    for (const Undo& undo : transaction_.undo) {
        if (undo.old_sale) found.insert(undo.old_sale->interval);
        if (undo.old_token)
            for (const auto& [seat, interval] : undo.old_token->seats)
                found.insert(interval);
    }
    return found;
}

// ... and as it is now.
std::set<std::size_t> Replay::intervals_now() const {
    std::set<std::size_t> found;
    for (const Undo& undo : transaction_.undo) {
        const auto token = tokens_.find(undo.token);
        const auto sale = sales.find(undo.sale);
        if (undo.token != 0 && token != tokens_.end())
            for (const auto& [seat, interval] : token->second.seats)
                found.insert(interval);
        if (undo.token == 0 && sale != sales.end()) found.insert(sale->second.interval);
    }
    return found;
}

// Undoes back to a savepoint; what was granted since may be somebody else's from now on.
void Replay::undo_to(std::size_t undo, std::size_t opened, const Line& line) {
    // Who finds its connection dead does not know since when.
    const Micros ended = line.outcome == "lost" ? transaction_.answered_at : line.invoke;
    const Micros at = transaction_.failed_at != 0 ? transaction_.failed_at : ended;
    const Line& by = transaction_.failed_by != nullptr ? *transaction_.failed_by : line;
    while (transaction_.undo.size() > undo) {
        const Undo& last = transaction_.undo.back();
        if (last.token == 0) {
            if (last.old_sale)
                sales[last.sale] = *last.old_sale;
            else
                sales.erase(last.sale);
        } else {
            Token& token = tokens_[last.token];
            const std::vector<const Line*> lines = token.lines;
            if (last.old_token) {
                token = *last.old_token;
            } else {  // granted by what is undone
                token.seats.clear();
                token.maybe.clear();
                token.ended = true;
                token.ended_by = 0;
            }
            token.lines = lines;
            if (line.outcome == "lost") token.settled_at = line.returned + kSettlingMicros;
            if (token.lines.empty() || token.lines.back() != &line) token.lines.push_back(&line);
        }
        transaction_.undo.pop_back();
    }
    for (; transaction_.opened.size() > opened; transaction_.opened.pop_back())
        close(transaction_.opened.back(), by, at);
}

void Replay::roll_back_to(const Line& line) {
    std::vector<Savepoint>& marks = transaction_.savepoints;
    while (!marks.empty() && marks.back().name != line.in.at("name"))
        marks.pop_back();
    if (marks.empty()) return;
    undo_to(marks.back().undo, marks.back().opened, line);
    transaction_.relied.resize(marks.back().relied);
    transaction_.failed_at = 0;
    transaction_.failed_by = nullptr;
}

void Replay::abort(const Line& line) {
    undo_to(0, 0, line);
    transaction_ = {};
}

// What was given back became free, and what was confirmed sold, when COMMIT was sent or later.
void Replay::commit(const Line& line) {
    const std::set<std::size_t> now = intervals_now();
    for (const std::size_t i : intervals_before())
        if (now.count(i) == 0) close(i, line, line.invoke);
    for (const Undo& undo : transaction_.undo) {
        const auto sale = sales.find(undo.sale);
        if (undo.token == 0 && sale != sales.end()) intervals[sale->second.interval].sold = true;
        if (undo.token == 0) continue;
        Token& token = tokens_[undo.token];
        if (line.kind == "commit" && token.lines.back() != &line) token.lines.push_back(&line);
        if (!token.ended && token.seats.empty() && token.maybe.empty()) {
            token.ended = true;
            token.ended_by = transaction_.id;
        }
        for (const auto& [seat, interval] : token.seats) {
            intervals[interval].deadline = token.earliest;
            intervals[interval].set_at = token.set_at;
        }
    }
    for (const TokenId id : transaction_.relied)
        if (transaction_.open && !tokens_[id].ended && line.invoke > latest(tokens_[id]))
            find(4, line, id, "was committed after its deadline");
    transaction_ = {};
}

// Keeps only what is so whether the transaction was committed or not.
void Replay::perhaps(const Line& line) {
    const std::set<std::size_t> now = intervals_now();
    for (const std::size_t i : intervals_before())
        if (now.count(i) == 0) close(i, line, line.invoke);
    for (const std::size_t i : transaction_.opened)
        close(i, line, transaction_.open ? transaction_.answered_at : line.invoke);
    std::set<TokenId> tokens;
    std::set<std::string> seen;
    for (const Undo& undo : transaction_.undo) {
        if (undo.token == 0) {
            if (!seen.insert(undo.sale).second) continue;
            const auto after = sales.find(undo.sale);
            if (after == sales.end() && undo.old_sale) {
                sales[undo.sale] = *undo.old_sale;
                sales[undo.sale].certain = false;
            } else if (after != sales.end() && !(undo.old_sale && undo.old_sale->certain)) {
                after->second.certain = false;
            }
            continue;
        }
        if (!tokens.insert(undo.token).second) continue;
        Token& token = tokens_[undo.token];
        const Token before = undo.old_token.value_or(Token{});
        if (token.lines.empty() || token.lines.back() != &line) token.lines.push_back(&line);
        for (const auto& [seat, interval] : std::map(token.seats)) {
            if (before.seats.count(seat) != 0) continue;
            token.seats.erase(seat);
            token.maybe.emplace(seat, kNone);
        }
        for (const auto& [seat, interval] : before.seats)
            if (token.seats.count(seat) == 0) token.maybe[seat] = interval;
        token.maybe.insert(before.maybe.begin(), before.maybe.end());
        token.settled_at = line.returned + kSettlingMicros;
        token.ended = token.ended && undo.old_token && before.ended;
        if (undo.old_token) token.earliest = std::min(token.earliest, before.earliest);
        token.latest = std::max(token.latest, before.latest);
    }
    transaction_ = {};
}

}  // namespace tix::history
