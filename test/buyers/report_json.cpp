// Writes the figures of the report as JSON.
#include <cstdio>
#include <ctime>

#include "report.hpp"

namespace tix::buyers {
namespace {

std::string quoted(const std::string& text) {
    std::string printed = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') printed += '\\';
        if (static_cast<unsigned char>(c) >= 0x20) printed += c;
    }
    return printed + '"';
}

// The time of day of Greenwich, as ISO 8601 writes it.
std::string now_in_words() {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    gmtime_r(&now, &parts);
    char printed[32];
    std::strftime(printed, sizeof printed, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return printed;
}

// Collects `"name": value` pairs and prints them as an object.
class Object {
public:
    template <typename Value>
    requires std::is_integral_v<Value> Object& add(const std::string& name, Value value) {
        return raw(name, std::to_string(value));
    }
    Object& add(const std::string& name, const std::string& value) {
        return raw(name, quoted(value));
    }
    Object& add(const std::string& name, const Object& value) { return raw(name, value.print()); }
    template <typename Number>
    Object& add(const std::string& name, const std::map<std::string, Number>& counts) {
        Object object;
        for (const auto& [key, number] : counts)
            object.add(key, number);
        return add(name, object);
    }
    Object& add(const std::string& name, const std::vector<std::string>& lines) {
        return list(name, lines, quoted);
    }
    // An array of what `print` makes of each item.
    template <typename Item, typename Print>
    Object& list(const std::string& name, const std::vector<Item>& items, Print print) {
        std::string array;
        for (const Item& item : items)
            array += (array.empty() ? "" : ", ") + print(item);
        return raw(name, "[" + array + "]");
    }
    std::string print() const { return "{" + body_ + "}"; }

private:
    Object& raw(const std::string& name, const std::string& value) {
        body_ += (body_.empty() ? "" : ", ") + quoted(name) + ": " + value;
        return *this;
    }
    std::string body_;
};

Object steps(const Statistics& statistics) {
    Object all;
    for (std::size_t i = 0; i < kSteps; ++i) {
        const Histogram& step = statistics.steps[i];
        if (step.count() == 0) continue;
        all.add(step_name(static_cast<Step>(i)), Object()
                                                     .add("calls", step.count())
                                                     .add("p50_us", step.percentile_us(50))
                                                     .add("p95_us", step.percentile_us(95))
                                                     .add("p99_us", step.percentile_us(99))
                                                     .add("max_us", step.max_us()));
    }
    return all;
}

Object buyers(const Statistics& s) {
    return Object()
        .add("buyers", s.buyers)
        .add("given_up", s.given_up)
        .add("holds", s.holds)
        .add("seats_held", s.seats_held)
        .add("holds_abandoned", s.abandoned)
        .add("orders_abandoned", s.orders_abandoned)
        .add("orders_cancelled", s.orders_cancelled)
        .add("released", s.released)
        .add("rolled_back", s.rolled_back)
        .add("payments_rolled_back", s.payments_rolled_back)
        .add("expired", s.expired)
        .add("orders", s.orders)
        .add("events_sent_twice", s.sent_twice)
        .add("declined", s.declined)
        .add("tickets_fetched", s.tickets)
        .add("refused", s.refused)
        .add("payment_events", s.payments)
        .add("errors", s.errors);
}

Object traffic(const Traffic& t) {
    return Object()
        .add("requests", t.requests)
        .add("driver_cpu_us_per_request", static_cast<std::uint64_t>(t.cpu_us_per_request))
        .add("limited_429", t.limited)
        .add("unavailable_503", t.unavailable)
        .add("other_5xx", t.server_errors)
        .add("unexpected", t.unexpected)
        .add("in_progress_409", t.in_progress)
        .add("not_modified_304", t.not_modified)
        .add("replayed", t.replayed)
        .add("unlike_replays", t.unlike_replays)
        .add("open_min", t.open_min)
        .add("crowded_ms", t.crowded_ms)
        .add("reconnects", t.reconnects)
        .add("resent", t.resent)
        .add("given_up", t.given_up)
        .add("registered", t.registered)
        .add("extended", t.extended)
        .add("missing_tickets", t.missing_tickets)
        .add("stream_messages", t.stream_messages)
        .add("stream_reconnects", t.stream_reconnects);
}

using Point = Timeline::Point;
using Interval = Timeline::Interval;

// Each member is an array with one number for each point.
Object timeline(const Timeline& timeline) {
    Object all;
    const auto column = [&](Object& object, const std::string& name, auto of) {
        object.list(name, timeline.points(), [&](const Point& p) { return std::to_string(of(p)); });
    };
    column(all, "t_ms", [](const Point& p) { return p.at_ms; });
    column(all, "free", [](const Point& p) { return p.free; });
    column(all, "held", [](const Point& p) { return p.held; });
    column(all, "sold", [](const Point& p) { return p.sold; });
    column(all, "requests", [](const Point& p) { return p.requests; });
    Object refused;
    for (const auto& [reason, times] : timeline.points().back().refused)
        column(refused, reason, [&](const Point& p) {
            const auto found = p.refused.find(reason);
            return found == p.refused.end() ? 0 : found->second;
        });
    return all.add("refused", refused);
}

// Each member is an array with one number for each interval; a step that nobody took took 0.
Object latency(const Outcome& outcome) {
    Object all;
    const auto column = [&](Object& object, const std::string& name, auto of) {
        object.list(name, outcome.timeline.intervals(),
                    [&](const Interval& i) { return std::to_string(of(i)); });
    };
    column(all, "from_ms", [](const Interval& i) { return i.from_ms; });
    column(all, "until_ms", [](const Interval& i) { return i.until_ms; });
    Object steps;
    for (std::size_t i = 0; i < kSteps; ++i) {
        const auto step = static_cast<Step>(i);
        if (outcome.sale.crowd().statistics.steps[i].count() == 0) continue;
        const auto of = [step](const Interval& interval) {
            const auto found = interval.steps.find(step);
            return found == interval.steps.end() ? Histogram() : found->second;
        };
        Object one;
        column(one, "calls", [&](const Interval& i) { return of(i).count(); });
        column(one, "p50_us", [&](const Interval& i) { return of(i).percentile_us(50); });
        column(one, "p99_us", [&](const Interval& i) { return of(i).percentile_us(99); });
        steps.add(step_name(step), one);
    }
    return all.add("steps", steps);
}

// [x, y, ms since the sale began] of each seat; -1 ms: it was not sold.
std::string seat(const Seat& seat) {
    char printed[64];
    std::snprintf(printed, sizeof printed, "[%.1f,%.1f,%lld]", static_cast<double>(seat.x),
                  static_cast<double>(seat.y), static_cast<long long>(seat.sold_at_ms));
    return printed;
}

std::string incident(const Incident& incident) {
    return Object()
        .add("at_ms", incident.at_ms)
        .add("victim", incident.victim)
        .add("pid", incident.pid)
        .add("back_ms", incident.back_ms)
        .print();
}

Object recovery(const std::vector<Incident>& incidents) {
    Object all;
    for (const auto& [victim, recovery] : recoveries(incidents))
        all.add(victim, Object()
                            .add("kills", recovery.kills)
                            .add("median_ms", recovery.median_ms)
                            .add("max_ms", recovery.max_ms)
                            .add("goal_ms", recovery.goal_ms)
                            .add("late", recovery.late)
                            .add("never_back", recovery.never_back));
    return all;
}

Object money(const Proof& proof) {
    return Object()
        .add("captured", proof.money_captured)
        .add("completed", proof.money_of_completed)
        .add("refunded", proof.money_refunded)
        .add("owed", proof.money_owed)
        .add("currency", proof.currency);
}

Object document(const Outcome& outcome) {
    const Crowd& crowd = outcome.sale.crowd();
    const Proof& proof = outcome.proof;
    Object all = Object()
                     .add("session_id", crowd.session_id)
                     .add("finished_at", now_in_words())
                     .add("seed", std::to_string(outcome.options.seed))
                     .add("connections", outcome.options.connections)
                     .add("capacity", crowd.market.capacity())
                     .add("sold", proof.sold)
                     .add("selling_ms", outcome.selling_ms)
                     .add("seats_per_s", proof.sold * 1000 / (outcome.selling_ms + 1))
                     .add("tickets", proof.tickets)
                     .add("double_sold", proof.double_sold)
                     .add("unique_violations", proof.unique_violations)
                     .add("audit_rows", proof.audit.size())
                     .add("check_rows", proof.check.size())
                     .add("feed_differences", proof.feed_differences)
                     .add("feed_resyncs", outcome.sale.resyncs())
                     .add("holds_lost", crowd.statistics.holds_lost)
                     .add("money", money(proof))
                     .add("refunds", proof.refunds)
                     .add("alarms", proof.alarms)
                     .add("orders_by_status", proof.orders)
                     .add("crowd", buyers(crowd.statistics))
                     .add("steps", steps(crowd.statistics))
                     .add("faults", outcome.faults)
                     .add("timeline", timeline(outcome.timeline))
                     .add("latency", latency(outcome))
                     .list("incidents", outcome.sale.incidents(), incident)
                     .add("recovery", recovery(outcome.sale.incidents()));
    if (outcome.options.over_http()) all.add("http", traffic(crowd.statistics.traffic));
    return all.list("seats", crowd.market.seats(), seat);
}

}  // namespace

bool write_json(const Outcome& outcome, const std::string& file) {
    std::FILE* out = std::fopen(file.c_str(), "w");
    if (out == nullptr) return false;
    const bool written = std::fprintf(out, "%s\n", document(outcome).print().c_str()) > 0;
    return std::fclose(out) == 0 && written;
}

}  // namespace tix::buyers
