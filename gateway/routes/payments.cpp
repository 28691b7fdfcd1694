// Paying an order, and what providers tell us. No provider is called inside a transaction.
#include <ctime>

#include "../base/text.hpp"
#include "../log/log.hpp"
#include "../pipeline/fields.hpp"
#include "../providers/signature.hpp"
#include "routes.hpp"
#include "shared.hpp"

namespace tix::gateway {
namespace {

constexpr char kMock[] = "mock";
constexpr char kMethodDefault[] = "mock_ok";
constexpr std::size_t kCurrencyBytes = 3;

// The event a provider sent. Read only after its signature was found right.
struct Event {
    std::string id, kind, order_id;
    std::optional<std::string> transaction_id, currency;
    std::optional<std::int64_t> amount;
};

Event read_event(const Json& body) {
    Fields fields(body);
    Event event;
    event.id = fields.text("id", 1, kLabelBytes);
    event.kind = fields.text("kind", 1, kLabelBytes);
    event.order_id = fields.uuid("orderId");
    event.transaction_id = fields.optional_text("transactionId", kLabelBytes);
    event.amount = fields.optional_number("amount", 0, INT64_MAX);
    event.currency = fields.optional_text("currency", kCurrencyBytes);
    fields.optional_uuid("refundId");  // the database reads it from the body
    fields.finish();
    return event;
}

DbValue number(const std::optional<std::int64_t>& value) {
    return value ? DbValue(std::to_string(*value)) : std::nullopt;
}

}  // namespace

HttpResponse pay_order(Services& services, Call& call) {
    const std::string order = call.id("orderId");
    Fields fields(call.body);
    const std::string provider = fields.optional_text("provider", kLabelBytes).value_or(kMock);
    const std::string method =
        fields.optional_text("paymentMethod", kLabelBytes).value_or(kMethodDefault);
    if (provider != kMock || services.mock == nullptr)
        fields.fault("provider", "is not a provider of this installation");
    fields.finish();
    // Before the order is bound to a payment: whoever finds no place has changed nothing.
    const Turnstile::Turn turn(services.charges);
    const DbResult row = services.db.write(
        "SELECT * FROM tix.tix_begin_payment($1::uuid, $2::text, $3::text, $4::uuid,"
        " $5::text)",
        {order, provider, call.idempotency_key(), call.user_id(), method});
    const Charge charge{std::string(row.text(0, 0)), order, row.number(0, 1),
                        std::string(row.text(0, 2)), method};
    switch (services.mock->charge(charge)) {
        case MockProvider::Outcome::kAccepted:
            break;
        case MockProvider::Outcome::kRefused: {
            Problem problem = make_problem("validation");
            problem.errors.push_back({"paymentMethod", "is refused by the provider"});
            throw ProblemError(std::move(problem));
        }
        case MockProvider::Outcome::kUnknown:
            throw ProblemError(
                make_problem("outcome_unknown",
                             "The provider did not answer. Repeat the request: it charges "
                             "a payment only once."));
    }
    HttpResponse response = answer(call,
                                   {{"paymentId", charge.payment_id},
                                    {"orderId", order},
                                    {"provider", provider},
                                    {"status", "pending"},
                                    {"total", money(charge.amount, charge.currency)},
                                    {"expiresAt", row.time(0, 3)}},
                                   202);
    if (row.flag(0, 4)) response.headers.emplace_back("Idempotency-Replayed", "true");
    return response;
}

HttpResponse payment_webhook(Services& services, Call& call) {
    if (call.param("provider") != kMock || services.mock == nullptr)
        throw ProblemError(make_problem("not_found"));
    std::string why;
    if (!verify_signature(call.http.header("tix-signature"), call.http.body,
                          services.mock->webhook_secret(), std::time(nullptr), why)) {
        log_warn("webhook_refused", {{"requestId", call.request_id}, {"reason", why}});
        services.metrics.webhook(kMock, "invalid_signature");
        throw ProblemError(make_problem("invalid_signature"));
    }
    const auto body = parse_json(call.http.body, {}, why);
    if (!body) throw ProblemError(make_problem("malformed_request", why));
    const Event event = read_event(*body);
    const DbResult row = services.db.write(
        "SELECT * FROM tix.tix_payment_event($1::text, $2::text, $3::text, $4::text, $5::uuid,"
        " $6::bigint, $7::text, $8::jsonb)",
        {kMock, event.id, event.kind, event.transaction_id, event.order_id, number(event.amount),
         event.currency, std::string(call.http.body)});
    services.metrics.webhook(kMock, row.text(0, 0));
    // capture and void are told, but nobody obeys them yet: no provider here authorizes first.
    if (row.text(0, 1) == "refund") services.refunds.wake();
    return answer(call, {{"result", row.text(0, 0)}, {"nextAction", row.text(0, 1)}});
}

}  // namespace tix::gateway
