// The mock payment provider, seen from the gateway. Its news comes as webhooks, in the very words
// of tix_payment_event().
#pragma once

#include <string>

#include "../http/client.hpp"
#include "provider.hpp"

namespace tix::gateway {

class MockProvider : public Provider {
public:
    // Throws std::invalid_argument for a URL that is none.
    MockProvider(std::string url, std::string webhook_secret)
        : clients_(std::move(url)), webhook_secret_(std::move(webhook_secret)) {}

    const char* name() const override { return "mock"; }
    std::string usual_method() const override { return "mock_ok"; }
    bool takes(const std::string&) const override { return true; }  // it says itself what it knows

    Began begin(const Payment& payment) override;
    Answer capture(const Payment& payment) override;
    Answer cancel(const Payment& payment) override;
    Answer refund(const Refund& refund) override;
    Answer details(const Payment& payment) override;

    bool genuine(const HttpRequest& request, std::string& why) const override;
    ProviderNews read(const Json& body) const override;

private:
    std::optional<HttpClient::Answer> post(const char* path, const Json& body);
    Answer follow(const char* path, const Payment& payment);

    HttpClients clients_;
    std::string webhook_secret_;
};

}  // namespace tix::gateway
