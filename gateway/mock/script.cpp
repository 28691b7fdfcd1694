// The scripts, one line each.
#include "script.hpp"

#include <map>

#include "../base/text.hpp"

namespace tix::gateway {
namespace {

using std::chrono::milliseconds;

struct Step {
    milliseconds after;
    const char* kind;
    const char* id_suffix;  // events with one id are one event
};

const std::map<std::string, std::vector<Step>, std::less<>>& scripts() {
    static const std::map<std::string, std::vector<Step>, std::less<>> kScripts{
        {"mock_ok", {{milliseconds(0), "captured", ""}}},
        {"mock_decline", {{milliseconds(0), "failed", ""}}},
        {"mock_duplicate", {{milliseconds(0), "captured", ""}, {milliseconds(50), "captured", ""}}},
        {"mock_delay", {{milliseconds(1000), "captured", ""}}},
        {"mock_reorder",
         {{milliseconds(0), "captured", ""}, {milliseconds(50), "authorized", "-auth"}}},
        {"mock_late",
         {{milliseconds(0), "expired", "-expired"}, {milliseconds(3000), "captured", ""}}},
        {"mock_authorize", {{milliseconds(0), "authorized", "-auth"}}},
        {"mock_silent", {}},
    };
    return kScripts;
}

std::string text(const Json& object, const char* name) {
    const auto member = object.find(name);
    return member != object.end() && member->is_string() ? member->get<std::string>() : "";
}

std::string transaction_of(const std::string& payment) {
    return "tx-" + payment;
}

bool names_transaction(const Json& body) {
    return text(body, "transactionId") == transaction_of(text(body, "paymentId"));
}

// What all requests have in common: whose money it is, and how much.
bool names_money(const Json& body) {
    if (!body.is_object()) return false;
    const auto amount = body.find("amount");
    return is_uuid(text(body, "paymentId")) && is_uuid(text(body, "orderId")) &&
           amount != body.end() && amount->is_number_integer() && *amount > 0 &&
           text(body, "currency").size() == 3;
}

Json event(const Json& body, const std::string& id, const char* kind) {
    return {{"id", id},
            {"kind", kind},
            {"paymentId", text(body, "paymentId")},
            {"transactionId", transaction_of(text(body, "paymentId"))},
            {"orderId", text(body, "orderId")},
            {"amount", body["amount"]},
            {"currency", text(body, "currency")}};
}

}  // namespace

std::optional<std::vector<PlannedEvent>> plan_events(const Json& charge) {
    if (!names_money(charge)) return std::nullopt;
    const auto script = scripts().find(text(charge, "paymentMethod"));
    if (script == scripts().end()) return std::nullopt;
    const std::string id = "evt-" + text(charge, "paymentId");
    std::vector<PlannedEvent> events;
    for (const Step& step : script->second)
        events.push_back({step.after, event(charge, id + step.id_suffix, step.kind).dump()});
    return events;
}

std::optional<PlannedEvent> plan_follow(const Json& request, const char* kind) {
    if (!names_money(request) || !names_transaction(request)) return std::nullopt;
    const std::string id = "evt-" + text(request, "paymentId") + "-" + kind;
    return PlannedEvent{milliseconds(0), event(request, id, kind).dump()};
}

std::optional<PlannedEvent> plan_refund(const Json& refund) {
    if (!names_money(refund)) return std::nullopt;
    const std::string id = text(refund, "refundId");
    if (!is_uuid(id) || !names_transaction(refund)) return std::nullopt;
    Json body = event(refund, "evt-refund-" + id, "refunded");
    body["refundId"] = id;
    return PlannedEvent{milliseconds(0), body.dump()};
}

}  // namespace tix::gateway
