// prometheus-cpp's registry and text serializer.
#include "metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>

namespace tix::gateway {
namespace {

using prometheus::BuildCounter;
using prometheus::BuildGauge;
using prometheus::BuildHistogram;

constexpr std::size_t kStatusClasses = 6;
const prometheus::Histogram::BucketBoundaries kSeconds{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                                       0.1,   0.25,   0.5,   1,    2.5,   10};
const prometheus::Histogram::BucketBoundaries kProviderSeconds{0.01, 0.05, 0.1, 0.25, 0.5,
                                                               1,    2.5,  5,   10,   40};

}  // namespace

struct Metrics::Families {
    struct RouteMetrics {
        std::array<prometheus::Counter*, kStatusClasses> requests{};
        prometheus::Histogram* seconds = nullptr;
    };

    prometheus::Registry registry;
    std::vector<RouteMetrics> routes;
    prometheus::Family<prometheus::Counter>& limited =
        BuildCounter()
            .Name("tix_gateway_limited_total")
            .Help("Requests refused by a rate limit.")
            .Register(registry);
    prometheus::Family<prometheus::Counter>& bots =
        BuildCounter()
            .Name("tix_gateway_bots_total")
            .Help("Decisions about clients that may be bots; let_in is no suspicion.")
            .Register(registry);
    prometheus::Histogram& lock_batch =
        BuildHistogram()
            .Name("tix_gateway_lock_batch_requests")
            .Help("Lock requests that went to the database together.")
            .Register(registry)
            .Add({}, prometheus::Histogram::BucketBoundaries{1, 2, 4, 8, 16, 32, 64});
    prometheus::Family<prometheus::Counter>& database_errors =
        BuildCounter()
            .Name("tix_gateway_database_errors_total")
            .Help("Statements that failed: unavailable, unknown or an unexpected SQLSTATE.")
            .Register(registry);
    prometheus::Family<prometheus::Gauge>& pool =
        BuildGauge()
            .Name("tix_gateway_database_connections")
            .Help("Connections to the pool, and requests waiting for one.")
            .Register(registry);
    prometheus::Family<prometheus::Counter>& webhooks =
        BuildCounter()
            .Name("tix_gateway_webhooks_total")
            .Help("Payment webhooks by what they did.")
            .Register(registry);
    prometheus::Family<prometheus::Counter>& refunds =
        BuildCounter()
            .Name("tix_gateway_refunds_total")
            .Help("Refunds asked for, by what the provider said: accepted, refused or unknown.")
            .Register(registry);
    prometheus::Family<prometheus::Counter>& provider_calls =
        BuildCounter()
            .Name("tix_gateway_provider_calls_total")
            .Help("Questions to payment providers, by what they said: yes, no or unknown.")
            .Register(registry);
    prometheus::Family<prometheus::Histogram>& provider_seconds =
        BuildHistogram()
            .Name("tix_gateway_provider_seconds")
            .Help("Time a payment provider took to answer, or not to.")
            .Register(registry);
    prometheus::Family<prometheus::Gauge>& provider_circuits =
        BuildGauge()
            .Name("tix_gateway_provider_circuit_open")
            .Help("Whether a payment provider is not asked, because it did not answer.")
            .Register(registry);
    prometheus::Family<prometheus::Counter>& reconciled =
        BuildCounter()
            .Name("tix_gateway_reconciled_total")
            .Help("Payments of unknown outcome asked about: told, waiting or unknown.")
            .Register(registry);
    prometheus::Family<prometheus::Counter>& outgoing_webhooks =
        BuildCounter()
            .Name("tix_gateway_outgoing_webhooks_total")
            .Help("Webhooks posted, by what came of it: accepted, refused or unanswered.")
            .Register(registry);
    prometheus::Family<prometheus::Gauge>& feed = BuildGauge()
                                                      .Name("tix_gateway_feed")
                                                      .Help("The publisher of seat changes.")
                                                      .Register(registry);
    prometheus::Family<prometheus::Gauge>& news =
        BuildGauge()
            .Name("tix_gateway_news")
            .Help("Messages published to users' streams, and users who may have one open.")
            .Register(registry);
    prometheus::Gauge& in_flight = BuildGauge()
                                       .Name("tix_gateway_requests_in_flight")
                                       .Help("Requests being answered.")
                                       .Register(registry)
                                       .Add({});
};

Metrics::Metrics(const std::vector<std::string>& routes) : families_(new Families) {
    auto& requests = BuildCounter()
                         .Name("tix_gateway_requests_total")
                         .Help("Requests by route and class of status.")
                         .Register(families_->registry);
    auto& seconds = BuildHistogram()
                        .Name("tix_gateway_request_seconds")
                        .Help("Time to answer a request.")
                        .Register(families_->registry);
    const auto add = [&](const std::string& name) {
        Families::RouteMetrics& route = families_->routes.emplace_back();
        route.seconds = &seconds.Add({{"route", name}}, kSeconds);
        for (std::size_t i = 1; i < kStatusClasses; ++i)
            route.requests[i] =
                &requests.Add({{"route", name}, {"status", std::to_string(i) + "xx"}});
    };
    add("none");
    for (const std::string& name : routes)
        add(name);
}

Metrics::~Metrics() = default;

void Metrics::request(int route, int status, double seconds) {
    auto& entry = families_->routes[static_cast<std::size_t>(route + 1)];
    entry.requests[static_cast<std::size_t>(std::clamp(status / 100, 1, 5))]->Increment();
    entry.seconds->Observe(seconds);
}

void Metrics::limited(std::string_view limit) {
    families_->limited.Add({{"limit", std::string(limit)}}).Increment();
}

void Metrics::bot(std::string_view decision) {
    families_->bots.Add({{"decision", std::string(decision)}}).Increment();
}

void Metrics::lock_batch(int requests) {
    families_->lock_batch.Observe(requests);
}

void Metrics::database_error(std::string_view kind) {
    families_->database_errors.Add({{"kind", std::string(kind)}}).Increment();
}

void Metrics::database_pool(int open, int busy, int waiting) {
    families_->pool.Add({{"state", "open"}}).Set(open);
    families_->pool.Add({{"state", "busy"}}).Set(busy);
    families_->pool.Add({{"state", "waiting"}}).Set(waiting);
}

void Metrics::feed_position(std::int64_t messages, std::int64_t resyncs, bool connected) {
    families_->feed.Add({{"what", "messages"}}).Set(static_cast<double>(messages));
    families_->feed.Add({{"what", "resyncs"}}).Set(static_cast<double>(resyncs));
    families_->feed.Add({{"what", "connected"}}).Set(connected ? 1 : 0);
}

void Metrics::news(std::int64_t messages, std::size_t listeners) {
    families_->news.Add({{"what", "messages"}}).Set(static_cast<double>(messages));
    families_->news.Add({{"what", "listeners"}}).Set(static_cast<double>(listeners));
}

void Metrics::webhook(std::string_view provider, std::string_view result) {
    families_->webhooks.Add({{"provider", std::string(provider)}, {"result", std::string(result)}})
        .Increment();
}

void Metrics::refund(std::string_view provider, std::string_view outcome) {
    families_->refunds.Add({{"provider", std::string(provider)}, {"outcome", std::string(outcome)}})
        .Increment();
}

void Metrics::provider_call(std::string_view provider, std::string_view call,
                            std::string_view outcome, double seconds) {
    const std::string name(provider);
    const std::string question(call);
    families_->provider_calls
        .Add({{"provider", name}, {"call", question}, {"outcome", std::string(outcome)}})
        .Increment();
    families_->provider_seconds.Add({{"provider", name}, {"call", question}}, kProviderSeconds)
        .Observe(seconds);
}

void Metrics::provider_circuit(std::string_view provider, bool open) {
    families_->provider_circuits.Add({{"provider", std::string(provider)}}).Set(open ? 1 : 0);
}

void Metrics::reconciled(std::string_view provider, std::string_view outcome) {
    families_->reconciled
        .Add({{"provider", std::string(provider)}, {"outcome", std::string(outcome)}})
        .Increment();
}

void Metrics::outgoing_webhook(std::string_view outcome) {
    families_->outgoing_webhooks.Add({{"outcome", std::string(outcome)}}).Increment();
}

void Metrics::in_flight(int change) {
    families_->in_flight.Increment(change);
}

std::string Metrics::text() const {
    return prometheus::TextSerializer().Serialize(families_->registry.Collect());
}

}  // namespace tix::gateway
