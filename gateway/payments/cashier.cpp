// From fact to answer to action.
#include "cashier.hpp"

#include "../base/problem.hpp"
#include "../log/log.hpp"

namespace tix::gateway {
namespace {

// What a fact says of the payment it is about, over what was known.
Payment payment_of(Payment known, const Fact& fact) {
    if (!fact.payment_id.empty()) known.payment_id = fact.payment_id;
    if (fact.order_id) known.order_id = *fact.order_id;
    if (fact.transaction_id) known.transaction_id = *fact.transaction_id;
    if (fact.amount) known.amount = *fact.amount;
    if (fact.currency) known.currency = *fact.currency;
    return known;
}

[[noreturn]] void not_now() {
    throw ProblemError(make_problem("unavailable", "The payment provider does not answer."));
}

}  // namespace

Recorded Cashier::hear(GuardedProvider& provider, const ProviderNews& news) {
    Recorded last;
    for (const Fact& fact : news.facts) {
        const Payment payment = payment_of({}, fact);
        if (!fact.still_open || (holds(provider, payment, last) && close(provider, payment, last)))
            last = obey(provider, payment, fact, Source::kNews);
    }
    if (news.ask) {
        const Answer answer = provider.details(*news.ask);
        if (answer.outcome == Outcome::kUnknown) not_now();
        last = settle(provider, *news.ask, answer);
    }
    return last;
}

Recorded Cashier::settle(GuardedProvider& provider, const Payment& payment, const Answer& answer) {
    Recorded last;
    for (const Fact& fact : answer.facts)
        if (!fact.still_open || close(provider, payment_of(payment, fact), last))
            last = obey(provider, payment, fact, Source::kAnswer);
    return last;
}

// News is late: meanwhile the buyer may have paid with another card.
bool Cashier::holds(GuardedProvider& provider, const Payment& payment, Recorded& last) {
    const Answer now = provider.details(payment);
    if (now.outcome == Outcome::kUnknown) not_now();
    for (const Fact& fact : now.facts)
        if (fact.still_open) return true;
    obey_all(provider, payment, now, last);
    return false;
}

bool Cashier::close(GuardedProvider& provider, const Payment& payment, Recorded& last) {
    const Answer closed = provider.cancel(payment);
    if (closed.outcome == Outcome::kYes) return true;
    if (closed.outcome == Outcome::kUnknown) not_now();
    const Answer now = provider.details(payment);
    if (now.outcome == Outcome::kUnknown) not_now();
    obey_all(provider, payment, now, last);
    return false;
}

void Cashier::obey_all(GuardedProvider& provider, const Payment& payment, const Answer& now,
                       Recorded& last) {
    for (const Fact& fact : now.facts)
        if (!fact.still_open) last = obey(provider, payment, fact, Source::kAnswer);
}

Recorded Cashier::obey(GuardedProvider& provider, Payment payment, const Fact& fact,
                       Source source) {
    const Recorded said = source == Source::kNews ? record_news(database_, provider.name(), fact)
                                                  : record_answer(database_, provider.name(), fact);
    act(provider, payment_of(std::move(payment), fact), said.next_action);
    return said;
}

void Cashier::act(GuardedProvider& provider, const Payment& payment, const std::string& action) {
    if (action == "refund") return refunds_.wake();
    if (action != "capture" && action != "void") return;
    const auto ask = [&] {
        return action == "capture" ? provider.capture(payment) : provider.cancel(payment);
    };
    Answer answer = ask();
    // It cannot be done (any more): how the payment stands instead counts. What that would ask for
    // is the reconciler's, so that a provider that contradicts itself is not asked in a circle.
    if (answer.outcome == Outcome::kNo) answer = provider.details(payment);
    for (const Fact& fact : answer.facts) {
        if (fact.still_open) continue;
        if (record_answer(database_, provider.name(), fact).next_action == "refund")
            refunds_.wake();
    }
    if (answer.outcome == Outcome::kUnknown)
        log_warn("payment_left_to_the_reconciler",
                 {{"provider", provider.name()}, {"orderId", payment.order_id}, {"do", action}});
}

}  // namespace tix::gateway
