// The loop: claim, ask, note.
#include "refunds.hpp"

#include "../log/log.hpp"
#include "record.hpp"

namespace tix::gateway {
namespace {

// Few: what is claimed and not asked for, because the gateway ends, waits for its next turn.
constexpr int kRowsMax = 16;
constexpr char kDue[] = "SELECT * FROM tix.tix_refunds_due($1::int, $2::text[])";
constexpr char kRefused[] = "SELECT * FROM tix.tix_refund_refused($1::uuid, $2::text)";
constexpr char kKnown[] = "SELECT * FROM tix.tix_provider_refunds($1::uuid)";
constexpr char kSilent[] = "the provider does not answer";

}  // namespace

class Refunds::Asker {
public:
    Asker(GuardedProvider& provider, DbPool& database, Metrics& metrics)
        : provider_(provider),
          database_(database),
          metrics_(metrics),
          loop([this] { return ask_for_due(); },
               [name = std::string(provider.name())](const std::string& fault) {
                   if (fault.empty())
                       log_info("refunds_resumed", {{"provider", name}});
                   else
                       log_warn("refunds_stalled", {{"provider", name}, {"reason", fault}});
               }) {}

private:
    // Asks for all that is due; what hindered it, or nothing.
    std::string ask_for_due() {
        try {
            for (bool whole = true; whole;) {
                if (!provider_.answers()) return kSilent;
                const DbResult due = database_.write(
                    kDue, {std::to_string(kRowsMax), array_literal({provider_.name()})});
                bool answered = true;
                // One that gets no answer must not keep the provider from hearing of the others.
                for (int row = 0; row < due.rows() && !loop.stopping(); ++row)
                    answered = ask(due, row) && answered;
                if (!answered) return kSilent;
                whole = due.rows() == kRowsMax && !loop.stopping();
            }
            return {};
        } catch (const DbError& error) {
            return error.message;
        } catch (const std::exception& error) {
            return error.what();
        }
    }

    // False when the provider gave no answer that counts.
    bool ask(const DbResult& due, int row) {
        Refund refund{std::string(due.text(row, 0)),
                      std::string(due.text(row, 1)),
                      std::string(due.text(row, 2)),
                      std::string(due.text(row, 4)),
                      due.number(row, 5),
                      std::string(due.text(row, 6))};
        if (!provider_.provider().keeps_ids())
            refund.known_ids = database_.read(kKnown, {refund.payment_id}).array(0, 0);
        const Answer answer = provider_.refund(refund);
        for (const Fact& fact : answer.facts)
            record_answer(database_, provider_.name(), fact);
        switch (answer.outcome) {
            case Outcome::kYes:
                metrics_.refund(provider_.name(), "accepted");
                return true;
            case Outcome::kNo:
                metrics_.refund(provider_.name(), "refused");
                log_error("refund_refused",
                          {{"refundId", refund.refund_id}, {"orderId", refund.order_id}});
                database_.write(kRefused,
                                {refund.refund_id, "the provider refuses it: " + answer.detail});
                return true;
            default:
                metrics_.refund(provider_.name(), "unknown");
                return false;
        }
    }

    GuardedProvider& provider_;
    DbPool& database_;
    Metrics& metrics_;

public:
    Loop loop;  // last: it ends before what it uses
};

Refunds::Refunds(const Providers& providers, DbPool& database, Metrics& metrics) {
    for (const auto& provider : providers.all())
        askers_.push_back(std::make_unique<Asker>(*provider, database, metrics));
}

Refunds::~Refunds() = default;

void Refunds::start() {
    for (const auto& asker : askers_)
        asker->loop.start();
}

void Refunds::wake() {
    for (const auto& asker : askers_)
        asker->loop.wake();
}

void Refunds::quit() {
    for (const auto& asker : askers_)
        asker->loop.quit();
}

void Refunds::stop() {
    quit();
    for (const auto& asker : askers_)
        asker->loop.stop();
}

}  // namespace tix::gateway
