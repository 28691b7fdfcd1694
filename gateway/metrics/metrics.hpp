// What Prometheus can see of this gateway.
//
// Counters and histograms are made once, by route and status class, so that a request costs a few
// atomic additions.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tix::gateway {

class Metrics {
public:
    // `routes` are the labels of the routes, in the order of their numbers.
    explicit Metrics(const std::vector<std::string>& routes);
    ~Metrics();

    // `route` -1: no route matched.
    void request(int route, int status, double seconds);
    void limited(std::string_view limit);
    // What was decided about a client that may be a bot.
    void bot(std::string_view decision);
    // Lock requests that went to the database together; 1 is one alone.
    void lock_batch(int requests);
    void database_error(std::string_view kind);
    void database_pool(int open, int busy, int waiting);
    void feed_position(std::int64_t messages, std::int64_t resyncs, bool connected);
    void news(std::int64_t messages, std::size_t listeners);
    void webhook(std::string_view provider, std::string_view result);
    void refund(std::string_view provider, std::string_view outcome);
    void outgoing_webhook(std::string_view outcome);
    // A question to a payment provider: "yes", "no" or "unknown".
    void provider_call(std::string_view provider, std::string_view call, std::string_view outcome,
                       double seconds);
    void provider_circuit(std::string_view provider, bool open);
    // A payment of unknown outcome that was asked about: "told", "waiting" or "unknown".
    void reconciled(std::string_view provider, std::string_view outcome);
    void in_flight(int change);

    // The text format of Prometheus.
    std::string text() const;

private:
    struct Families;
    std::unique_ptr<Families> families_;
};

}  // namespace tix::gateway
