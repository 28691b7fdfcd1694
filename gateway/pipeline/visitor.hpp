// What a route means for the database's line and for the guard against bots.
#pragma once

#include <optional>

#include "../bots/guard.hpp"
#include "../db/line.hpp"
#include "call.hpp"

namespace tix::gateway {

// Orders, payments and webhooks before locks, locks and logins before all that reads.
Rank rank_of(const Route& route);
Visitor visitor_of(const Call& call);
// Whether a bot must not take this route: it asks for seats.
bool may_be_judged(const Route& route);
// What the guard learns from an answer, if anything.
std::optional<Behaviour::Event> event_of(const Route& route, int status);

}  // namespace tix::gateway
