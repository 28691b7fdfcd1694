// The state machine of a buyer: act() says what is sent in each state, answered() what follows.
#include "sql/buyer.hpp"

#include <utility>

namespace tix::buyers::sql {
namespace {

constexpr int kRefusalsMax = 5;
constexpr int kRetryMs = 50;
constexpr int kLookAgainMs = 200;
constexpr int kLateMs = 700;

}  // namespace

Buyer::Buyer(SqlCrowd& crowd) : crowd_(crowd), user_id_(new_uuid(crowd)) {
    Random& random = crowd.random;
    ++crowd.statistics.buyers;
    wanted_ = 1 + random() % 6;
    if (crowd.market.nearly_over()) return;
    static constexpr struct {
        Wish wish;
        unsigned per_mille;
    } kWishes[] = {{Wish::kForget, 40},   {Wish::kReturnLate, 15},  {Wish::kRelease, 40},
                   {Wish::kRollBack, 50}, {Wish::kForgetOrder, 15}, {Wish::kCancelOrder, 20},
                   {Wish::kDeclined, 25}, {Wish::kPayLate, 5}};
    unsigned roll = random() % 1000;
    for (const auto& [wish, per_mille] : kWishes) {
        if (roll < per_mille) {
            wish_ = wish;
            break;
        }
        roll -= per_mille;
    }
    wants_best_ = chance(random, 450);
    adds_ = chance(random, 120);
    releases_one_ = chance(random, 80);
    pays_twice_ = chance(random, 50);
    pays_again_after_rollback_ = chance(random, 15);
}

Buyer::Buyer(SqlCrowd& crowd, Payment payment)
    : crowd_(crowd), state_(State::kDeliverAgain), payment_(std::move(payment)) {}

const char* Buyer::ttl() const {
    if (wish_ == Wish::kForget) return "2 s";
    if (wish_ == Wish::kReturnLate) return "500 ms";
    if (wish_ == Wish::kForgetOrder || wish_ == Wish::kPayLate) return "3 s";
    return "60 s";
}

std::vector<std::string> Buyer::labels() const {
    std::vector<std::string> labels;
    for (const std::uint32_t seat : chosen_)
        labels.push_back(crowd_.market.seats()[seat].id);
    return labels;
}

void Buyer::choose() {
    Market& market = crowd_.market;
    if (crowd_.over) return leave();
    if (market.nearly_over()) {
        chosen_ = market.choose_leftovers(wanted_, crowd_.random);
        wants_best_ = false;
    } else if (!wants_best_) {
        chosen_ = chance(crowd_.random, 750) ? market.choose_popular(wanted_, crowd_.random)
                                             : market.choose_anywhere(wanted_, crowd_.random);
    }
    if (!wants_best_ && chosen_.empty()) return leave();
    if (wish_ == Wish::kRollBack) {
        state_ = State::kOpenTransaction;
    } else {
        state_ = wants_best_ ? State::kBest : State::kLock;
    }
}

Action Buyer::send(const char* statement, Step step, Parameters parameters) const {
    return {Action::Kind::kSend, statement, std::move(parameters), step, 0};
}

Action Buyer::deliver(const char* kind) const {
    return send("payment_event", Step::kPay,
                {payment_.event_id, kind, payment_.transaction_id, payment_.order_id,
                 payment_.amount, payment_.currency});
}

Action Buyer::act() {
    const std::string& session = crowd_.session_id;
    if (waits_ms_ > 0)
        return {Action::Kind::kSleep, nullptr, {}, Step::kOther, std::exchange(waits_ms_, 0)};
    if (state_ == State::kChoose) choose();
    switch (state_) {
        case State::kChoose:
        case State::kGone:
            return {};
        case State::kOpenTransaction:
        case State::kOpenPayment:
            return send("begin", Step::kOther, {});
        case State::kLock:
            return send("lock", Step::kLock, {session, print_array(labels()), user_id_, ttl()});
        case State::kBest: {
            const auto& seats = crowd_.market.seats();
            const bool anywhere = chance(crowd_.random, 500);
            const std::string area = seats[crowd_.random() % seats.size()].area;
            return send("best", Step::kBest,
                        {session, std::to_string(wanted_), user_id_,
                         anywhere ? "\\N" : print_array({area}), ttl()});
        }
        case State::kAdd:
            return send("add", Step::kAdd, {session, print_array(labels()), user_id_, lock_id_});
        case State::kReleaseOne:
            return send("release", Step::kRelease,
                        {lock_id_, user_id_, print_array({seats_.back()})});
        case State::kReleaseAll:
            return send("release", Step::kRelease, {lock_id_, user_id_, "\\N"});
        case State::kRollBack:
        case State::kRollBackPayment:
            return send("rollback", Step::kOther, {});
        case State::kWaitTooLong:
            state_ = State::kOrder;
            return {Action::Kind::kSleep, nullptr, {}, Step::kOther, kLateMs};
        case State::kOrder:
            return send("order", Step::kOrder, {lock_id_, user_id_});
        case State::kCancel:
            return send("cancel", Step::kCancel, {payment_.order_id, user_id_});
        case State::kWaitForDeadline:
            state_ = State::kPay;
            return {Action::Kind::kSleep, nullptr, {}, Step::kOther, kOrderTtlMs + kLateMs};
        case State::kBeginPayment:
            return send("begin_payment", Step::kBegin, {payment_.order_id});
        case State::kTryPayment:
        case State::kDeliverAgain:
            return deliver("captured");
        case State::kPay:
            return deliver(wish_ == Wish::kDeclined ? "failed" : "captured");
        case State::kTickets:
            return send("tickets", Step::kTickets, {payment_.order_id});
    }
    return {};
}

void Buyer::answered(const Result& result) {
    Statistics& statistics = crowd_.statistics;
    const ExecStatusType status = PQresultStatus(result.get());
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) return fail(result);
    switch (state_) {
        case State::kOpenTransaction:
            state_ = wants_best_ ? State::kBest : State::kLock;
            return;
        case State::kLock:
        case State::kBest:
        case State::kAdd:
            return lock_answered(result);
        case State::kReleaseOne:
            if (PQntuples(result.get()) == 1) seats_.pop_back();
            releases_one_ = false;
            return after_hold();
        case State::kReleaseAll:
            ++statistics.released;
            return leave();
        case State::kRollBack:
            ++statistics.rolled_back;
            return leave();
        case State::kOrder:
            return ordered(result);
        case State::kCancel:
            ++statistics.orders_cancelled;
            return leave();
        case State::kBeginPayment:
            return payment_begun();
        case State::kOpenPayment:
            state_ = State::kTryPayment;
            return;
        case State::kTryPayment:
            state_ = State::kRollBackPayment;
            return;
        case State::kRollBackPayment:
            ++statistics.payments_rolled_back;
            state_ = State::kPay;
            return;
        case State::kPay:
        case State::kDeliverAgain:
            return paid(result);
        case State::kTickets:
            statistics.tickets += static_cast<std::uint64_t>(PQntuples(result.get()));
            return leave();
        case State::kChoose:
        case State::kWaitTooLong:
        case State::kWaitForDeadline:
        case State::kGone:
            return;
    }
}

