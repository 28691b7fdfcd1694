// What the mock provider does with each payment method, capture, void and refund: the events it
// sends, and when.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "../json/json.hpp"

namespace tix::gateway {

struct PlannedEvent {
    std::chrono::milliseconds after;
    std::string body;
};

// A charge as the gateway asks for it; nothing when it is malformed or names an unknown method.
// mock_ok captures; mock_decline fails; mock_duplicate delivers the same event twice; mock_delay
// captures after a second; mock_reorder says captured before authorized; mock_late says expired and
// captures all the same, three seconds later; mock_authorize reserves the money and waits to be
// asked for it; mock_silent says nothing.
std::optional<std::vector<PlannedEvent>> plan_events(const Json& charge);

// What a request to capture or void a charge leads to, "captured" or "voided", at once; nothing
// when it is malformed or its transaction is not the payment's.
std::optional<PlannedEvent> plan_follow(const Json& request, const char* kind);

// A refund as the gateway asks for it; nothing when it is malformed or its transaction is not the
// payment's. It is paid at once.
std::optional<PlannedEvent> plan_refund(const Json& refund);

}  // namespace tix::gateway
