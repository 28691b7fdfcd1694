// One form-encoded request each.
#include "stripe.hpp"

#include <ctime>

#include "read.hpp"
#include "signature.hpp"

namespace tix::gateway {
namespace {

constexpr char kIntents[] = "/v1/payment_intents";
constexpr char kExpand[] = "?expand%5B%5D=latest_charge.refunds";

std::string key_of(const Payment& payment, const std::string& operation) {
    const std::string& who =
        payment.payment_id.empty() ? payment.transaction_id : payment.payment_id;
    return "tix:" + who + ":" + operation;
}

Fact refusal_of(const Payment& payment, const std::string& reason) {
    Fact fact;
    fact.kind = "failed";
    fact.payment_id = payment.payment_id;
    fact.order_id = payment.order_id;
    fact.payload = {{"reason", reason}};
    return fact;
}

}  // namespace

std::string StripeProvider::Said::code() const {
    if (status == 0) return "no answer";
    const stripe::Error error = stripe::error_of(body);
    return error.code.empty() ? "status " + std::to_string(status) : error.code;
}

bool StripeProvider::takes(const std::string& method) const {
    return method.empty() || (method.starts_with("pm_") && stripe::is_id(method));
}

StripeProvider::Said StripeProvider::send(const char* method, const std::string& path,
                                          const stripe::Form& form, const std::string& key) {
    HttpClient::Request request{method, path, {}, "", "", settings_.timeout};
    request.headers = {{"Authorization", "Bearer " + settings_.secret_key},
                       {"Stripe-Version", stripe::kVersion},
                       {"User-Agent", "tix"}};
    if (!key.empty()) request.headers.emplace_back("Idempotency-Key", key);
    if (request.method == "POST") {
        request.body = stripe::encode(form);
        request.content_type = "application/x-www-form-urlencoded";
    }
    const auto answer = clients_.send(request);
    if (!answer) return {};
    std::string error;
    auto body = parse_json(answer->body, {}, error);
    if (!body || !body->is_object()) return {};
    return {answer->status, std::move(*body), answer->header("idempotent-replayed") == "true"};
}

StripeProvider::Said StripeProvider::create(const Payment& payment) {
    const auto amount = stripe::amount_to(payment.amount, payment.currency);
    if (!amount)
        return {
            400,
            {{"error", {{"type", "invalid_request_error"}, {"code", "amount_not_expressible"}}}},
            false};
    std::string currency = payment.currency;
    for (char& c : currency)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    stripe::Form form{{"amount", std::to_string(*amount)},
                      {"currency", currency},
                      {"capture_method", "manual"},
                      {"payment_method_types[0]", "card"},
                      {"metadata[order_id]", payment.order_id},
                      {"metadata[payment_id]", payment.payment_id}};
    if (!payment.method.empty()) {
        form.emplace_back("payment_method", payment.method);
        form.emplace_back("confirm", "true");
        if (!settings_.return_url.empty()) form.emplace_back("return_url", settings_.return_url);
    }
    return send("POST", kIntents, form, key_of(payment, "create"));
}

Began StripeProvider::begin(const Payment& payment) {
    const Said said = create(payment);
    Began began;
    began.detail = said.code();
    const stripe::Error error = stripe::error_of(said.body);
    const Json& intent = said.good() ? said.body : error.intent;
    if (!said.good() && !stripe::refuses(said.status, error)) return began;
    const Answer stands = stripe::facts_of(intent);
    began.outcome = said.good() ? Outcome::kYes : Outcome::kNo;
    began.facts = stands.facts;
    if (intent.is_object()) began.transaction_id = text_at(intent, {"id"});
    if (!said.good() && began.facts.empty())
        began.facts.push_back(refusal_of(payment, said.code()));
    if (said.good() && stands.open_since) {
        began.redirect_url = text_at(intent, {"next_action", "redirect_to_url", "url"});
        began.client_secret = text_at(intent, {"client_secret"});
    }
    return began;
}

Answer StripeProvider::follow(const Payment& payment, const char* what, const stripe::Form& form) {
    Payment known = payment;
    if (known.transaction_id.empty()) {
        const Said found = find(payment);
        if (!found.good()) return {Outcome::kUnknown, {}, found.code(), {}};
        known.transaction_id = text_at(found.body, {"id"});
    }
    if (!stripe::is_id(known.transaction_id)) return {Outcome::kUnknown, {}, "no id", {}};
    const std::string path = std::string(kIntents) + "/" + known.transaction_id + "/" + what;
    Said said = send("POST", path, form, key_of(known, what));
    // Stripe repeats its failures and refusals of a key for a day. The state of the PaymentIntent
    // lets this happen once anyway, so it is asked for anew.
    if (!said.good() && said.replayed) said = send("POST", path, form, "");
    if (said.good()) return stripe::facts_of(said.body);
    const bool no = stripe::refuses(said.status, stripe::error_of(said.body));
    return {no ? Outcome::kNo : Outcome::kUnknown, {}, said.code(), {}};
}

Answer StripeProvider::capture(const Payment& payment) {
    const auto amount = stripe::amount_to(payment.amount, payment.currency);
    if (!amount) return {Outcome::kNo, {}, "amount_not_expressible", {}};
    return follow(payment, "capture", {{"amount_to_capture", std::to_string(*amount)}});
}

Answer StripeProvider::cancel(const Payment& payment) {
    return follow(payment, "cancel", {});
}

Answer StripeProvider::refund(const Refund& refund) {
    const auto amount = stripe::amount_to(refund.amount, refund.currency);
    if (!amount) return {Outcome::kNo, {}, "amount_not_expressible", {}};
    const Said said = send("POST", "/v1/refunds",
                           {{"payment_intent", refund.transaction_id},
                            {"amount", std::to_string(*amount)},
                            {"metadata[order_id]", refund.order_id},
                            {"metadata[payment_id]", refund.payment_id},
                            {"metadata[refund_id]", refund.refund_id}},
                           "tix:" + refund.payment_id + ":refund:" + refund.refund_id);
    Answer answer{Outcome::kUnknown, {}, said.code(), {}};
    if (said.good()) {
        answer.outcome = Outcome::kYes;
        if (auto fact = stripe::fact_of_refund(said.body)) answer.facts.push_back(std::move(*fact));
    } else if (stripe::refuses_refund(said.status, stripe::error_of(said.body))) {
        answer.outcome = Outcome::kNo;
    }
    return answer;
}

// Creating it again answers the one that was created, or makes one that is then called off as any
// other. Only when it was created otherwise, with a PaymentMethod, is it looked for.
StripeProvider::Said StripeProvider::find(const Payment& payment) {
    Payment plain = payment;
    plain.method.clear();
    Said said = create(plain);
    if (stripe::error_of(said.body).type != "idempotency_error") return said;
    said =
        send("GET",
             std::string(kIntents) + "/search?" +
                 stripe::encode({{"query", "metadata['payment_id']:'" + payment.payment_id + "'"}}),
             {}, "");
    const Json* found = member_at(said.body, {"data"});
    if (!said.good() || found == nullptr || !found->is_array() || found->size() != 1) return {};
    return {200, found->front(), false};
}

Answer StripeProvider::details(const Payment& payment) {
    const bool known = stripe::is_id(payment.transaction_id);
    const Said said =
        known ? send("GET", std::string(kIntents) + "/" + payment.transaction_id + kExpand, {}, "")
              : find(payment);
    if (!said.good()) return {Outcome::kUnknown, {}, said.code(), {}};
    return stripe::facts_of(said.body);
}

bool StripeProvider::genuine(const HttpRequest& request, std::string& why) const {
    return verify_signature(request.header("stripe-signature"), request.body,
                            settings_.webhook_secret, std::time(nullptr), why);
}

ProviderNews StripeProvider::read(const Json& body) const {
    return stripe::news_of(body);
}

}  // namespace tix::gateway
