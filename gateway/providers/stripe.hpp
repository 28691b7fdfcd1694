// Stripe: PaymentIntents of cards that only reserve the money, captured or cancelled afterwards.
//
// A payment is one PaymentIntent, found by its id or, while the gateway does not know that, by
// creating it again under the same idempotency key. The buyer pays in Stripe's own form with the
// client secret, or names a PaymentMethod, which is then charged at once.
#pragma once

#include <chrono>
#include <string>

#include "../http/client.hpp"
#include "provider.hpp"
#include "stripe_wire.hpp"

namespace tix::gateway {

struct StripeSettings {
    std::string url, secret_key, webhook_secret;
    std::string return_url;  // where 3-D Secure sends the buyer back; empty: Stripe's script does
    std::chrono::milliseconds timeout{10000};
};

class StripeProvider : public Provider {
public:
    // Throws std::invalid_argument for a URL that is none.
    explicit StripeProvider(StripeSettings settings)
        : settings_(std::move(settings)), clients_(settings_.url) {}

    const char* name() const override { return "stripe"; }
    std::string usual_method() const override { return ""; }
    bool takes(const std::string& method) const override;

    Began begin(const Payment& payment) override;
    Answer capture(const Payment& payment) override;
    Answer cancel(const Payment& payment) override;
    Answer refund(const Refund& refund) override;
    Answer details(const Payment& payment) override;

    bool genuine(const HttpRequest& request, std::string& why) const override;
    ProviderNews read(const Json& body) const override;

private:
    // What came back: status 0 when nothing readable did.
    struct Said {
        int status = 0;
        Json body;
        bool replayed = false;  // the stored answer to the same idempotency key
        bool good() const { return status / 100 == 2; }
        std::string code() const;
    };
    Said send(const char* method, const std::string& path, const stripe::Form& form,
              const std::string& key);
    Said create(const Payment& payment);
    // The PaymentIntent of a payment whose id nobody has kept.
    Said find(const Payment& payment);
    Answer follow(const Payment& payment, const char* what, const stripe::Form& form);

    StripeSettings settings_;
    HttpClients clients_;
};

}  // namespace tix::gateway
