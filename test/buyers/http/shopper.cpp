// The clicks of a buyer: act() says what is sent in each state. What follows is in answers.cpp.
#include "http/shopper.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

namespace tix::buyers::http {
namespace {

using Json = nlohmann::json;

constexpr int kLateMs = 700;
constexpr int kLooksMax = 2;
constexpr int kRegisterWithinMs = 20000;
// Reading the order until it is paid: the first pause, its growth and its end.
constexpr int kReadMs = 700;
constexpr double kReadGrowth = 1.5;
constexpr double kReadMaxMs = 3000;

double part(Random& random) {
    return static_cast<double>(random() >> 11) * 0x1.0p-53;
}

}  // namespace

Shopper::Shopper(HttpCrowd& crowd, bool registers) : crowd_(crowd), user_id_(new_uuid(crowd)) {
    Random& random = crowd.random;
    ++crowd.statistics.buyers;
    if (registers) {
        password_ = "secret of " + user_id_;
    } else {
        token_ = crowd.issuer.token(user_id_);
    }
    wanted_ = 1 + random() % 6;
    looks_ = 1 + static_cast<int>(random() % kLooksMax);
    if (crowd.market.nearly_over()) return;
    static constexpr struct {
        Wish wish;
        unsigned per_mille;
    } kWishes[] = {{Wish::kForget, 40},      {Wish::kReturnLate, 15},  {Wish::kRelease, 40},
                   {Wish::kForgetOrder, 15}, {Wish::kCancelOrder, 20}, {Wish::kDeclined, 25},
                   {Wish::kPayLate, 5},      {Wish::kMoneyLate, 10}};
    unsigned roll = random() % 1000;
    for (const auto& [wish, per_mille] : kWishes) {
        if (roll < per_mille) {
            wish_ = wish;
            break;
        }
        roll -= per_mille;
    }
    const auto twice = [&] {
        static constexpr Twice kTwices[] = {Twice::kAtOnce, Twice::kAfter, Twice::kOtherKey};
        return chance(random, 60) ? kTwices[random() % 3] : Twice::kNever;
    };
    wants_best_ = chance(random, 300);
    adds_ = chance(random, 120);
    extends_ = chance(random, 150);
    releases_one_ = chance(random, 80);
    orders_twice_ = twice();
    // Another key for the same locks is another order, which must fail: nothing to gain.
    if (orders_twice_ == Twice::kOtherKey) orders_twice_ = Twice::kNever;
    pays_twice_ = twice();
}

Shopper::Shopper(HttpCrowd& crowd, Step step, std::string request,
                 std::shared_ptr<std::string> first)
    : crowd_(crowd),
      state_(State::kTwin),
      first_order_(std::move(first)),
      twin_step_(step),
      twin_request_(std::move(request)) {}

// Most pauses are short and some long: exponential, from a quarter to one and a half of the usual.
void Shopper::think(double share) {
    const double drawn = -0.75 * std::log(1.0 - part(crowd_.random));
    waits_ms_ = static_cast<int>(share * crowd_.think_ms * (0.25 + std::min(1.25, drawn)));
}

std::string Shopper::labels(const std::vector<std::uint32_t>& seats) const {
    Json list = Json::array();
    for (const std::uint32_t seat : seats)
        list.push_back(crowd_.market.seats()[seat].id);
    return list.dump();
}

void Shopper::choose() {
    Market& market = crowd_.market;
    const std::size_t free = market.count(Look::kFree);
    if (market.nearly_over()) {
        wants_best_ = false;
        wish_ = Wish::kBuy;
        // Most only watch when there are fewer seats than people.
        chosen_.clear();
        if (crowd_.random() % crowd_.at_a_time < 2 * free)
            chosen_ = market.choose_leftovers(wanted_, crowd_.random);
    } else if (!wants_best_) {
        chosen_ = chance(crowd_.random, 600) ? market.choose_popular(wanted_, crowd_.random)
                                             : market.choose_anywhere(wanted_, crowd_.random);
    }
    if (wants_best_) {
        state_ = State::kBest;
    } else if (!chosen_.empty()) {
        state_ = State::kLock;
    } else {
        think();
        if (chance(crowd_.random, 500)) state_ = State::kLook;
    }
}

Action Shopper::send(Step step, const Request& request) const {
    return {Action::Kind::kSend, request.print(crowd_.authority), step, 0};
}

Action Shopper::act() {
    if (crowd_.over && may_go()) leave();
    if (waits_ms_ == 0 && state_ == State::kChoose) choose();
    if (waits_ms_ > 0 && state_ != State::kGone)
        return {Action::Kind::kSleep, {}, Step::kOther, std::exchange(waits_ms_, 0)};
    asked_ = Clock::now();
    const std::string lock_path = "/v1/locks/" + lock_id_;
    switch (state_) {
        case State::kChoose:
        case State::kGone:
            return {};
        case State::kRegister:
            return send(Step::kRegister,
                        {.method = "POST",
                         .path = "/v1/auth/register",
                         .body = R"({"email":")" + user_id_ + R"(@example.org","password":")" +
                                 password_ + R"(","displayName":"A buyer"})"});
        case State::kLogIn:
            return send(Step::kLogIn,
                        {.method = "POST",
                         .path = "/v1/auth/login",
                         .body = R"({"email":")" + user_id_ + R"(@example.org","password":")" +
                                 password_ + R"("})"});
        case State::kLook:
            return look();
        case State::kLock:
        case State::kAdd:
            return lock();
        case State::kBest:
            return lock_best();
        case State::kExtend:
            return send(
                Step::kExtend,
                {.method = "PATCH",
                 .path = lock_path,
                 .token = token_,
                 .body = "{\"ttlSeconds\":" + std::to_string(crowd_.hold_ttl.count()) + "}"});
        case State::kReleaseOne:
            return send(Step::kRelease,
                        {.method = "DELETE",
                         .path = "/v1/sessions/" + crowd_.session_id + "/seats/lock",
                         .token = token_,
                         .body = R"({"lockId":")" + lock_id_ + R"(","seatIds":)" +
                                 Json(std::vector{seats_.back()}).dump() + "}"});
        case State::kReleaseAll:
            return send(Step::kRelease, {.method = "DELETE", .path = lock_path, .token = token_});
        case State::kOrder:
        case State::kOrderAgain:
            return post_order();
        case State::kCancel:
            return send(Step::kCancel,
                        {.method = "DELETE", .path = "/v1/orders/" + order_id_, .token = token_});
        case State::kPay:
        case State::kPayAgain:
            return post_payment();
        case State::kReadOrder:
            return send(Step::kReadOrder, {.path = "/v1/orders/" + order_id_, .token = token_});
        case State::kTickets:
            return send(Step::kTickets, {.path = "/v1/tickets?limit=100", .token = token_});
        case State::kQr:
            return send(Step::kQr,
                        {.path = "/v1/tickets/" + ticket_id_ + "/qr.svg", .token = token_});
        case State::kTwin:
            return {Action::Kind::kSend, twin_request_, twin_step_, 0};
    }
    return {};
}

