// Looks before it moves money, and believes the details afterwards.
#include "linepay.hpp"

#include <algorithm>

#include "../base/problem.hpp"
#include "../crypto/random.hpp"

namespace tix::gateway {
namespace {

using linepay::Standing;
using linepay::State;
using linepay::Verdict;

// How long LINE Pay waits for the buyer, and then for us.
constexpr std::int64_t kOpenSeconds = 1200;
constexpr char kKnownNumber[] = "1172";
constexpr std::size_t kSuffixBytes = 8;

Outcome outcome_of(Verdict verdict) {
    switch (verdict) {
        case Verdict::kYes:
        case Verdict::kBuyer:
            return Outcome::kYes;
        case Verdict::kNo:
            return Outcome::kNo;
        default:
            return Outcome::kUnknown;  // with kOperator a person has to mend something first
    }
}

std::string detail_of(const LinePayClient::Said& said) {
    return said.code.empty() ? "no answer" : "code " + said.code;
}

Fact fact(const Payment& payment, const char* kind) {
    Fact fact;
    fact.kind = kind;
    fact.payment_id = payment.payment_id;
    fact.order_id = payment.order_id;
    if (!payment.transaction_id.empty()) fact.transaction_id = payment.transaction_id;
    fact.amount = payment.amount;
    fact.currency = payment.currency;
    return fact;
}

Answer yes(Fact fact) {
    return {Outcome::kYes, {std::move(fact)}, "", {}};
}

Answer unknown(std::string detail) {
    return {Outcome::kUnknown, {}, std::move(detail), {}};
}

}  // namespace

LinePay::LinePay(Settings settings) : settings_(std::move(settings)), client_(settings_.access) {}

Began LinePay::begin(const Payment& payment) {
    linepay::Purchase purchase{payment.payment_id,  "Tickets", payment.amount,
                               payment.currency,    {},        settings_.confirm_url,
                               settings_.cancel_url};
    auto said = client_.request(purchase);
    if (said.code == kKnownNumber) {
        // It was requested before, and that answer was lost: nobody was sent to its page, so it
        // lapses. Another request has another number.
        purchase.number += '-' + crypto::random_uuid().substr(0, kSuffixBytes);
        said = client_.request(purchase);
    }
    Began began;
    began.outcome = outcome_of(said.verdict);
    began.detail = detail_of(said);
    if (!said.opened) return began;
    began.transaction_id = said.opened->transaction_id;
    began.redirect_url = said.opened->url;
    began.action_ttl_s = kOpenSeconds;
    return began;
}

bool LinePay::is_number_of(std::string_view number, std::string_view payment_id) {
    if (!number.starts_with(payment_id)) return false;
    number.remove_prefix(payment_id.size());
    return number.empty() || (number.size() == kSuffixBytes + 1 && number[0] == '-');
}

// Only what LINE Pay says of a transaction becomes a fact; its sums with it, which the database
// compares with the order's.
Answer LinePay::stands(const Payment& payment, const Standing& standing) const {
    const auto told = [&](const char* kind) {
        Fact said = fact(payment, kind);
        said.amount = standing.amount;
        said.currency = standing.currency;
        return yes(std::move(said));
    };
    switch (standing.state) {
        case State::kWaiting:
            return {Outcome::kYes, {}, "waits for the buyer", {}};
        case State::kApproved:
            return yes(fact(payment, "authorized"));  // by the buyer: no sum is told yet
        case State::kReserved:
            return told("authorized");
        case State::kCaptured:
            return told("captured");
        case State::kVoided:
            return yes(fact(payment, "voided"));
        case State::kLapsed:
            return yes(fact(payment, "expired"));
        case State::kFailed:
            return yes(fact(payment, "failed"));
        default:
            return unknown("the details do not tell");
    }
}

Answer LinePay::details(const Payment& payment) {
    if (!payment.transaction_id.empty())
        return stands(payment, client_.look(payment.transaction_id));
    // The answer to begin() was lost, so nobody was ever sent to LINE Pay's page.
    const auto found = client_.look_for(payment.payment_id);
    if (!found) return yes(fact(payment, "failed"));
    return unknown("a transaction that was not begun by us");
}

Answer LinePay::capture(const Payment& payment) {
    const std::string& transaction = payment.transaction_id;
    const Standing before = client_.look(transaction);
    if (before.state == State::kApproved) {
        const auto said = client_.confirm(transaction, payment.amount, payment.currency);
        if (said.verdict == Verdict::kYes) return yes(fact(payment, "authorized"));
        if (said.verdict == Verdict::kNo) {
            Answer refused = yes(fact(payment, "failed"));
            refused.detail = detail_of(said);
            return refused;
        }
        return stands(payment, client_.look(transaction));
    }
    if (before.state != State::kReserved) return stands(payment, before);
    const auto said = client_.capture(transaction, payment.amount, payment.currency);
    if (said.verdict == Verdict::kYes) return yes(fact(payment, "captured"));
    const Standing after = client_.look(transaction);
    // Refused for good, and still reserved: to be given up before the refusal counts.
    if (said.verdict == Verdict::kNo && after.state == State::kReserved) {
        Fact refusal = fact(payment, "failed");
        refusal.still_open = true;
        Answer refused = yes(std::move(refusal));
        refused.detail = detail_of(said);
        return refused;
    }
    // Reserved as before: what was said did nothing, or has not yet.
    if (after.state == State::kReserved) return unknown(detail_of(said));
    return stands(payment, after);
}

Answer LinePay::cancel(const Payment& payment) {
    const Standing before = client_.look(payment.transaction_id);
    // What was not confirmed cannot be given up, but nobody will confirm it: it lapses.
    if (before.state == State::kWaiting || before.state == State::kApproved)
        return {Outcome::kYes, {}, "lapses by itself", {}};
    if (before.state != State::kReserved) return stands(payment, before);
    const auto said = client_.give_up(payment.transaction_id);
    if (said.verdict == Verdict::kYes) return yes(fact(payment, "voided"));
    const Standing after = client_.look(payment.transaction_id);
    if (after.state == State::kReserved) return unknown(detail_of(said));
    return stands(payment, after);
}

Answer LinePay::refund(const Refund& refund) {
    const auto paid_back = [&](const std::string& id) {
        Fact fact;
        fact.kind = "refunded";
        fact.payment_id = refund.payment_id;
        fact.order_id = refund.order_id;
        fact.transaction_id = refund.transaction_id;
        fact.amount = refund.amount;
        fact.currency = refund.currency;
        fact.payload = {{"refundId", refund.refund_id}};
        if (!id.empty()) fact.payload["providerRefundId"] = id;
        return yes(std::move(fact));
    };
    // One of this sum that we have not booked is this one: an answer was lost.
    const Standing standing = client_.look(refund.transaction_id);
    if (standing.state != State::kCaptured) return unknown("it is not said to be captured");
    for (const linepay::Given& given : standing.given)
        if (given.amount == refund.amount &&
            std::find(refund.known_ids.begin(), refund.known_ids.end(), given.id) ==
                refund.known_ids.end())
            return paid_back(given.id);
    const auto said = client_.refund(refund.transaction_id, refund.amount, refund.currency);
    if (said.verdict == Verdict::kYes) return paid_back(said.refund_id);
    return {outcome_of(said.verdict), {}, detail_of(said), {}};
}

bool LinePay::genuine(const HttpRequest&, std::string& why) const {
    why = "LINE Pay sends no webhooks";
    return false;
}

ProviderNews LinePay::read(const Json&) const {
    throw ProblemError(make_problem("not_found"));
}

}  // namespace tix::gateway
