// The calls of LINE Pay's Online API v3: signs them, and says no more than their answers do.
//
// LINE Pay takes no idempotency key. So a call that moves money is never sent a second time before
// the details were asked for, and what an answer leaves open is kAsk.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "../http/client.hpp"
#include "linepay_wire.hpp"

namespace tix::gateway {

struct LinePayAccess {
    std::string url;  // of the API, without /v3
    std::string channel_id, secret;
    std::chrono::milliseconds timeout{20000};          // of all calls but
    std::chrono::milliseconds confirm_timeout{45000};  // confirm and capture: at least 40 s
};

class LinePayClient {
public:
    // Throws std::invalid_argument for a URL that is none.
    explicit LinePayClient(LinePayAccess access);

    // What a call came to; `code` is LINE Pay's, empty when no answer came, and for the log.
    struct Said {
        linepay::Verdict verdict = linepay::Verdict::kAsk;
        std::string code;
    };
    struct Requested : Said {
        std::optional<linepay::Opened> opened;  // when the verdict is kYes
    };
    struct Refunded : Said {
        std::string refund_id;  // when the verdict is kYes, if LINE Pay named it
    };

    // All of these are thread-safe. An amount that LINE Pay cannot express is kNo, and nobody is
    // asked. Amounts are minor units.
    Requested request(const linepay::Purchase& purchase) const;
    // Reserves the money, after the buyer agreed.
    Said confirm(const std::string& transaction, std::int64_t amount,
                 const std::string& currency) const;
    // Takes what is reserved.
    Said capture(const std::string& transaction, std::int64_t amount,
                 const std::string& currency) const;
    // Gives up what is reserved.
    Said give_up(const std::string& transaction) const;
    Refunded refund(const std::string& transaction, std::int64_t amount,
                    const std::string& currency) const;
    // How a transaction stands: by its details, and as long as they do not know it, by what the
    // buyer did.
    linepay::Standing look(const std::string& transaction) const;
    // The same for a request of which we have no transaction, because its answer was lost: nothing
    // when LINE Pay knows no payment of this number.
    std::optional<linepay::Standing> look_for(const std::string& number) const;

private:
    std::optional<linepay::Reply> get(const std::string& path, const std::string& query) const;
    std::optional<linepay::Reply> post(const std::string& path,
                                       const std::optional<std::string>& body,
                                       std::chrono::milliseconds timeout) const;
    std::optional<linepay::Reply> ask(HttpClient::Request request, const std::string& path,
                                      const std::string& text) const;
    Said move(const std::string& path, const std::optional<std::string>& body) const;

    LinePayAccess access_;
    mutable HttpClients clients_;
};

}  // namespace tix::gateway
