// Writes the figures of the report as JSON.
#include <cstdio>
#include <memory>

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
        std::string array;
        for (const std::string& line : lines)
            array += (array.empty() ? "" : ", ") + quoted(line);
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

}  // namespace

bool write_json(const Outcome& outcome, const std::string& file) {
    const Crowd& crowd = outcome.sale.crowd();
    const Proof& proof = outcome.proof;
    Object document = Object()
                          .add("session_id", crowd.session_id)
                          .add("seed", outcome.options.seed)
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
                          .add("money_captured", proof.money_captured)
                          .add("refunds", proof.refunds)
                          .add("orders_by_status", proof.orders)
                          .add("crowd", buyers(crowd.statistics))
                          .add("steps", steps(crowd.statistics))
                          .add("faults", outcome.faults);
    if (outcome.options.over_http()) document.add("http", traffic(crowd.statistics.traffic));
    std::FILE* out = std::fopen(file.c_str(), "w");
    if (out == nullptr) return false;
    const bool written = std::fprintf(out, "%s\n", document.print().c_str()) > 0;
    return std::fclose(out) == 0 && written;
}

}  // namespace tix::buyers