// An error is data too: a lost lock is counted and the buyer leaves. Inside a transaction the
// rollback comes first.
void Buyer::fail(const Result& result) {
    const char* found = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
    const std::string sqlstate = found ? found : "?????";
    ++crowd_.statistics.errors[sqlstate];
    const bool lost = sqlstate == "TX002";
    if (lost && wish_ == Wish::kReturnLate) ++crowd_.statistics.expired;
    if (!lost && sqlstate != "TX015" && crowd_.first_error.empty())
        crowd_.first_error = PQresultErrorMessage(result.get());
    if (wish_ == Wish::kRollBack && state_ != State::kRollBack) {
        state_ = State::kRollBack;
    } else if (state_ == State::kTryPayment) {
        state_ = State::kRollBackPayment;
    } else if (sqlstate == "TX015") {
        waits_ms_ = kRetryMs;
    } else {
        leave();
    }
}

void Buyer::lock_answered(const Result& result) {
    if (text(result, "ok") != "t") return refused(text(result, "reason"));
    Statistics& statistics = crowd_.statistics;
    lock_id_ = text(result, "lock_id");
    seats_ = text_array(text(result, "seats"));
    if (state_ == State::kAdd) {
        adds_ = false;
        statistics.seats_held += chosen_.size();
        return after_hold();
    }
    ++statistics.holds;
    statistics.seats_held += seats_.size();
    if (wish_ == Wish::kRollBack) {
        state_ = State::kRollBack;
        return;
    }
    after_hold();
}

