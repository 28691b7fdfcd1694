// One buyer over HTTP: what it wants, where it is, and what it does next.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "crowd.hpp"
#include "database.hpp"
#include "http/response.hpp"
#include "http/token.hpp"

namespace tix::buyers::http {

class Shopper;

struct HttpCrowd : Crowd {
    explicit HttpCrowd(const std::string& key_file) : issuer(key_file) {}

    Issuer issuer;
    std::string authority;  // HOST:PORT
    std::string seat_tag;   // the ETag that the seat map has now
    double think_ms = 0;    // the usual pause between two clicks
    std::chrono::seconds hold_ttl{0};
    std::chrono::seconds order_ttl{0};
    std::size_t at_a_time = 0;                   // how many buyers there are
    std::deque<std::unique_ptr<Shopper>> twins;  // come in on connections of their own
};

struct Action {
    enum class Kind { kSend, kSleep, kLeave };
    Kind kind = Kind::kLeave;
    std::string request;
    Step step = Step::kOther;
    int sleep_ms = 0;
};

class Shopper {
public:
    // A newcomer; one that registers logs in with a password, the others bring a token. Looks
    // first: a connection on which nothing is asked is soon closed by the edge.
    Shopper(HttpCrowd& crowd, bool registers);

    // What to do now. After kSend, answered() must be called with the answer.
    Action act();
    void answered(const Response& response);
    // The sale is over; only somebody who waits for an order has a reason to stay.
    bool may_go() const { return state_ != State::kReadOrder && state_ != State::kTickets; }

private:
    enum class Wish {
        kBuy,
        kForget,       // leaves a hold to expire
        kReturnLate,   // comes back when the hold has expired
        kRelease,      // gives all seats back
        kForgetOrder,  // leaves an order to expire
        kCancelOrder,
        kDeclined,   // the provider says no
        kPayLate,    // wants to pay after the order's deadline
        kMoneyLate,  // the money arrives after the provider had called the payment off
    };
    enum class State {
        kRegister,
        kLogIn,
        kLook,
        kChoose,
        kLock,
        kBest,
        kAdd,
        kExtend,
        kReleaseOne,
        kReleaseAll,
        kOrder,
        kOrderAgain,
        kCancel,
        kPay,
        kPayAgain,
        kReadOrder,
        kTickets,
        kQr,
        kTwin,  // sends what another buyer sends at the same time; not a buyer at all
        kGone,
    };
    enum class Twice { kNever, kAtOnce, kAfter, kOtherKey };

    Shopper(HttpCrowd& crowd, Step step, std::string request, std::shared_ptr<std::string> first);

    void choose();
    Action send(Step step, const Request& request) const;
    Action look();
    Action lock();
    Action lock_best();
    Action post_order();
    Action post_payment();
    Action repeat(Step step, const Request& request, Twice twice,
                  std::shared_ptr<std::string>& first);
    std::string labels(const std::vector<std::uint32_t>& seats) const;
    void think(double share = 1.0);

    void wait_for_deadline(bool of_order);
    void wait_for_payment();
    void go_and_register();

    void take(const Response& response);
    void unexpected(const std::string& code, const std::string& detail);
    bool comes_too_late(const std::string& code) const;
    bool is_denied_early(const std::string& code) const;
    void fail(const Response& response);
    void logged_in(const Response& response);
    void locked(const Response& response);
    void refused(const std::string& reason);
    void after_hold();
    void ordered(const Response& response);
    void paid(const Response& response);
    void order_read(const Response& response);
    void tickets_read(const Response& response);
    void compare(const std::string& found, std::string& first);
    void leave() { state_ = State::kGone; }

    HttpCrowd& crowd_;
    Wish wish_ = Wish::kBuy;
    State state_ = State::kLook;
    std::string user_id_;
    std::string token_;
    std::string password_;
    std::size_t wanted_ = 1;
    int looks_ = 1;
    bool wants_best_ = false;
    bool adds_ = false;
    bool extends_ = false;
    bool releases_one_ = false;
    Twice orders_twice_ = Twice::kNever;
    Twice pays_twice_ = Twice::kNever;
    int waits_ms_ = 0;  // before the next act
    int reads_ = 0;     // of the order
    int refusals_ = 0;
    std::vector<std::uint32_t> chosen_;  // ordinals asked for
    std::vector<std::string> seats_;     // labels held
    std::string lock_id_;
    Clock::time_point asked_;       // when the last request was made
    Clock::time_point held_until_;  // the seats, at least
    std::string order_id_;
    std::string order_key_;
    std::string pay_key_;
    const char* method_ = "mock_ok";  // of the payment
    std::string ticket_id_;
    std::shared_ptr<std::string> first_order_;    // id in the first answer to the order's key
    std::shared_ptr<std::string> first_payment_;  // id in the first answer about the payment
    Step twin_step_ = Step::kOther;
    std::string twin_request_;
};

}  // namespace tix::buyers::http
