// Records what providers say and does what the database answers to it: capture, void or refund.
//
// Nothing is asked of a provider inside a transaction. What is asked for and not done, because the
// provider is silent or the gateway is killed in between, is found again by the reconciler.
#pragma once

#include "../db/pool.hpp"
#include "../providers/guard.hpp"
#include "record.hpp"
#include "refunds.hpp"

namespace tix::gateway {

class Cashier {
public:
    Cashier(DbPool& database, Refunds& refunds) : database_(database), refunds_(refunds) {}

    // News that came by itself; answers what the last fact did. Throws DbError, and ProblemError
    // `unavailable` when the provider has to be asked before the news can count and does not
    // answer: in both cases it has to send it again.
    Recorded hear(GuardedProvider& provider, const ProviderNews& news);
    // What the provider answered about our own payment. Throws DbError.
    Recorded settle(GuardedProvider& provider, const Payment& payment, const Answer& answer);

private:
    enum class Source { kNews, kAnswer };
    // Records a fact and does what it asks for, once.
    Recorded obey(GuardedProvider& provider, Payment payment, const Fact& fact, Source source);
    void act(GuardedProvider& provider, const Payment& payment, const std::string& action);
    // Whether a refusal in the news still holds: else what the payment has become is recorded.
    bool holds(GuardedProvider& provider, const Payment& payment, Recorded& last);
    // Calls a payment off before its refusal counts; false: it was not open any more, and what it
    // has become is recorded.
    bool close(GuardedProvider& provider, const Payment& payment, Recorded& last);
    void obey_all(GuardedProvider& provider, const Payment& payment, const Answer& now,
                  Recorded& last);

    DbPool& database_;
    Refunds& refunds_;
};

}  // namespace tix::gateway
