// The loop: claim, ask, note.
#include "refunds.hpp"

#include "../log/log.hpp"

namespace tix::gateway {
namespace {

constexpr char kMock[] = "mock";
// Few: what is claimed and not asked for, because the gateway ends, waits for its next turn.
constexpr int kRowsMax = 16;
constexpr char kDue[] = "SELECT * FROM tix.tix_refunds_due($1::int)";
constexpr char kRefused[] = "SELECT * FROM tix.tix_refund_refused($1::uuid, $2::text)";

void note(const std::string& fault) {
    if (fault.empty())
        log_info("refunds_resumed");
    else
        log_warn("refunds_stalled", {{"reason", fault}});
}

}  // namespace

Refunds::Refunds(DbPool& database, MockProvider* mock, Metrics& metrics)
    : database_(database),
      mock_(mock),
      metrics_(metrics),
      loop_([this] { return ask_for_due(); }, note) {}

void Refunds::start() {
    if (mock_ != nullptr) loop_.start();
}

std::string Refunds::ask_for_due() {
    try {
        for (bool whole = true; whole;) {
            const DbResult due = database_.write(kDue, {std::to_string(kRowsMax)});
            bool answered = true;
            // One that gets no answer must not keep the provider from hearing of the others.
            for (int row = 0; row < due.rows() && !loop_.stopping(); ++row)
                answered = ask(due, row) && answered;
            if (!answered) return "the provider does not answer";
            whole = due.rows() == kRowsMax && !loop_.stopping();
        }
        return {};
    } catch (const DbError& error) {
        return error.message;
    }
}

bool Refunds::ask(const DbResult& due, int row) {
    const std::string id(due.text(row, 0));
    const std::string provider(due.text(row, 3));
    if (provider != kMock) {
        log_error("refund_without_provider", {{"refundId", id}, {"provider", provider}});
        metrics_.refund(provider, "unknown");
        return true;
    }
    const Refund refund{id,
                        std::string(due.text(row, 1)),
                        std::string(due.text(row, 2)),
                        std::string(due.text(row, 4)),
                        due.number(row, 5),
                        std::string(due.text(row, 6))};
    switch (mock_->refund(refund)) {
        case MockProvider::Outcome::kAccepted:
            metrics_.refund(provider, "accepted");
            return true;
        case MockProvider::Outcome::kRefused:
            metrics_.refund(provider, "refused");
            log_error("refund_refused", {{"refundId", id}, {"orderId", refund.order_id}});
            database_.write(kRefused, {id, "the provider refuses it"});
            return true;
        case MockProvider::Outcome::kUnknown:
            metrics_.refund(provider, "unknown");
    }
    return false;
}

}  // namespace tix::gateway
