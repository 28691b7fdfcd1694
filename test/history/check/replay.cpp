// The statements: what each answer must mean.
#include "check/replay.hpp"

#include <algorithm>

namespace tix::history {
namespace {

std::string sale_key(const std::string& seat, const Line& line) {
    return seat + " " + line.in.at("user");
}

bool has(const std::vector<std::string>& seats, const std::string& seat) {
    return std::find(seats.begin(), seats.end(), seat) != seats.end();
}

std::string field(const Fields& fields, const char* key) {
    const auto found = fields.find(key);
    return found == fields.end() ? "" : found->second;
}

}  // namespace

void Replay::run() {
    for (const Line& line : history_.clients[static_cast<std::size_t>(client_)])
        statement(line);
    if (transaction_.open) {  // the run ended in it
        const std::vector<Line>& lines = history_.clients[static_cast<std::size_t>(client_)];
        abort(lines.back());
    }
}

void Replay::statement(const Line& line) {
    const bool ok = line.outcome == "ok";
    if (transaction_.open && line.outcome != "lost") transaction_.answered_at = line.returned;
    if (line.kind == "begin") {
        if (ok) begin(true), transaction_.answered_at = line.returned;
    } else if (line.kind == "savepoint") {
        if (ok)
            transaction_.savepoints.push_back({line.in.at("name"), transaction_.undo.size(),
                                               transaction_.opened.size(),
                                               transaction_.relied.size()});
        else
            abort(line);
    } else if (line.kind == "rollback_to") {
        if (ok)
            roll_back_to(line);
        else
            abort(line);
    } else if (line.kind == "rollback") {
        abort(line);
    } else if (line.kind == "commit") {
        if (ok)
            commit(line);
        else if (line.outcome == "lost")
            perhaps(line);
        else
            refused(line), abort(line);
    } else {
        work(line);
    }
}

void Replay::work(const Line& line) {
    const bool alone = !transaction_.open;
    if (alone) begin(false);
    if (line.outcome == "ok") {
        done(line);
        if (alone) commit(line);
    } else if (line.outcome == "refused") {
        refused(line);
        if (alone) commit(line);
    } else if (line.outcome == "error") {
        refused(line);
        if (alone)
            abort(line);
        else if (transaction_.failed_at == 0)
            transaction_.failed_at = line.invoke, transaction_.failed_by = &line;
    } else if (alone) {
        unanswered(line);
        perhaps(line);
    } else {
        abort(line);  // a transaction that was never committed
    }
}

void Replay::done(const Line& line) {
    if (line.kind == "lock" || line.kind == "best") return granted(line);
    if (line.kind == "extend" || line.kind == "hand_over") return prolonged(line);
    if (line.kind == "get") return looked(line);
    if (line.kind == "release") return released(line);
    if (line.kind == "confirm") return confirmed(line);
    if (line.kind == "insert") return inserted(line);
    if (line.kind == "delete") return deleted(line);
    throw std::runtime_error("unknown statement: " + line.text);
}

// An answer that the hold is lost, or that it is busy although nobody else works on it.
void Replay::refused(const Line& line) {
    const std::string reason = field(line.out, "reason");
    TokenId id = token_in(line.out) != 0 ? token_in(line.out) : token_in(line.in);
    if (id == 0) id = static_cast<TokenId>(number_in(line.in, "into"));
    const auto found = tokens_.find(id);
    if (found == tokens_.end() || !names_owner(line, found->second)) return;
    found->second.lines.push_back(&line);
    const Token& token = found->second;
    const bool mine_now = token.ended_by == transaction_.id;
    if (reason == "busy" && !mine_now && line.invoke > token.settled_at &&
        lives(token, line.returned))
        find(3, line, id, "is busy, although nobody else works on it");
    if (reason != "expired") return;
    if (lives(token, line.returned)) find(3, line, id, "was refused before its deadline");
    if (token.seats.empty() && !token.ended && line.returned < token.earliest) {
        Token& dead = touch(id);  // it might have lived, and did not
        dead.ended = true;
        dead.maybe.clear();
    }
}

void Replay::granted(const Line& line) {
    const TokenId id = token_in(line.out);
    const std::string session = line.in.at("session");
    const auto into = static_cast<TokenId>(number_in(line.in, "into"));
    if (into != 0 && into != id)
        find(4, line, into, "was to get the seats, another token has them");
    if (tokens_.count(id) != 0) {
        if (accept(line, id) == nullptr) return;
    } else {
        grants.push_back({id, &line});
        Token& token = touch(id);
        const Micros ttl = number_in(line.in, "ttl");
        token.session = session;
        token.user = line.in.at("user");
        token.set_at = line.invoke;
        token.earliest = line.invoke + ttl;
        token.latest = line.returned + ttl;
        token.lines.push_back(&line);
    }
    transaction_.relied.push_back(id);
    for (const std::string& seat : seats_in(line.out, session))
        give(line, id, seat);
}

void Replay::prolonged(const Line& line) {
    const TokenId id = token_in(line.in);
    if (accept(line, id) == nullptr) return;
    expect_seats(line, id);
    Token& token = touch(id);
    const Micros ttl = number_in(line.in, "ttl");
    token.set_at = line.invoke;
    token.earliest = std::max(token.earliest, line.invoke + ttl);
    token.latest = std::max(token.latest, line.returned + ttl);
    transaction_.relied.push_back(id);
}

void Replay::looked(const Line& line) {
    const TokenId id = token_in(line.in);
    if (accept(line, id) != nullptr) expect_seats(line, id);
}

void Replay::released(const Line& line) {
    const TokenId id = token_in(line.in);
    const auto found = tokens_.find(id);
    const std::string session = found == tokens_.end() ? "" : found->second.session;
    const Seats asked = seats_in(line.in, session), given = seats_in(line.out, session);
    if (!given.empty() && accept(line, id) == nullptr) return;
    if (found == tokens_.end() || !names_owner(line, found->second)) return;
    if (given.empty()) found->second.lines.push_back(&line);
    for (const std::string& seat : given)  // what could be given back had not been sold
        if (found->second.maybe.count(seat) != 0) give(line, id, seat);
    Token& token = touch(id);
    const bool alive = lives(token, line.returned) && line.invoke > token.settled_at;
    for (const auto& [seat, interval] : std::map(token.seats)) {
        if ((asked.empty() || has(asked, seat)) && !has(given, seat) && alive)
            find(3, line, id, "did not release its seat " + seat);
        if (has(given, seat)) token.seats.erase(seat);
    }
    for (const std::string& seat : given) {
        const bool wanted = asked.empty() || has(asked, seat);
        if (!wanted) find(4, line, id, "released seat " + seat + ", which nobody asked for");
    }
    if (asked.empty()) token.maybe.clear();
    for (const std::string& seat : asked)
        token.maybe.erase(seat);
}

void Replay::confirmed(const Line& line) {
    const TokenId id = token_in(line.in);
    if (accept(line, id) == nullptr) return;
    expect_seats(line, id);
    Token& token = touch(id);
    for (const auto& [seat, interval] : token.seats) {
        const std::string key = sale_key(seat, line);
        touch_sale(key);
        sales[key] = {interval, true, transaction_.id};
    }
    token.seats.clear();
    token.maybe.clear();
    token.ended = true;
    token.ended_by = transaction_.id;
}

void Replay::inserted(const Line& line) {
    for (const std::string& seat : seats_in(line.in, line.in.at("session"))) {
        const std::string key = sale_key(seat, line);
        const auto found = sales.find(key);
        if (found != sales.end() && found->second.transaction == transaction_.id) continue;
        if (found != sales.end() && found->second.certain)
            find(5, line, intervals[found->second.interval].token, "was sold already: " + seat);
        touch_sale(key);
        const std::size_t interval = open_interval(line, 0, seat);
        intervals[interval].deadline = kNever;
        sales[key] = {interval, true, transaction_.id};
    }
}

void Replay::deleted(const Line& line) {
    const std::string session = line.in.at("session");
    const Seats gone = seats_in(line.out, session);
    for (const std::string& seat : seats_in(line.in, session)) {
        const std::string key = sale_key(seat, line);
        const auto found = sales.find(key);
        if (has(gone, seat)) {
            if (found == sales.end())
                findings_.push_back({5, "a ticket that was never made: " + key, {&line}});
        } else if (found != sales.end() && found->second.certain) {
            findings_.push_back({5,
                                 "an acknowledged ticket is missing: " + key,
                                 {intervals[found->second.interval].grant, &line}});
        }
        if (found == sales.end()) continue;
        touch_sale(key);
        sales.erase(key);
    }
}

// Applies what a statement whose answer was lost would have done; perhaps() then weakens it.
void Replay::unanswered(const Line& line) {
    TokenId id = token_in(line.in);
    if (line.kind == "lock") id = static_cast<TokenId>(number_in(line.in, "into"));
    if (line.kind == "delete" || line.kind == "insert") {
        for (const std::string& seat : seats_in(line.in, line.in.at("session"))) {
            const std::string key = sale_key(seat, line);
            touch_sale(key);
            if (line.kind == "delete")
                sales.erase(key);
            else if (sales.count(key) == 0)
                sales[key] = {open_interval(line, 0, seat), true, transaction_.id};
        }
        return;
    }
    const auto found = tokens_.find(id);
    if (found == tokens_.end() || !names_owner(line, found->second)) return;
    Token& token = touch(id);
    token.lines.push_back(&line);
    const Seats asked = seats_in(line.in, token.session);
    if (line.kind == "lock")
        for (const std::string& seat : asked)
            if (token.seats.count(seat) == 0) token.maybe.emplace(seat, kNone);
    if (line.kind == "extend" || line.kind == "hand_over")
        token.latest = std::max(token.latest, line.returned + number_in(line.in, "ttl"));
    if (line.kind == "release")
        for (const auto& [seat, interval] : std::map(token.seats))
            if (asked.empty() || has(asked, seat)) token.seats.erase(seat);
}

}  // namespace tix::history
