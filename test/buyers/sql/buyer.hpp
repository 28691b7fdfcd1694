// One simulated buyer: what it wants, where it is, and what it does next.
//
// A buyer is not bound to a connection: between two statements outside a transaction any
// connection may go on with it, as behind a pool.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "crowd.hpp"
#include "database.hpp"

namespace tix::buyers::sql {

class Buyer;

struct SqlCrowd : Crowd {
    std::deque<std::unique_ptr<Buyer>> newcomers;  // events the provider delivers a second time
};

inline constexpr int kOrderTtlMs = 4000;  // tix.order_ttl of the buyers' connections

struct Action {
    enum class Kind { kSend, kSleep, kLeave };
    Kind kind = Kind::kLeave;
    const char* statement = nullptr;
    Parameters parameters;
    Step step = Step::kOther;
    int sleep_ms = 0;
};

class Buyer {
public:
    explicit Buyer(SqlCrowd& crowd);

    // What to do now. After kSend, answered() must be called with the answer.
    Action act();
    void answered(const Result& result);

private:
    enum class Wish {
        kBuy,
        kForget,       // leaves a hold to expire
        kReturnLate,   // comes back when the hold has expired
        kRelease,      // gives all seats back
        kRollBack,     // rolls the transaction of the hold back
        kForgetOrder,  // leaves an order to expire
        kCancelOrder,
        kDeclined,  // the provider says no
        kPayLate,   // money arrives after the order's deadline
    };
    enum class State {
        kChoose,
        kOpenTransaction,
        kLock,
        kBest,
        kAdd,
        kReleaseOne,
        kReleaseAll,
        kRollBack,
        kWaitTooLong,
        kOrder,
        kCancel,
        kWaitForDeadline,
        kBeginPayment,
        kOpenPayment,      // a delivery of the event that will be rolled back …
        kTryPayment,       // … inside its transaction
        kRollBackPayment,  // … and undone
        kPay,
        kDeliverAgain,  // a second delivery of an event; not a buyer at all
        kTickets,
        kGone,
    };
    struct Payment {
        std::string order_id;
        std::string event_id;
        std::string transaction_id;
        std::string amount;
        std::string currency;
    };

    Buyer(SqlCrowd& crowd, Payment payment);  // a second delivery

    void choose();
    Action send(const char* statement, Step step, Parameters parameters) const;
    Action deliver(const char* kind) const;
    std::vector<std::string> labels() const;
    const char* ttl() const;

    void fail(const Result& result);
    void lock_answered(const Result& result);
    void refused(const std::string& reason);
    void after_hold();
    void ordered(const Result& result);
    void payment_begun();
    void paid(const Result& result);
    void leave() { state_ = State::kGone; }

    SqlCrowd& crowd_;
    Wish wish_ = Wish::kBuy;
    State state_ = State::kChoose;
    std::string user_id_;
    std::size_t wanted_ = 1;
    bool wants_best_ = false;
    bool adds_ = false;
    bool releases_one_ = false;
    bool pays_twice_ = false;
    bool pays_again_after_rollback_ = false;
    int waits_ms_ = 0;  // before the next act
    int refusals_ = 0;
    std::vector<std::uint32_t> chosen_;  // ordinals asked for
    std::vector<std::string> seats_;     // labels held
    std::string lock_id_;
    Payment payment_;
};

}  // namespace tix::buyers::sql
