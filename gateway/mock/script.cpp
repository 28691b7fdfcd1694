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
        {"mock_silent", {}},
    };
    return kScripts;
}

std::string text(const Json& object, const char* name) {
    const auto member = object.find(name);
    return member != object.end() && member->is_string() ? member->get<std::string>() : "";
}

}  // namespace

std::optional<std::vector<PlannedEvent>> plan_events(const Json& charge) {
    if (!charge.is_object()) return std::nullopt;
    const std::string payment = text(charge, "paymentId");
    const std::string order = text(charge, "orderId");
    const auto amount = charge.find("amount");
    const auto script = scripts().find(text(charge, "paymentMethod"));
    if (!is_uuid(payment) || !is_uuid(order) || script == scripts().end() ||
        amount == charge.end() || !amount->is_number_integer() || *amount <= 0 ||
        text(charge, "currency").size() != 3)
        return std::nullopt;
    std::vector<PlannedEvent> events;
    for (const Step& step : script->second) {
        const Json body = {{"id", "evt-" + payment + step.id_suffix},
                           {"kind", step.kind},
                           {"transactionId", "tx-" + payment},
                           {"orderId", order},
                           {"amount", *amount},
                           {"currency", text(charge, "currency")}};
        events.push_back({step.after, body.dump()});
    }
    return events;
}

}  // namespace tix::gateway