Action Shopper::look() {
    const std::string path = "/v1/sessions/" + crowd_.session_id;
    if (chance(crowd_.random, 550))
        return send(Step::kAvailability, {.path = path + "/availability", .token = token_});
    return send(Step::kMap, {.path = path + "/seats",
                             .token = token_,
                             .fields = "Accept: application/octet-stream\r\nIf-None-Match: " +
                                       crowd_.seat_tag + "\r\n"});
}

Action Shopper::lock() {
    std::string body = "{\"seatIds\":" + labels(chosen_);
    if (state_ == State::kAdd) {
        body += R"(,"intoLockId":")" + lock_id_ + "\"}";
    } else {
        body += ",\"ttlSeconds\":" + std::to_string(crowd_.hold_ttl.count()) + "}";
    }
    return send(state_ == State::kAdd ? Step::kAdd : Step::kLock,
                {.method = "POST",
                 .path = "/v1/sessions/" + crowd_.session_id + "/seats/lock",
                 .token = token_,
                 .body = body});
}

Action Shopper::lock_best() {
    const auto& seats = crowd_.market.seats();
    const std::string& area = seats[crowd_.random() % seats.size()].area;
    std::string body = "{\"quantity\":" + std::to_string(wanted_);
    if (chance(crowd_.random, 500)) body += ",\"areas\":" + Json(std::vector{area}).dump();
    body += ",\"ttlSeconds\":" + std::to_string(crowd_.hold_ttl.count()) + "}";
    return send(Step::kBest, {.method = "POST",
                              .path = "/v1/sessions/" + crowd_.session_id + "/seats/lock-best",
                              .token = token_,
                              .body = body});
}

// Sends a request that carries a key; the twin of one who clicks twice sends it at the same time.
Action Shopper::repeat(Step step, const Request& request, Twice twice,
                       std::shared_ptr<std::string>& first) {
    Action action = send(step, request);
    if (twice == Twice::kAtOnce && !first) {
        first = std::make_shared<std::string>();
        crowd_.twins.push_back(
            std::unique_ptr<Shopper>(new Shopper(crowd_, step, action.request, first)));
    }
    if (!first) first = std::make_shared<std::string>();
    return action;
}

Action Shopper::post_order() {
    if (order_key_.empty()) order_key_ = new_uuid(crowd_);
    return repeat(Step::kOrder,
                  {.method = "POST",
                   .path = "/v1/orders",
                   .token = token_,
                   .key = order_key_,
                   .body = R"({"lockIds":[")" + lock_id_ + "\"]}"},
                  orders_twice_, first_order_);
}

Action Shopper::post_payment() {
    const bool other_key = state_ == State::kPayAgain && pays_twice_ == Twice::kOtherKey;
    if (pay_key_.empty()) {
        pay_key_ = new_uuid(crowd_);
        const auto roll = crowd_.random() % 100;
        if (wish_ == Wish::kDeclined) {
            method_ = "mock_decline";
        } else if (wish_ == Wish::kMoneyLate) {
            method_ = "mock_late";
        } else if (roll < 4) {
            method_ = "mock_duplicate";
        } else if (roll < 8) {
            method_ = "mock_delay";
        } else if (roll < 10) {
            method_ = "mock_reorder";
        }
    }
    const std::string key = other_key ? new_uuid(crowd_) : pay_key_;
    return repeat(Step::kBegin,
                  {.method = "POST",
                   .path = "/v1/orders/" + order_id_ + "/pay",
                   .token = token_,
                   .key = key,
                   .body = std::string(R"({"paymentMethod":")") + method_ + "\"}"},
                  pays_twice_, first_payment_);
}

void Shopper::wait_for_deadline(bool of_order) {
    const std::chrono::milliseconds ttl = of_order ? crowd_.order_ttl : crowd_.hold_ttl;
    waits_ms_ = static_cast<int>(ttl.count()) + kLateMs;
}

// Not all who have a password to choose do so at once: each costs the gateway some 20 ms.
void Shopper::go_and_register() {
    state_ = State::kRegister;
    waits_ms_ = static_cast<int>(part(crowd_.random) * kRegisterWithinMs);
}

void Shopper::wait_for_payment() {
    const double pause = std::min(kReadMaxMs, kReadMs * std::pow(kReadGrowth, reads_++));
    waits_ms_ = static_cast<int>(pause * (1.0 + part(crowd_.random)));
}

}  // namespace tix::buyers::http
