// What the mock provider does with each payment method: the events it sends, and when.
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
// captures after a second; mock_reorder says captured before authorized; mock_silent says nothing.
std::optional<std::vector<PlannedEvent>> plan_events(const Json& charge);

}  // namespace tix::gateway
