// The mock payment provider, seen from the gateway: asks it to charge. Its answer comes later, as
// a signed webhook.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "../http/client.hpp"

namespace tix::gateway {

struct Charge {
    std::string payment_id;  // also the provider's idempotency key: asking twice charges once
    std::string order_id;
    std::int64_t amount = 0;  // minor units
    std::string currency;
    std::string method;  // what the provider shall do
};

class MockProvider {
public:
    MockProvider(std::string url, std::string webhook_secret)
        : url_(std::move(url)), webhook_secret_(std::move(webhook_secret)) {
        HttpClient check(url_, {});  // throws now rather than at the first payment
    }

    enum class Outcome { kAccepted, kRefused, kUnknown };
    // Thread-safe. Never called inside a database transaction.
    Outcome charge(const Charge& charge);

    const std::string& webhook_secret() const { return webhook_secret_; }

private:
    std::unique_ptr<HttpClient> borrow();

    std::string url_;
    std::string webhook_secret_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<HttpClient>> idle_;  // at most one a thread of the server
};

}  // namespace tix::gateway
