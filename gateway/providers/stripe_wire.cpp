// Reads Stripe's objects by their status.
#include "stripe_wire.hpp"

#include <algorithm>
#include <array>

#include "../base/money.hpp"
#include "../base/text.hpp"
#include "read.hpp"

namespace tix::gateway::stripe {
namespace {

constexpr std::size_t kIdBytes = 255;
// Refunds that Stripe will never make, whenever it is asked.
constexpr std::array<std::string_view, 6> kNeverRefunded{
    "charge_already_refunded", "charge_disputed",  "charge_not_refundable",
    "refund_disputed_payment", "amount_too_large", "amount_too_small"};

std::size_t stripe_exponent(std::string_view currency) {
    if (currency == "ISK" || currency == "UGX") return 2;
    if (currency == "MGA") return 0;
    return currency_exponent(currency);
}

// Moves an amount from one number of decimals to another; nothing when it does not go.
std::optional<std::int64_t> rescale(std::int64_t amount, std::size_t from, std::size_t to) {
    if (amount <= 0) return std::nullopt;
    for (; from < to; ++from)
        if (__builtin_mul_overflow(amount, std::int64_t{10}, &amount)) return std::nullopt;
    for (; from > to; --from) {
        if (amount % 10 != 0) return std::nullopt;
        amount /= 10;
    }
    return amount;
}

std::string capitals(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
    return text;
}

std::optional<std::string> uuid_at(const Json& object, std::initializer_list<const char*> path) {
    std::string text = text_at(object, path);
    if (!is_uuid(text)) return std::nullopt;
    return text;
}

// An id, or the id of the object that was expanded in its place.
std::optional<std::string> reference_at(const Json& object, const char* name) {
    const Json* found = member_at(object, {name});
    if (found == nullptr) return std::nullopt;
    std::string id = found->is_object() ? text_at(*found, {"id"}) : text_at(object, {name});
    if (!is_id(id)) return std::nullopt;
    return id;
}

void take_amount(Fact& fact, const Json& object, const char* name) {
    fact.currency = capitals(text_at(object, {"currency"}));
    if (const auto amount = number_at(object, {name}))
        fact.amount = amount_from(*amount, *fact.currency);
}

Fact fact_of_intent(const Json& intent, const char* kind) {
    Fact fact;
    fact.kind = kind;
    fact.payment_id = text_at(intent, {"metadata", "payment_id"});
    fact.order_id = text_at(intent, {"metadata", "order_id"});
    fact.transaction_id = text_at(intent, {"id"});
    fact.currency = capitals(text_at(intent, {"currency"}));
    fact.payload = {{"object", *fact.transaction_id}, {"status", text_at(intent, {"status"})}};
    return fact;
}

std::string decline_of(const Json& error) {
    const std::string decline = text_at(error, {"decline_code"});
    return decline.empty() ? text_at(error, {"code"}) : decline;
}

void take_refunds(const Json* refunds, std::vector<Fact>& facts) {
    if (refunds == nullptr || !refunds->is_array()) return;
    for (const Json& refund : *refunds)
        if (auto fact = fact_of_refund(refund)) facts.push_back(std::move(*fact));
}

}  // namespace

std::string encode(const Form& form) {
    static constexpr char kHex[] = "0123456789ABCDEF";
    const auto append = [](std::string& out, const std::string& text) {
        for (const unsigned char c : text) {
            const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                               (c >= 'a' && c <= 'z') || c == '-' || c == '_' || c == '.';
            if (plain) {
                out += static_cast<char>(c);
            } else {
                out += '%';
                out += kHex[c >> 4];
                out += kHex[c & 15];
            }
        }
    };
    std::string out;
    for (const auto& [name, value] : form) {
        if (!out.empty()) out += '&';
        append(out, name);
        out += '=';
        append(out, value);
    }
    return out;
}

std::optional<std::int64_t> amount_to(std::int64_t minor, std::string_view currency) {
    return rescale(minor, currency_exponent(currency), stripe_exponent(currency));
}

std::optional<std::int64_t> amount_from(std::int64_t amount, std::string_view currency) {
    return rescale(amount, stripe_exponent(currency), currency_exponent(currency));
}

bool is_id(std::string_view id) {
    return !id.empty() && id.size() <= kIdBytes && std::all_of(id.begin(), id.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
               c == '_';
    });
}

