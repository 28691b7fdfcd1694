// What a buyer makes of the answers: answered() says what follows in each state.
#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "http/shopper.hpp"

namespace tix::buyers::http {
namespace {

using Json = nlohmann::json;

constexpr int kRefusalsMax = 5;
constexpr int kReadsMax = 30;
constexpr unsigned kWantsQr = 200;  // per mille

// Lost races: part of the game, not errors.
constexpr std::array<std::string_view, 8> kReasons = {
    "held", "sold", "no_block", "held_out", "sold_out", "accessible_only", "busy", "orphan"};

Json data_of(const Response& response) {
    return Json::parse(response.body).at("data");
}

std::string code_of(const Response& response) {
    const Json problem = Json::parse(response.body, nullptr, false);
    if (problem.is_object() && problem.contains("code") && problem["code"].is_string())
        return problem["code"];
    return "status " + std::to_string(response.status);
}

}  // namespace

void Shopper::answered(const Response& response) {
    if (response.replayed) ++crowd_.statistics.traffic.replayed;
    try {
        if (response.status >= 400) return fail(response);
        take(response);
    } catch (const Json::exception& error) {
        unexpected("an answer that is not as documented", error.what());
        leave();
    }
}

void Shopper::take(const Response& response) {
    Statistics& statistics = crowd_.statistics;
    switch (state_) {
        case State::kRegister:
            state_ = State::kLogIn;
            return;
        case State::kLogIn:
            return logged_in(response);
        case State::kLook:
            if (response.status == 304) ++statistics.traffic.not_modified;
            if (token_.empty()) return go_and_register();
            if (--looks_ <= 0) state_ = State::kChoose;
            return think();
        case State::kLock:
        case State::kBest:
        case State::kAdd:
            return locked(response);
        case State::kExtend:
            extends_ = false;
            held_until_ = std::max(held_until_, asked_ + crowd_.hold_ttl);
            ++statistics.traffic.extended;
            return after_hold();
        case State::kReleaseOne:
            seats_.pop_back();
            releases_one_ = false;
            return after_hold();
        case State::kReleaseAll:
            ++statistics.released;
            return leave();
        case State::kOrder:
        case State::kOrderAgain:
            return ordered(response);
        case State::kCancel:
            ++statistics.orders_cancelled;
            return leave();
        case State::kPay:
        case State::kPayAgain:
            return paid(response);
        case State::kReadOrder:
            return order_read(response);
        case State::kTickets:
            return tickets_read(response);
        case State::kQr:
            if (response.body.find("<svg") == std::string::npos)
                unexpected("a QR code that is no SVG", response.body.substr(0, 80));
            return leave();
        case State::kTwin:
            compare(data_of(response).at(twin_step_ == Step::kOrder ? "orderId" : "paymentId"),
                    *first_order_);
            return leave();
        case State::kChoose:
        case State::kGone:
            return;
    }
}

void Shopper::unexpected(const std::string& code, const std::string& detail) {
    ++crowd_.statistics.traffic.unexpected;
    if (crowd_.first_error.empty()) crowd_.first_error = code + ": " + detail;
}

// Another request for a hold or an order whose time is over is refused, and rightly.
bool Shopper::comes_too_late(const std::string& code) const {
    switch (state_) {
        case State::kOrder:
        case State::kOrderAgain:
            return code == "TX002";
        case State::kPay:
        case State::kPayAgain:
        case State::kCancel:
            return code == "TX002" || code == "TX010";
        case State::kTwin:
            return code == "TX002" || (code == "TX010" && twin_step_ == Step::kBegin);
        case State::kAdd:
        case State::kExtend:
        case State::kReleaseOne:
        case State::kReleaseAll:
            return code == "expired" || code == "lifetime" || code == "not_found" ||
                   code == "TX002";
        default:
            return false;
    }
}

// A hold that was acknowledged is there until its deadline, whatever was killed meanwhile. Only
// requests that find it again when they are repeated can tell.
bool Shopper::is_denied_early(const std::string& code) const {
    const bool relies_on_hold = state_ == State::kAdd || state_ == State::kExtend ||
                                state_ == State::kOrder || state_ == State::kPay;
    const bool gone =
        code == "expired" || code == "not_found" || code == "TX002" || code == "TX010";
    return relies_on_hold && gone && Clock::now() < held_until_;
}

void Shopper::fail(const Response& response) {
    Statistics& statistics = crowd_.statistics;
    const std::string code = code_of(response);
    const bool locks = state_ == State::kLock || state_ == State::kBest || state_ == State::kAdd;
    if (locks && std::find(kReasons.begin(), kReasons.end(), code) != kReasons.end())
        return refused(code);
    if (state_ == State::kRegister && code == "email_taken") {  // sent again after a lost answer
        state_ = State::kLogIn;
        return;
    }
    ++statistics.errors[code];
    if (response.status == 429) ++statistics.traffic.limited;
    if (response.status >= 500) ++statistics.traffic.server_errors;
    if (is_denied_early(code)) {
        ++statistics.holds_lost;
        unexpected("a hold was denied early", response.body.substr(0, 300));
    }
    if (!comes_too_late(code)) unexpected(code, response.body.substr(0, 300));
    if (code == "TX002" && wish_ == Wish::kReturnLate) ++statistics.expired;
    if (state_ == State::kPayAgain) {
        state_ = State::kReadOrder;
        wait_for_payment();
    } else {
        leave();
    }
}

void Shopper::logged_in(const Response& response) {
    const Json data = data_of(response);
    token_ = data.at("accessToken");
    ++crowd_.statistics.traffic.registered;
    state_ = State::kLook;
    think();
}

void Shopper::locked(const Response& response) {
    Statistics& statistics = crowd_.statistics;
    const Json data = data_of(response);
    lock_id_ = data.at("lockId");
    seats_ = data.at("seatIds").get<std::vector<std::string>>();
    if (state_ == State::kAdd) {
        adds_ = false;
        statistics.seats_held += chosen_.size();
        return after_hold();
    }
    // Seats that are added later live no longer than the hold they came to.
    held_until_ = asked_ + crowd_.hold_ttl;
    ++statistics.holds;
    statistics.seats_held += seats_.size();
    after_hold();
}

void Shopper::refused(const std::string& reason) {
    ++crowd_.statistics.refused[reason];
    think(0.5);
    if (state_ == State::kAdd) {
        adds_ = false;
        return after_hold();
    }
    wants_best_ = false;
    state_ = State::kChoose;
    if (++refusals_ < kRefusalsMax) return;
    ++crowd_.statistics.given_up;
    leave();
}

// The hold stands; what follows depends on the wish.
void Shopper::after_hold() {
    think();
    switch (wish_) {
        case Wish::kForget:
            ++crowd_.statistics.abandoned;
            return leave();
        case Wish::kReturnLate:
            wait_for_deadline(false);
            state_ = State::kOrder;
            return;
        case Wish::kRelease:
            state_ = State::kReleaseAll;
            return;
        default:
            break;
    }
    state_ = State::kOrder;
    if (adds_ && !chosen_.empty()) {
        chosen_ = crowd_.market.choose_beside(chosen_);
        if (!chosen_.empty()) state_ = State::kAdd;
    } else if (extends_) {
        state_ = State::kExtend;
    } else if (releases_one_ && seats_.size() > 1) {
        state_ = State::kReleaseOne;
    }
}

void Shopper::compare(const std::string& found, std::string& first) {
    if (first.empty()) first = found;
    if (first != found) ++crowd_.statistics.traffic.unlike_replays;
}

void Shopper::ordered(const Response& response) {
    const Json data = data_of(response);
    compare(data.at("orderId"), *first_order_);
    if (state_ == State::kOrderAgain && !response.replayed)
        unexpected("a repeated order that is not marked as replayed", order_id_);
    if (state_ == State::kOrder) {
        ++crowd_.statistics.orders;
        order_id_ = data.at("orderId");
        held_until_ = std::max(held_until_, asked_ + crowd_.order_ttl);
        if (orders_twice_ == Twice::kAfter) {
            state_ = State::kOrderAgain;
            return;
        }
    }
    if (wish_ == Wish::kForgetOrder) {
        ++crowd_.statistics.orders_abandoned;
        return leave();
    }
    think();
    state_ = wish_ == Wish::kCancelOrder ? State::kCancel : State::kPay;
    if (wish_ == Wish::kPayLate) wait_for_deadline(true);
}

void Shopper::paid(const Response& response) {
    compare(data_of(response).at("paymentId"), *first_payment_);
    if (state_ == State::kPay && pays_twice_ != Twice::kNever) {
        ++crowd_.statistics.sent_twice;
        if (pays_twice_ != Twice::kAtOnce) {
            state_ = State::kPayAgain;
            return;
        }
    }
    state_ = State::kReadOrder;
    wait_for_payment();
}

void Shopper::order_read(const Response& response) {
    Statistics& statistics = crowd_.statistics;
    const Json data = data_of(response);
    const std::string status = data.at("status");
    if (status == "completed") {
        ++statistics.completed;
        if (wish_ == Wish::kMoneyLate) ++statistics.late_completed;
        seats_.clear();
        for (const Json& item : data.at("items"))
            seats_.push_back(item.at("seatId"));
        statistics.seats_paid += seats_.size();
        state_ = State::kTickets;
        return;
    }
    if (status == "failed" && wish_ == Wish::kDeclined) {
        ++statistics.declined;
        return leave();
    }
    if (status == "refunded" && wish_ == Wish::kMoneyLate) {
        ++statistics.late_refunded;
        return leave();
    }
    const bool open = status == "created" || status == "payment_pending" || status == "in_doubt" ||
                      (wish_ == Wish::kMoneyLate &&
                       (status == "failed" || status == "expired" || status == "paid_unfulfilled"));
    if (open && reads_ < kReadsMax) return wait_for_payment();
    unexpected("a paid order that is " + status, order_id_);
    leave();
}

void Shopper::tickets_read(const Response& response) {
    std::size_t found = 0;
    for (const Json& ticket : data_of(response)) {
        if (ticket.at("orderId") != order_id_) continue;
        ++found;
        ticket_id_ = ticket.at("ticketId");
    }
    crowd_.statistics.tickets += found;
    if (found != seats_.size()) ++crowd_.statistics.traffic.missing_tickets;
    if (found == 0 || !chance(crowd_.random, kWantsQr)) return leave();
    state_ = State::kQr;
    think();
}

}  // namespace tix::buyers::http
