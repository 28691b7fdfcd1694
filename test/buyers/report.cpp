// Prints the report.
#include "report.hpp"

#include <algorithm>
#include <cstdio>

#include "picture.hpp"

namespace tix::buyers {
namespace {

constexpr std::size_t kRowsShown = 5;

std::string count(std::uint64_t number) {
    return grouped(static_cast<long long>(number));
}

void print_steps(const Statistics& statistics) {
    std::printf("\n  %-16s %9s %9s %9s %9s %9s\n", "step", "calls", "p50 ms", "p95 ms", "p99 ms",
                "max ms");
    for (std::size_t i = 0; i < kSteps; ++i) {
        const Histogram& step = statistics.steps[i];
        if (step.count() == 0) continue;
        const auto ms = [](std::uint64_t us) { return static_cast<double>(us) / 1000.0; };
        std::printf("  %-16s %9s %9.1f %9.1f %9.1f %9.1f\n", step_name(static_cast<Step>(i)),
                    count(step.count()).c_str(), ms(step.percentile_us(50)),
                    ms(step.percentile_us(95)), ms(step.percentile_us(99)), ms(step.max_us()));
    }
}

template <typename Number>
std::string list(const std::map<std::string, Number>& counts) {
    std::string line;
    for (const auto& [name, times] : counts)
        line += (line.empty() ? "" : ", ") + name + " " + grouped(static_cast<long long>(times));
    return line.empty() ? "none" : line;
}

void line(const char* name, const std::string& value) {
    std::printf("  %-16s %s\n", name, value.c_str());
}

void print_traffic(const Statistics& s) {
    const Traffic& t = s.traffic;
    char text[128];
    std::snprintf(text, sizeof text, "at least %s open; %.0f s with 2 000 or more",
                  count(t.open_min).c_str(), static_cast<double>(t.crowded_ms) / 1000.0);
    line("connections", text);
    line("", count(t.reconnects) + " opened again, " + count(t.resent) +
                 " requests sent again after a loss");
    std::snprintf(text, sizeof text, "%s, %.0f µs of the buyers' own CPU each",
                  count(t.requests).c_str(), t.cpu_us_per_request);
    line("requests", text);
    line("limits", count(t.limited) + " refused (429), " + count(t.unavailable) +
                       " told to come later (503), " + count(t.server_errors) + " other 5xx");
    line("other errors", list(s.errors));
    line("passwords", count(t.registered) + " buyers registered and logged in");
    line("same key twice", count(t.replayed) + " replayed, " + count(t.in_progress) +
                               " in progress, " + count(t.unlike_replays) + " unlike the first");
    line("maps", count(t.not_modified) + " not modified (304)");
    line("stream",
         count(t.stream_messages) + " messages, " + count(t.stream_reconnects) + " reconnects");
}

void print_buyers(const Outcome& outcome) {
    const Statistics& s = outcome.sale.crowd().statistics;
    line("buyers", count(s.buyers) + " on " + std::to_string(outcome.options.connections) +
                       " connections; " + count(s.given_up) + " gave up after 5 refusals");
    line("holds", count(s.holds) + " (" + count(s.seats_held) + " seats)");
    line("refused", count(s.refusals()) + ": " + list(s.refused));
    line("changed mind", count(s.abandoned) + " holds and " + count(s.orders_abandoned) +
                             " orders left to expire, " + count(s.released) + " released, " +
                             count(s.orders_cancelled) + " orders cancelled");
    line("came too late",
         count(s.expired) + " (TX002 lock lost: " + count(s.errors_of("TX002")) + " in all)");
    line("orders", count(s.orders) + ": " + list(outcome.proof.orders));
    const std::string ending = ", declined " + count(s.declined) + "; " + count(s.sent_twice) +
                               " sent twice; refunds " + grouped(outcome.proof.refunds);
    if (outcome.options.over_http()) {
        line("payments", "completed " + count(s.completed) + ending);
        return print_traffic(s);
    }
    line("rolled back", count(s.rolled_back) + " holds, " + count(s.payments_rolled_back) +
                            " payments (then delivered again)");
    line("payment events", list(s.payments) + ending);
}

// In whole units of money, with the two digits of the small one.
std::string money(long long amount) {
    char cents[8];
    std::snprintf(cents, sizeof cents, ".%02lld", amount % 100);
    return grouped(amount / 100) + cents;
}

void print_money(const Proof& proof) {
    const std::string sum = money(proof.money_of_completed) + " completed + " +
                            money(proof.money_refunded) + " refunded + " + money(proof.money_owed) +
                            " owed";
    std::printf("  %-34s %s %s = %s\n", "money captured", money(proof.money_captured).c_str(),
                proof.currency.c_str(), sum.c_str());
}

void print_incidents(const Outcome& outcome) {
    const auto& incidents = outcome.sale.incidents();
    if (incidents.empty()) return;
    std::printf("\n  %-16s %9s %13s %13s %11s %11s %11s\n", "killed", "kills", "back, median",
                "back, max", "goal", "missed it", "never back");
    for (const auto& [victim, recovery] : recoveries(incidents)) {
        const bool back = recovery.never_back < recovery.kills;
        const auto ms = [&](std::int64_t time_ms) {
            return back ? grouped(time_ms) + " ms" : std::string("-");
        };
        std::printf("  %-16s %9zu %13s %13s %11s %11zu %11zu\n", victim.c_str(), recovery.kills,
                    ms(recovery.median_ms).c_str(), ms(recovery.max_ms).c_str(),
                    (grouped(recovery.goal_ms) + " ms").c_str(), recovery.late,
                    recovery.never_back);
    }
    line("holds lost", count(outcome.sale.crowd().statistics.holds_lost));
}

void print_rows(const char* name, const std::vector<std::string>& rows) {
    for (std::size_t i = 0; i < rows.size() && i < kRowsShown; ++i)
        std::printf("    %s: %s\n", name, rows[i].c_str());
}

void print_proof(const Outcome& outcome) {
    const Proof& proof = outcome.proof;
    const auto capacity = static_cast<long long>(outcome.sale.crowd().market.capacity());
    std::printf("\n  %-34s %s of %s\n", "seats sold", grouped(proof.sold).c_str(),
                grouped(capacity).c_str());
    std::printf("  %-34s %s\n", "valid tickets", grouped(proof.tickets).c_str());
    print_money(proof);
    std::printf("  %-34s %lld\n", "seats sold twice", proof.double_sold);
    std::printf("  %-34s %s\n", "unique violations on tickets",
                count(proof.unique_violations).c_str());
    std::printf("  %-34s %zu\n", "rows of tix_audit()", proof.audit.size());
    std::printf("  %-34s %zu\n", "rows of tix_check()", proof.check.size());
    std::printf("  %-34s %lld\n", "payment events that raised alarms", proof.alarms);
    std::printf("  %-34s %lld (%s resyncs)\n", "seats the change feed left wrong",
                proof.feed_differences, count(outcome.sale.resyncs()).c_str());
    print_rows("tix_audit", proof.audit);
    print_rows("tix_check", proof.check);
}

}  // namespace

std::map<std::string, Recovery> recoveries(const std::vector<Incident>& incidents) {
    std::map<std::string, std::vector<std::int64_t>> back_ms;
    std::map<std::string, Recovery> all;
    for (const Incident& incident : incidents) {
        Recovery& recovery = all[incident.victim];
        ++recovery.kills;
        recovery.goal_ms = incident.goal_ms;
        recovery.late += incident.back_ms > incident.goal_ms;
        if (incident.back_ms < 0)
            ++recovery.never_back;
        else
            back_ms[incident.victim].push_back(incident.back_ms);
    }
    for (auto& [victim, times] : back_ms) {
        std::sort(times.begin(), times.end());
        all[victim].median_ms = times[(times.size() - 1) / 2];
        all[victim].max_ms = times.back();
    }
    return all;
}

void print_report(const Outcome& outcome) {
    const Crowd& crowd = outcome.sale.crowd();
    std::printf("\nWhen the seats were sold (█ first … · last, o not sold out)\n\n");
    for (const std::string& line : picture(crowd.market))
        std::printf("  %s\n", line.c_str());
    const double seconds = static_cast<double>(outcome.selling_ms) / 1000.0;
    std::printf("\n%s seats in %.1f s: %.0f seats a second\n\n",
                grouped(outcome.proof.sold).c_str(), seconds,
                static_cast<double>(outcome.proof.sold) / seconds);
    print_buyers(outcome);
    print_steps(crowd.statistics);
    print_incidents(outcome);
    print_proof(outcome);
    if (!crowd.first_error.empty())
        std::printf("\n  first unexpected error: %s\n", crowd.first_error.c_str());
    std::printf("\n");
    for (const std::string& fault : outcome.faults)
        std::printf("FAILED: %s\n", fault.c_str());
    if (outcome.faults.empty())
        std::printf("SOLD OUT: every seat once, every law kept (seed %llu).\n",
                    static_cast<unsigned long long>(outcome.options.seed));
}

}  // namespace tix::buyers