Answer facts_of(const Json& intent) {
    Answer answer{Outcome::kYes, {}, text_at(intent, {"status"}), {}};
    const bool ours = uuid_at(intent, {"metadata", "payment_id"}) &&
                      uuid_at(intent, {"metadata", "order_id"}) && is_id(text_at(intent, {"id"}));
    if (!ours) return answer;
    const std::string& status = answer.detail;
    const Json* error = member_at(intent, {"last_payment_error"});
    if (status == "requires_payment_method" && error != nullptr) {
        Fact& fact = answer.facts.emplace_back(fact_of_intent(intent, "failed"));
        fact.payload["reason"] = decline_of(*error);
        fact.still_open = true;
    } else if (status.starts_with("requires_") && status != "requires_capture") {
        answer.open_since = number_at(intent, {"created"});
    } else if (status == "requires_capture") {
        take_amount(answer.facts.emplace_back(fact_of_intent(intent, "authorized")), intent,
                    "amount_capturable");
    } else if (status == "succeeded") {
        take_amount(answer.facts.emplace_back(fact_of_intent(intent, "captured")), intent,
                    "amount_received");
        take_refunds(member_at(intent, {"latest_charge", "refunds", "data"}), answer.facts);
    } else if (status == "canceled") {
        answer.facts.push_back(fact_of_intent(intent, "voided"));
    }
    return answer;
}

std::optional<Fact> fact_of_refund(const Json& refund) {
    const std::string status = text_at(refund, {"status"});
    const bool failed = status == "failed" || status == "canceled";
    const auto intent = reference_at(refund, "payment_intent");
    if (!intent || !(failed || status == "succeeded")) return std::nullopt;
    Fact fact;
    fact.kind = failed ? "refund_failed" : "refunded";
    fact.order_id = uuid_at(refund, {"metadata", "order_id"});
    fact.transaction_id = intent;
    take_amount(fact, refund, "amount");
    fact.payload = {{"providerRefundId", text_at(refund, {"id"})}, {"status", status}};
    if (const auto ours = uuid_at(refund, {"metadata", "refund_id"}))
        fact.payload["refundId"] = *ours;
    if (failed) fact.payload["reason"] = text_at(refund, {"failure_reason"});
    return fact;
}

std::optional<Fact> fact_of_dispute(const Json& dispute) {
    const std::string status = text_at(dispute, {"status"});
    const auto intent = reference_at(dispute, "payment_intent");
    if (!intent) return std::nullopt;
    Fact fact;
    if (status == "needs_response" || status == "under_review")
        fact.kind = "dispute_opened";
    else if (status == "won" || status == "lost")
        fact.kind = "dispute_" + status;
    else
        return std::nullopt;
    fact.transaction_id = intent;
    take_amount(fact, dispute, "amount");
    fact.payload = {{"disputeId", text_at(dispute, {"id"})},
                    {"status", status},
                    {"reason", text_at(dispute, {"reason"})}};
    return fact;
}

ProviderNews news_of(const Json& event) {
    ProviderNews news;
    const std::string type = text_at(event, {"type"});
    const Json* object = member_at(event, {"data", "object"});
    const std::string id = text_at(event, {"id"});
    if (object == nullptr || !is_id(id)) return news;
    if (type.starts_with("payment_intent.")) {
        news.facts = facts_of(*object).facts;
    } else if (type.starts_with("refund.") || type == "charge.refund.updated") {
        if (auto fact = fact_of_refund(*object)) news.facts.push_back(std::move(*fact));
    } else if (type.starts_with("charge.dispute.")) {
        if (auto fact = fact_of_dispute(*object)) news.facts.push_back(std::move(*fact));
    } else if (type == "charge.refunded") {
        take_refunds(member_at(*object, {"refunds", "data"}), news.facts);
        if (const auto intent = reference_at(*object, "payment_intent");
            intent && news.facts.empty())
            news.ask = Payment{"", "", 0, "", *intent, ""};
    }
    for (std::size_t i = 0; i < news.facts.size(); ++i)
        news.facts[i].event_id = i == 0 ? id : id + ":" + std::to_string(i);
    return news;
}

Error error_of(const Json& body) {
    const Json* error = member_at(body, {"error"});
    if (error == nullptr) return {};
    const Json* intent = member_at(*error, {"payment_intent"});
    return {text_at(*error, {"type"}), decline_of(*error), intent == nullptr ? Json() : *intent};
}

// Anything else may be the fault of a key, a limit, an address or the moment.
bool refuses(int status, const Error& error) {
    return (status == 402 && error.type == "card_error") ||
           (status == 400 && error.type == "invalid_request_error");
}

bool refuses_refund(int status, const Error& error) {
    return status == 400 && std::find(kNeverRefunded.begin(), kNeverRefunded.end(), error.code) !=
                                kNeverRefunded.end();
}

}  // namespace tix::gateway::stripe
