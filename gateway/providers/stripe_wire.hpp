// Stripe's API as text and values: forms, amounts, and what its objects say. No socket, no clock.
//
// What an object says is read from its status, not from the type of the event that carried it: so
// an event, an answer and an error tell the same facts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "provider.hpp"

namespace tix::gateway::stripe {

// Answers have the form of this version; so should the webhook endpoint's events.
inline constexpr char kVersion[] = "2024-06-20";

using Form = std::vector<std::pair<std::string, std::string>>;
// application/x-www-form-urlencoded; brackets of names are encoded too.
std::string encode(const Form& form);

// Minor units (ISO 4217) as Stripe counts them, and back. It has two decimals for ISK and UGX and
// none for MGA. Nothing for what the other cannot express, or what is not positive.
std::optional<std::int64_t> amount_to(std::int64_t minor, std::string_view currency);
std::optional<std::int64_t> amount_from(std::int64_t amount, std::string_view currency);

// Whether it may stand in a path.
bool is_id(std::string_view id);

// How a PaymentIntent stands; with its refunds, where they are expanded. No facts for one that does
// not name a payment of ours.
Answer facts_of(const Json& intent);
// A Refund: refunded, refund_failed, or nothing while it is on its way.
std::optional<Fact> fact_of_refund(const Json& refund);
// A Dispute: opened, won, lost, or nothing for an inquiry, which takes no money.
std::optional<Fact> fact_of_dispute(const Json& dispute);
// An Event; nothing for types that say nothing of a payment.
ProviderNews news_of(const Json& event);

// What an error says about the request it answers.
struct Error {
    std::string type, code;  // code: of the decline if there is one
    Json intent;             // null when it has none
};
Error error_of(const Json& body);

// Whether it is a definite no to the request, in its own words.
bool refuses(int status, const Error& error);
// The same for a refund: only what can never change.
bool refuses_refund(int status, const Error& error);

}  // namespace tix::gateway::stripe
