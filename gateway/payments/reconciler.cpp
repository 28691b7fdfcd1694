// The loop: claim, ask, record.
#include "reconciler.hpp"

#include "../base/problem.hpp"
#include "../log/log.hpp"

namespace tix::gateway {
namespace {

// Few: what is claimed and not asked for, because the gateway ends, waits for its next turn.
constexpr int kRowsMax = 16;
constexpr char kDue[] = "SELECT * FROM tix.tix_payments_due($1::int, $2::text[])";
constexpr char kSilent[] = "the provider does not answer";

std::int64_t now_s() {
    using std::chrono::system_clock;
    return system_clock::to_time_t(system_clock::now());
}

Payment payment_of(const DbResult& due, int row) {
    return {std::string(due.text(row, 0)), std::string(due.text(row, 1)), due.number(row, 4),
            std::string(due.text(row, 5)), std::string(due.text(row, 3)), ""};
}

}  // namespace

Reconciler::Reconciler(GuardedProvider& provider, std::chrono::seconds open_max, DbPool& database,
                       Cashier& cashier, Metrics& metrics)
    : provider_(provider),
      open_max_(open_max),
      database_(database),
      cashier_(cashier),
      metrics_(metrics),
      loop_([this] { return ask_for_due(); },
            [name = std::string(provider.name())](const std::string& fault) {
                if (fault.empty())
                    log_info("payments_resumed", {{"provider", name}});
                else
                    log_warn("payments_stalled", {{"provider", name}, {"reason", fault}});
            }) {}

std::string Reconciler::ask_for_due() {
    try {
        for (bool whole = true; whole;) {
            // Claimed in vain, a payment would wait longer.
            if (!provider_.answers()) return kSilent;
            const DbResult due = database_.write(
                kDue, {std::to_string(kRowsMax), array_literal({provider_.name()})});
            bool answered = true;
            for (int row = 0; row < due.rows() && !loop_.stopping(); ++row)
                answered = resolve(due, row) && answered;
            if (!answered) return kSilent;
            whole = due.rows() == kRowsMax && !loop_.stopping();
        }
        return {};
    } catch (const DbError& error) {
        return error.message;
    } catch (const std::exception& error) {
        return error.what();
    }
}

bool Reconciler::resolve(const DbResult& due, int row) {
    const Payment payment = payment_of(due, row);
    const auto call_off = [&] {
        Answer answer = provider_.cancel(payment);
        return answer.outcome == Outcome::kNo ? provider_.details(payment) : answer;
    };
    Answer answer = due.text(row, 7) == "void" ? call_off() : provider_.details(payment);
    if (answer.open_since && now_s() - *answer.open_since >= open_max_.count()) answer = call_off();
    metrics_.reconciled(provider_.name(), answer.outcome == Outcome::kUnknown ? "unknown"
                                          : answer.facts.empty()              ? "waiting"
                                                                              : "told");
    if (answer.outcome == Outcome::kUnknown) return false;
    try {
        cashier_.settle(provider_, payment, answer);
        return true;
    } catch (const ProblemError&) {
        return false;  // the payment had to be closed first, and that got no answer
    } catch (const DbError& error) {
        if (error.kind != DbError::Kind::kStatement) throw;
        // One that the database does not take must not keep the others waiting.
        log_error("payment_not_recorded", {{"paymentId", payment.payment_id},
                                           {"sqlstate", error.sqlstate},
                                           {"reason", error.message}});
        return true;
    }
}

Reconcilers::Reconcilers(const Providers& providers, std::chrono::seconds open_max,
                         DbPool& database, Cashier& cashier, Metrics& metrics) {
    for (const auto& provider : providers.all())
        all_.push_back(
            std::make_unique<Reconciler>(*provider, open_max, database, cashier, metrics));
}

void Reconcilers::start() {
    for (const auto& one : all_)
        one->start();
}

void Reconcilers::quit() {
    for (const auto& one : all_)
        one->quit();
}

void Reconcilers::stop() {
    quit();
    for (const auto& one : all_)
        one->stop();
}

}  // namespace tix::gateway
