// LINE Pay as one of the providers: which call when, and what its answers are as facts.
//
// It sends no webhook: whoever comes back from its page, and the reconciler, ask how a payment
// stands. The buyer's word that he agreed is no money yet, it lets us confirm: that is the fact
// `authorized`. capture() then confirms, which reserves the money, and says `authorized` again, so
// that the seats are looked at once more; asked again it takes what is reserved. A request that is
// never confirmed lapses by itself after twenty minutes.
#pragma once

#include <string>

#include "linepay_client.hpp"
#include "provider.hpp"

namespace tix::gateway {

class LinePay : public Provider {
public:
    struct Settings {
        LinePayAccess access;
        std::string confirm_url, cancel_url;  // where its page sends the buyer
    };
    // Throws std::invalid_argument for a URL that is none.
    explicit LinePay(Settings settings);

    const char* name() const override { return kName; }
    std::string usual_method() const override { return kName; }
    bool takes(const std::string& method) const override { return method == kName; }
    bool keeps_ids() const override { return false; }

    Began begin(const Payment& payment) override;
    Answer capture(const Payment& payment) override;
    Answer cancel(const Payment& payment) override;
    Answer refund(const Refund& refund) override;
    Answer details(const Payment& payment) override;

    bool genuine(const HttpRequest& request, std::string& why) const override;
    ProviderNews read(const Json& body) const override;

    static constexpr char kName[] = "linepay";
    // Whether an order number of LINE Pay is one that we gave to this payment.
    static bool is_number_of(std::string_view number, std::string_view payment_id);

private:
    Answer stands(const Payment& payment, const linepay::Standing& standing) const;

    Settings settings_;
    LinePayClient client_;
};

}  // namespace tix::gateway