void Buyer::refused(const std::string& reason) {
    ++crowd_.statistics.refused[reason];
    if (wish_ == Wish::kRollBack) {
        state_ = State::kRollBack;
        return;
    }
    if (reason == "rebuilding" || reason == "busy") {
        waits_ms_ = kRetryMs;
        return;
    }
    if (state_ == State::kAdd) {
        adds_ = false;
        return after_hold();
    }
    wants_best_ = false;
    state_ = State::kChoose;
    waits_ms_ = kRetryMs + static_cast<int>(crowd_.random() % kLookAgainMs);
    if (++refusals_ == kRefusalsMax) {
        ++crowd_.statistics.given_up;
        waits_ms_ = 0;
        leave();
    }
}

// The hold stands; what follows depends on the wish.
void Buyer::after_hold() {
    switch (wish_) {
        case Wish::kForget:
            ++crowd_.statistics.abandoned;
            return leave();
        case Wish::kReturnLate:
            state_ = State::kWaitTooLong;
            return;
        case Wish::kRelease:
            state_ = State::kReleaseAll;
            return;
        default:
            break;
    }
    if (adds_ && !chosen_.empty()) {
        chosen_ = crowd_.market.choose_beside(chosen_);
        if (!chosen_.empty()) {
            state_ = State::kAdd;
            return;
        }
    }
    state_ = releases_one_ && seats_.size() > 1 ? State::kReleaseOne : State::kOrder;
}

void Buyer::ordered(const Result& result) {
    Statistics& statistics = crowd_.statistics;
    ++statistics.orders;
    payment_ = {text(result, "order_id"), "event-" + new_uuid(crowd_),
                "transaction-" + new_uuid(crowd_), text(result, "total_amount"),
                text(result, "total_currency")};
    if (wish_ == Wish::kForgetOrder) {
        ++statistics.orders_abandoned;
        return leave();
    }
    if (wish_ == Wish::kCancelOrder) {
        state_ = State::kCancel;
    } else if (wish_ == Wish::kPayLate) {
        state_ = State::kWaitForDeadline;
    } else {
        state_ = State::kBeginPayment;
    }
}

void Buyer::payment_begun() {
    if (wish_ == Wish::kDeclined) {
        state_ = State::kPay;
        return;
    }
    if (pays_twice_) {
        ++crowd_.statistics.sent_twice;
        crowd_.newcomers.push_back(std::unique_ptr<Buyer>(new Buyer(crowd_, payment_)));
    }
    state_ = pays_again_after_rollback_ ? State::kOpenPayment : State::kPay;
}

void Buyer::paid(const Result& result) {
    Statistics& statistics = crowd_.statistics;
    const std::string answer = text(result, "result");
    if (wish_ == Wish::kDeclined) {
        ++statistics.declined;
        return leave();
    }
    ++statistics.payments[answer];
    if (answer == "applied" || answer == "late") ++statistics.completed;
    if (state_ == State::kDeliverAgain || answer == "paid_unfulfilled") return leave();
    statistics.seats_paid += seats_.size();
    state_ = State::kTickets;
}

}  // namespace tix::buyers::sql
