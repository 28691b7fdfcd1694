// The mock payment provider, seen from the gateway: asks it to charge and to pay back. Its answer
// comes later, as a signed webhook.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "../http/client.hpp"
#include "../json/json.hpp"

namespace tix::gateway {

struct Charge {
    std::string payment_id;  // also the provider's idempotency key: asking twice charges once
    std::string order_id;
    std::int64_t amount = 0;  // minor units
    std::string currency;
    std::string method;  // what the provider shall do
};

struct Refund {
    std::string refund_id;  // also the provider's idempotency key: asking twice pays back once
    std::string payment_id;
    std::string order_id;
    std::string transaction_id;  // the provider's, of the payment
    std::int64_t amount = 0;     // minor units
    std::string currency;
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
    // The same. kRefused: it will never pay this back; whatever else may change is kUnknown.
    Outcome refund(const Refund& refund);

    const std::string& webhook_secret() const { return webhook_secret_; }

private:
    std::unique_ptr<HttpClient> borrow();
    // The status of the answer, 0 when none came.
    int ask(const char* path, const Json& body);

    std::string url_;
    std::string webhook_secret_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<HttpClient>> idle_;  // at most one a thread that asks
};

}  // namespace tix::gateway
