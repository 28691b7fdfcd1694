// One POST each; a GET asks how a payment stands.
#include "mock.hpp"

#include <algorithm>
#include <ctime>

#include "../base/problem.hpp"
#include "../base/text.hpp"
#include "read.hpp"
#include "signature.hpp"

namespace tix::gateway {
namespace {

constexpr std::chrono::milliseconds kTimeout{5000};
constexpr char kJsonType[] = "application/json";
constexpr std::size_t kLabelBytes = 255;
// The one status that gives something up: a wrong address or a proxy must not end what is owed.
constexpr int kNever = 422;

Json money_of(const Payment& payment) {
    return {{"paymentId", payment.payment_id},
            {"orderId", payment.order_id},
            {"amount", payment.amount},
            {"currency", payment.currency}};
}

Answer answer_of(const std::optional<HttpClient::Answer>& said) {
    if (!said) return {Outcome::kUnknown, {}, "no answer", {}};
    const std::string detail = "status " + std::to_string(said->status);
    if (said->status / 100 == 2) return {Outcome::kYes, {}, detail, {}};
    return {said->status == kNever ? Outcome::kNo : Outcome::kUnknown, {}, detail, {}};
}

Fact refusal_of(const Payment& payment, const char* reason) {
    Fact fact;
    fact.kind = "failed";
    fact.payment_id = payment.payment_id;
    fact.order_id = payment.order_id;
    if (!payment.transaction_id.empty()) fact.transaction_id = payment.transaction_id;
    fact.payload = {{"reason", reason}};
    return fact;
}

// Members of news, with what is wrong about them.
class Reader {
public:
    explicit Reader(const Json& body) : body_(body) {
        if (!body.is_object()) fault("", "the body must be a JSON object");
    }

    std::optional<std::string> text(const char* name, bool needed, std::size_t longest,
                                    bool is_id = false) {
        known_.emplace_back(name);
        const Json* value = member_at(body_, {name});
        if (value == nullptr) {
            if (needed) fault(name, "is missing");
            return std::nullopt;
        }
        std::string text = text_at(body_, {name});
        if (text.empty() || text.size() > longest)
            fault(name, "must be a string of 1 to " + std::to_string(longest) + " bytes");
        else if (is_id && !is_uuid(text))
            fault(name, "must be a uuid");
        return text;
    }

    std::optional<std::int64_t> amount(const char* name) {
        known_.emplace_back(name);
        const auto number = number_at(body_, {name});
        if (member_at(body_, {name}) != nullptr && (!number || *number < 0))
            fault(name, "must be a whole number that is not negative");
        return number;
    }

    void finish() {
        if (body_.is_object())
            for (const auto& [name, value] : body_.items())
                if (std::find(known_.begin(), known_.end(), name) == known_.end())
                    fault(name, "is not known here");
        if (faults_.empty()) return;
        Problem problem = make_problem("validation");
        problem.errors = std::move(faults_);
        throw ProblemError(std::move(problem));
    }

private:
    void fault(std::string name, std::string message) {
        faults_.push_back({std::move(name), std::move(message)});
    }

    const Json& body_;
    std::vector<std::string> known_;
    std::vector<FieldError> faults_;
};

}  // namespace

std::optional<HttpClient::Answer> MockProvider::post(const char* path, const Json& body) {
    return clients_.send({"POST", path, {}, body.dump(), kJsonType, kTimeout});
}

Began MockProvider::begin(const Payment& payment) {
    Json body = money_of(payment);
    body["paymentMethod"] = payment.method;
    const auto said = post("/v1/charges", body);
    Began began{answer_of(said), "", "", "", {}};
    if (said && said->status == 400) {  // no such method
        began.outcome = Outcome::kNo;
        began.facts.push_back(refusal_of(payment, "no such method"));
    }
    return began;
}

Answer MockProvider::follow(const char* path, const Payment& payment) {
    Json body = money_of(payment);
    body["transactionId"] = payment.transaction_id;
    return answer_of(post(path, body));
}

Answer MockProvider::capture(const Payment& payment) {
    return follow("/v1/captures", payment);
}

Answer MockProvider::cancel(const Payment& payment) {
    return follow("/v1/voids", payment);
}

Answer MockProvider::refund(const Refund& refund) {
    return answer_of(post("/v1/refunds", {{"refundId", refund.refund_id},
                                          {"paymentId", refund.payment_id},
                                          {"orderId", refund.order_id},
                                          {"transactionId", refund.transaction_id},
                                          {"amount", refund.amount},
                                          {"currency", refund.currency}}));
}

Answer MockProvider::details(const Payment& payment) {
    const auto said =
        clients_.send({"GET", "/v1/payments/" + payment.payment_id, {}, "", "", kTimeout});
    Answer answer = answer_of(said);
    if (said && said->status == 404) {  // it forgets when it ends, and then nothing will come
        answer.outcome = Outcome::kNo;
        answer.facts.push_back(refusal_of(payment, "the provider knows nothing of it"));
    }
    if (answer.outcome != Outcome::kYes) return answer;
    std::string error;
    const auto body = parse_json(said->body, {}, error);
    const Json* events = body ? member_at(*body, {"events"}) : nullptr;
    if (events == nullptr || !events->is_array()) return {Outcome::kUnknown, {}, "no JSON", {}};
    for (const Json& event : *events)
        for (Fact& fact : read(event).facts) {
            fact.event_id.clear();  // an answer, not the news itself
            answer.facts.push_back(std::move(fact));
        }
    return answer;
}

bool MockProvider::genuine(const HttpRequest& request, std::string& why) const {
    return verify_signature(request.header("tix-signature"), request.body, webhook_secret_,
                            std::time(nullptr), why);
}

ProviderNews MockProvider::read(const Json& body) const {
    Reader reader(body);
    Fact fact;
    fact.event_id = reader.text("id", true, kLabelBytes).value_or("");
    fact.kind = reader.text("kind", true, kLabelBytes).value_or("");
    fact.order_id = reader.text("orderId", true, 36, true);
    fact.transaction_id = reader.text("transactionId", false, kLabelBytes);
    fact.payment_id = reader.text("paymentId", false, 36, true).value_or("");
    fact.amount = reader.amount("amount");
    fact.currency = reader.text("currency", false, 3);
    reader.text("refundId", false, 36, true);  // the database reads it from the body
    reader.finish();
    fact.payload = body;
    return {{std::move(fact)}, {}};
}

}  // namespace tix::gateway
