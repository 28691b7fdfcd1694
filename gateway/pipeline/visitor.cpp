// Reads the table of routes.
#include "visitor.hpp"

#include <string_view>

namespace tix::gateway {
namespace {

constexpr std::string_view kPost = "POST";

}  // namespace

Rank rank_of(const Route& route) {
    switch (route.limit) {
        case LimitClass::kOrder:
        case LimitClass::kPay:
            return Rank::kMoney;
        case LimitClass::kNone:  // webhooks, and what asks whether the database is there
            return Rank::kMoney;
        case LimitClass::kAuth:
        case LimitClass::kLock:
            return Rank::kSeats;
        case LimitClass::kOther:
            break;
    }
    return Rank::kRest;
}

Visitor visitor_of(const Call& call) {
    return {call.request_id, call.address, call.prefix, call.user ? call.user->subject : "",
            call.user ? call.user->role : ""};
}

bool may_be_judged(const Route& route) {
    return route.limit == LimitClass::kLock && route.method == kPost;
}

std::optional<Behaviour::Event> event_of(const Route& route, int status) {
    if (route.method != kPost) return std::nullopt;
    if (route.limit == LimitClass::kOrder && status == 201) return Behaviour::Event::kBought;
    if (route.limit != LimitClass::kLock) return std::nullopt;
    if (status == 201) return Behaviour::Event::kGranted;
    if (status == 409) return Behaviour::Event::kRefused;
    return std::nullopt;
}

}  // namespace tix::gateway
