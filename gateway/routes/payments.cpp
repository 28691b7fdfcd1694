// Paying an order, and what providers tell us. No provider is called inside a transaction.
#include "../base/text.hpp"
#include "../log/log.hpp"
#include "../pipeline/fields.hpp"
#include "routes.hpp"
#include "shared.hpp"

namespace tix::gateway {
namespace {

constexpr char kProvider[] = "mock";

// What the buyer has to do, null when it is nothing.
Json action_of(const Began& began) {
    Json action;
    if (!began.redirect_url.empty()) action["redirectUrl"] = began.redirect_url;
    if (!began.client_secret.empty()) action["clientSecret"] = began.client_secret;
    return action;
}

// Keeps the provider's name of a payment that has begun, and where its buyer has to go.
void keep(Services& services, const Payment& payment, const Began& began) {
    if (began.transaction_id.empty()) return;
    const auto ttl =
        began.action_ttl_s ? DbValue(std::to_string(*began.action_ttl_s) + " s") : std::nullopt;
    services.db.write(
        "SELECT * FROM tix.tix_payment_begun($1::uuid, $2::text, $3::text, $4::interval)",
        {payment.payment_id, began.transaction_id,
         began.redirect_url.empty() ? std::nullopt : DbValue(began.redirect_url), ttl});
}

// Asks the provider to begin. One that would open a second payment is asked once: its first answer
// is in the database.
Began begin(Services& services, const GuardedProvider& provider, GuardedProvider::Turn& turn,
            const Payment& payment) {
    if (!provider.provider().keeps_ids()) {
        const DbResult row = services.db.read("SELECT * FROM tix.tix_payment_action($1::uuid)",
                                              {payment.payment_id});
        if (row.rows() > 0) {
            Began before;
            before.outcome = Outcome::kYes;
            if (!row.null(0, 1)) before.redirect_url = row.text(0, 1);
            return before;
        }
    }
    Began began = turn.begin(payment);
    keep(services, payment, began);
    return began;
}

[[noreturn]] void refuse(const Began& began) {
    Problem problem = make_problem("validation");
    problem.errors.push_back({"paymentMethod", "is refused by the provider: " + began.detail});
    throw ProblemError(std::move(problem));
}

}  // namespace

HttpResponse pay_order(Services& services, Call& call) {
    const std::string order = call.id("orderId");
    Fields fields(call.body);
    const std::string name = fields.optional_text("provider", kLabelBytes).value_or(kProvider);
    GuardedProvider* provider = services.providers.find(name);
    if (provider == nullptr) fields.fault("provider", "is not a provider of this installation");
    std::string method = fields.optional_text("paymentMethod", kLabelBytes).value_or("");
    if (provider != nullptr && method.empty()) method = provider->provider().usual_method();
    if (provider != nullptr && !provider->provider().takes(method))
        fields.fault("paymentMethod", "is no method of this provider");
    fields.finish();
    // Before the order is bound to a payment: whoever finds no place has changed nothing.
    GuardedProvider::Turn turn(*provider);
    const DbResult row = services.db.write(
        "SELECT * FROM tix.tix_begin_payment($1::uuid, $2::text, $3::text, $4::uuid,"
        " $5::text)",
        {order, name, call.idempotency_key(), call.user_id(),
         method.empty() ? std::nullopt : DbValue(method)});
    Payment payment{std::string(row.text(0, 0)), order, row.number(0, 1),
                    std::string(row.text(0, 2)), "",    method};
    const Began began = begin(services, *provider, turn, payment);
    payment.transaction_id = began.transaction_id;
    services.cashier.settle(*provider, payment, began);
    if (began.outcome == Outcome::kNo) refuse(began);
    if (began.outcome == Outcome::kUnknown)
        throw ProblemError(
            make_problem("outcome_unknown",
                         "The provider did not answer. Repeat the request: it charges "
                         "a payment only once."));
    Json data = {{"paymentId", payment.payment_id},
                 {"orderId", order},
                 {"provider", name},
                 {"status", "pending"},
                 {"total", money(payment.amount, payment.currency)},
                 {"expiresAt", row.time(0, 3)}};
    if (const Json action = action_of(began); !action.is_null()) {
        data["status"] = "requires_action";
        data["action"] = action;
    }
    HttpResponse response = answer(call, std::move(data), 202);
    if (row.flag(0, 4)) response.headers.emplace_back("Idempotency-Replayed", "true");
    return response;
}

HttpResponse payment_webhook(Services& services, Call& call) {
    GuardedProvider* provider = services.providers.find(call.param("provider"));
    if (provider == nullptr) throw ProblemError(make_problem("not_found"));
    std::string why;
    if (!provider->provider().genuine(call.http, why)) {
        log_warn("webhook_refused", {{"requestId", call.request_id}, {"reason", why}});
        services.metrics.webhook(provider->name(), "invalid_signature");
        throw ProblemError(make_problem("invalid_signature"));
    }
    const auto body = parse_json(call.http.body, {}, why);
    if (!body) throw ProblemError(make_problem("malformed_request", why));
    const Recorded said = services.cashier.hear(*provider, provider->provider().read(*body));
    services.metrics.webhook(provider->name(), said.result);
    return answer(call, {{"result", said.result}, {"nextAction", said.next_action}});
}

}  // namespace tix::gateway
