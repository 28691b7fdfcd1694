// What the clients' replays say together: tokens grow, no seat is two people's, the tables agree.
#include "check/judge.hpp"

#include <algorithm>
#include <sstream>

namespace tix::history {
namespace {

// A statement that was answered before another was sent had the smaller token.
void check_tokens(const History& history, std::vector<Grant> grants,
                  std::vector<Finding>& findings) {
    std::vector<Grant> answered = grants;
    std::sort(grants.begin(), grants.end(),
              [](const Grant& a, const Grant& b) { return a.line->invoke < b.line->invoke; });
    std::sort(answered.begin(), answered.end(),
              [](const Grant& a, const Grant& b) { return a.line->returned < b.line->returned; });
    Grant largest;
    std::size_t next = 0;
    for (const Grant& grant : grants) {
        for (; answered[next].line->returned < grant.line->invoke; next++)
            if (answered[next].token > largest.token) largest = answered[next];
        if (largest.token < grant.token) continue;
        const bool restarted = history.killed_between(largest.line->invoke, grant.line->returned);
        findings.push_back({restarted ? 6 : 1,
                            "token " + std::to_string(grant.token) + " was granted after " +
                                std::to_string(largest.token),
                            {largest.line, grant.line}});
    }
    std::sort(grants.begin(), grants.end(),
              [](const Grant& a, const Grant& b) { return a.token < b.token; });
    for (std::size_t i = 1; i < grants.size(); i++)
        if (grants[i - 1].token == grants[i].token)
            findings.push_back({1,
                                "token " + std::to_string(grants[i].token) + " is two holds'",
                                {grants[i - 1].line, grants[i].line}});
}

Finding overlap(const Interval& a, const Interval& b) {
    Finding finding;
    finding.law = a.sold && b.sold ? 5 : 2;
    finding.what = "seat " + b.seat + " was given to token " + std::to_string(b.token) +
                   " while it was token " + std::to_string(a.token) + "'s";
    for (const Interval* i : {&a, &b}) {
        finding.lines.push_back(i->grant);
        if (i->closed_by != nullptr) finding.lines.push_back(i->closed_by);
    }
    return finding;
}

// Sorted by the time of the answer, an interval can meet only those that have not ended by then.
void check_seats(const History& history, std::vector<const Interval*> intervals,
                 std::vector<Finding>& findings) {
    std::sort(intervals.begin(), intervals.end(), [](const Interval* a, const Interval* b) {
        return std::tie(a->seat, a->grant->returned) < std::tie(b->seat, b->grant->returned);
    });
    std::vector<const Interval*> open;
    for (const Interval* next : intervals) {
        const Micros from = next->grant->returned;
        std::erase_if(open, [&](const Interval* i) {
            return i->seat != next->seat || i->end(history) <= from;
        });
        for (const Interval* i : open) {
            const bool same = i->token == next->token && i->token != 0;
            const bool surely =
                next->end(history) > from || i->grant->returned < next->grant->invoke;
            if (!same && surely) findings.push_back(overlap(*i, *next));
        }
        open.push_back(next);
    }
}

void check_tickets(const History& history, const std::vector<Replay>& replays,
                   std::vector<Finding>& findings) {
    std::map<std::string, const Line*> certain;
    std::set<std::string> possible, there;
    for (const Replay& replay : replays) {
        for (const auto& [key, sale] : replay.sales) {
            if (sale.certain) certain[key] = replay.intervals[sale.interval].grant;
            possible.insert(key);
        }
    }
    for (const Ticket& ticket : history.tickets) {
        const std::string key = ticket.seat + " " + ticket.user;
        there.insert(key);
        if (possible.count(key) == 0)
            findings.push_back({5, "the table has a ticket that nobody made: " + key, {}});
    }
    for (const auto& [key, line] : certain)
        if (there.count(key) == 0)
            findings.push_back({5, "the table lacks an acknowledged ticket: " + key, {line}});
}

}  // namespace

Verdict judge(const History& history) {
    Verdict verdict;
    std::vector<Replay> replays;
    std::vector<Grant> grants;
    std::vector<const Interval*> intervals;
    std::set<std::string> seats;
    for (std::size_t client = 0; client < history.clients.size(); client++) {
        replays.emplace_back(history, static_cast<int>(client), verdict.findings).run();
        for (const Line& line : history.clients[client]) {
            verdict.statements++;
            verdict.unanswered += line.outcome == "lost";
        }
    }
    for (const Replay& replay : replays) {
        grants.insert(grants.end(), replay.grants.begin(), replay.grants.end());
        for (const Interval& interval : replay.intervals) {
            if (interval.grant->outcome == "lost") continue;
            intervals.push_back(&interval);
            verdict.sales += interval.sold;
            seats.insert(interval.seat);
        }
    }
    verdict.grants = grants.size();
    verdict.seats = seats.size();
    check_tokens(history, grants, verdict.findings);
    check_seats(history, intervals, verdict.findings);
    if (history.finished) check_tickets(history, replays, verdict.findings);
    for (const std::string& complaint : history.complaints)
        verdict.findings.push_back({7, complaint, {}});
    return verdict;
}

std::string show(const Finding& finding, const History& history) {
    std::ostringstream out;
    out << "law " << finding.law << ": " << finding.what << '\n';
    std::vector<const Line*> lines = finding.lines;
    std::sort(lines.begin(), lines.end(), [](const Line* a, const Line* b) {
        return std::tie(a->invoke, a->client) < std::tie(b->invoke, b->client);
    });
    lines.erase(std::unique(lines.begin(), lines.end()), lines.end());
    auto kill = history.kills.begin();
    for (const Line* line : lines) {
        for (; kill != history.kills.end() && kill->at < line->invoke; ++kill)
            if (kill->at > lines.front()->invoke) out << "    kill      " << kill->text << '\n';
        out << "    client " << line->client << "  " << line->text << '\n';
    }
    return out.str();
}

}  // namespace tix::history
