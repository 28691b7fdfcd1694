// A payment provider, as the gateway sees all of them: what it can be asked for, and what it says.
//
// An answer is yes, no or unknown. Yes and no are the provider's own words about this very request;
// silence, a broken connection, "too busy", a refused key or anything unreadable is unknown, never
// no: the money may have moved.
//
// What a provider says becomes facts in the words of tix_payment_event(). The database decides what
// they mean; whoever records them is gateway/payments/.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "../http/message.hpp"
#include "../json/json.hpp"

namespace tix::gateway {

enum class Outcome { kYes, kNo, kUnknown };

struct Payment {
    std::string payment_id;  // ours: what makes asking twice happen once
    std::string order_id;
    std::int64_t amount = 0;  // minor units
    std::string currency;
    std::string transaction_id;  // the provider's; empty while it is not known
    std::string method;          // of begin(): how it shall be paid
};

struct Refund {
    std::string refund_id;  // ours: what makes asking twice pay back once
    std::string payment_id;
    std::string order_id;
    std::string transaction_id;  // the provider's, of the payment
    std::int64_t amount = 0;     // minor units
    std::string currency;
    // Of a provider that does not keep ids: its names of this payment's refunds that are booked.
    std::vector<std::string> known_ids{};
};

// One thing a provider said.
struct Fact {
    std::string event_id;    // the provider's; empty: an answer to us, which is an event of its own
    std::string kind;        // of tix_payment_event()
    std::string payment_id;  // ours, where the provider repeats it, else empty
    std::optional<std::string> order_id;  // nothing: that of the transaction
    std::optional<std::string> transaction_id, currency;
    std::optional<std::int64_t> amount;  // minor units
    Json payload = Json::object();       // refundId, providerRefundId, disputeId, reason
    // Refused, but the buyer could still pay: it is to be called off before the refusal counts, so
    // that no money comes after it.
    bool still_open = false;
};

struct Answer {
    Outcome outcome = Outcome::kUnknown;
    std::vector<Fact> facts;  // to be recorded, in this order
    std::string detail;       // for the log: a code, no secret
    // Of details(): nobody has paid yet, and the buyer may since then (seconds since 1970).
    std::optional<std::int64_t> open_since;
};

struct Began : Answer {
    std::string transaction_id;  // the provider's; empty while it told none
    // What the buyer has to do; both empty: nothing. The client secret is for the provider's script
    // in the buyer's browser: it is answered to the buyer, not logged and not stored.
    std::string redirect_url, client_secret;
    std::optional<std::int64_t> action_ttl_s;  // how long the redirect is good for
};

// What a webhook says.
struct ProviderNews {
    std::vector<Fact> facts;
    // It says that something happened, not what: to be asked about (order_id may be empty).
    std::optional<Payment> ask;
};

// Thread-safe. What asks the provider is never called inside a database transaction, and takes at
// most the time of the provider's settings.
class Provider {
public:
    virtual ~Provider() = default;
    // In settings payments.<name>, in routes, in tix.payment_providers.
    virtual const char* name() const = 0;
    // The method of a payment that names none; may be empty.
    virtual std::string usual_method() const = 0;
    // Whether begin() may be asked for this method.
    virtual bool takes(const std::string& method) const = 0;

    // Whether it keeps our ids, so that asking twice to begin or to refund happens once. Else
    // begin() is not asked again, and refund() has to look first.
    virtual bool keeps_ids() const { return true; }

    // Asks for the money: only to be reserved, if the provider can. Yes: begun.
    virtual Began begin(const Payment& payment) = 0;
    // Takes what is reserved.
    virtual Answer capture(const Payment& payment) = 0;
    // Gives up what is reserved, or what nobody has paid yet.
    virtual Answer cancel(const Payment& payment) = 0;
    // No: it will never pay this back; whatever else may change is unknown.
    virtual Answer refund(const Refund& refund) = 0;
    // How the payment stands. No facts and no open_since: it is on its way.
    virtual Answer details(const Payment& payment) = 0;

    // Whether a webhook comes from the provider, by its raw body and headers; else `why` is one
    // line for the log.
    virtual bool genuine(const HttpRequest& request, std::string& why) const = 0;
    // Reads a genuine one; throws ProblemError validation for what the provider never says.
    virtual ProviderNews read(const Json& body) const = 0;
};

}  // namespace tix::gateway
