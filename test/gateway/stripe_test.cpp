// The promises of Stripe's dialect: exact amounts, forms that nothing breaks out of, and facts read
// from what an object is, not from what the event is called.
#include "providers/stripe_wire.hpp"

#include <gtest/gtest.h>

namespace tix::gateway::stripe {
namespace {

constexpr char kPayment[] = "0190163d-8694-739b-aea5-966c26f8ad91";
constexpr char kOrder[] = "0190163d-8694-739b-aea5-966c26f8ad92";
constexpr char kRefund[] = "0190163d-8694-739b-aea5-966c26f8ad93";

Json intent(const char* status) {
    return {{"id", "pi_1"},
            {"object", "payment_intent"},
            {"amount", 9000},
            {"amount_capturable", 9000},
            {"amount_received", 9000},
            {"created", 1700000000},
            {"currency", "eur"},
            {"last_payment_error", nullptr},
            {"latest_charge", "ch_1"},
            {"metadata", {{"order_id", kOrder}, {"payment_id", kPayment}}},
            {"status", status}};
}

Json event(const char* type, Json object) {
    return {{"id", "evt_1"}, {"object", "event"}, {"type", type}, {"data", {{"object", object}}}};
}

Json refund(const char* status) {
    return {{"id", "re_1"},
            {"object", "refund"},
            {"amount", 700},
            {"currency", "eur"},
            {"payment_intent", "pi_1"},
            {"status", status},
            {"failure_reason", "lost_card"},
            {"metadata", {{"order_id", kOrder}, {"refund_id", kRefund}}}};
}

// The facts as text: kind, amount and currency of each.
std::string told(const std::vector<Fact>& facts) {
    std::string text;
    for (const Fact& fact : facts)
        text += (text.empty() ? "" : "; ") + fact.kind +
                (fact.amount ? " " + std::to_string(*fact.amount) + " " + *fact.currency : "") +
                (fact.still_open ? " open" : "");
    return text;
}

TEST(Stripe, amounts_go_over_exactly_or_not_at_all) {
    const auto to = [](std::int64_t minor, const char* currency) {
        return amount_to(minor, currency).value_or(-1);
    };
    EXPECT_EQ(to(4500, "EUR"), 4500);
    EXPECT_EQ(to(450, "JPY"), 450);
    EXPECT_EQ(to(5120, "KWD"), 5120);
    EXPECT_EQ(to(500, "ISK"), 50000);
    EXPECT_EQ(to(500, "UGX"), 50000);
    EXPECT_EQ(to(500, "MGA"), 5);
    EXPECT_EQ(to(505, "MGA"), -1);
    EXPECT_EQ(to(0, "EUR"), -1);
    EXPECT_EQ(to(-1, "EUR"), -1);
    EXPECT_EQ(to(INT64_MAX, "EUR"), INT64_MAX);
    EXPECT_EQ(to(INT64_MAX, "ISK"), -1);
}

TEST(Stripe, an_amount_that_goes_over_comes_back) {
    for (const char* currency : {"EUR", "JPY", "KWD", "ISK", "UGX", "MGA", "TWD", "HUF"})
        for (const std::int64_t minor : {100, 4500, 99999900})
            EXPECT_EQ(amount_from(*amount_to(minor, currency), currency), minor) << currency;
    EXPECT_FALSE(amount_from(50, "ISK"));
    EXPECT_FALSE(amount_from(0, "EUR"));
}

TEST(Stripe, nothing_breaks_out_of_a_form) {
    EXPECT_EQ(encode({{"metadata[order_id]", "a&b=c"}, {"x", "1 +%\n\xc3\xa9"}}),
              "metadata%5Border_id%5D=a%26b%3Dc&x=1%20%2B%25%0A%C3%A9");
    EXPECT_EQ(encode({}), "");
}

TEST(Stripe, an_id_may_stand_in_a_path_or_is_none) {
    EXPECT_TRUE(is_id("pi_3MtwBwLkdIwHu7ix28a3tqPa"));
    for (const std::string& id : {std::string(), std::string("pi/1"), std::string("pi_1?x"),
                                  std::string(".."), std::string("pi 1"), std::string(256, 'a')})
        EXPECT_FALSE(is_id(id)) << id;
}

TEST(Stripe, each_status_is_its_own_fact) {
    EXPECT_EQ(told(facts_of(intent("requires_capture")).facts), "authorized 9000 EUR");
    EXPECT_EQ(told(facts_of(intent("succeeded")).facts), "captured 9000 EUR");
    EXPECT_EQ(told(facts_of(intent("canceled")).facts), "voided");
    EXPECT_EQ(told(facts_of(intent("processing")).facts), "");
    EXPECT_FALSE(facts_of(intent("processing")).open_since);
    for (const char* status :
         {"requires_payment_method", "requires_action", "requires_confirmation"}) {
        EXPECT_EQ(told(facts_of(intent(status)).facts), "");
        EXPECT_EQ(facts_of(intent(status)).open_since, 1700000000) << status;
    }
    EXPECT_EQ(told(facts_of(intent("of tomorrow")).facts), "");
}

TEST(Stripe, a_decline_is_open_as_long_as_another_card_may_be_tried) {
    Json declined = intent("requires_payment_method");
    declined["last_payment_error"] = {{"code", "card_declined"}, {"decline_code", "stolen_card"}};
    const Answer answer = facts_of(declined);
    EXPECT_EQ(told(answer.facts), "failed open");
    EXPECT_EQ(answer.facts[0].payload["reason"], "stolen_card");
    EXPECT_FALSE(answer.open_since);
}

TEST(Stripe, the_state_decides_whatever_the_event_is_called) {
    for (const char* type : {"payment_intent.succeeded", "payment_intent.amount_capturable_updated",
                             "payment_intent.payment_failed", "payment_intent.invented"})
        EXPECT_EQ(told(news_of(event(type, intent("requires_capture"))).facts),
                  "authorized 9000 EUR");
    const ProviderNews news = news_of(event("payment_intent.succeeded", intent("succeeded")));
    EXPECT_EQ(news.facts[0].event_id, "evt_1");
    EXPECT_EQ(news.facts[0].payment_id, kPayment);
    EXPECT_EQ(news.facts[0].order_id, kOrder);
    EXPECT_EQ(news.facts[0].transaction_id, "pi_1");
}

TEST(Stripe, what_names_no_payment_of_ours_says_nothing) {
    for (const Json& metadata : {Json(nullptr), Json::object(), Json{{"order_id", kOrder}},
                                 Json{{"order_id", "7"}, {"payment_id", kPayment}}, Json("x")}) {
        Json foreign = intent("requires_capture");
        foreign["metadata"] = metadata;
        EXPECT_TRUE(facts_of(foreign).facts.empty()) << metadata;
    }
}

TEST(Stripe, a_refund_counts_when_it_is_paid_or_has_failed) {
    const auto one = fact_of_refund(refund("succeeded"));
    ASSERT_TRUE(one);
    EXPECT_EQ(told({*one}), "refunded 700 EUR");
    EXPECT_EQ(one->payload["refundId"], kRefund);
    EXPECT_EQ(one->payload["providerRefundId"], "re_1");
    EXPECT_EQ(fact_of_refund(refund("failed"))->kind, "refund_failed");
    EXPECT_EQ(fact_of_refund(refund("canceled"))->kind, "refund_failed");
    EXPECT_FALSE(fact_of_refund(refund("pending")));
    EXPECT_FALSE(fact_of_refund(refund("requires_action")));
    Json theirs = refund("succeeded");
    theirs["metadata"] = Json::object();
    EXPECT_FALSE(fact_of_refund(theirs)->order_id);  // that of the transaction
    EXPECT_FALSE(fact_of_refund(theirs)->payload.contains("refundId"));
}

TEST(Stripe, a_charge_tells_its_refunds_or_who_to_ask_about) {
    Json charge = {{"id", "ch_1"}, {"object", "charge"}, {"payment_intent", "pi_1"}};
    const ProviderNews little = news_of(event("charge.refunded", charge));
    EXPECT_TRUE(little.facts.empty());
    ASSERT_TRUE(little.ask);
    EXPECT_EQ(little.ask->transaction_id, "pi_1");
    Json second = refund("failed");
    second["id"] = "re_2";
    charge["refunds"] = {{"data", {refund("succeeded"), second}}};
    const ProviderNews all = news_of(event("charge.refunded", charge));
    EXPECT_EQ(told(all.facts), "refunded 700 EUR; refund_failed 700 EUR");
    EXPECT_EQ(all.facts[1].event_id, "evt_1:1");
    EXPECT_FALSE(all.ask);
}

TEST(Stripe, an_inquiry_takes_no_money_and_a_dispute_does) {
    const auto kind = [](const char* status) {
        const auto fact = fact_of_dispute({{"id", "du_1"},
                                           {"amount", 9000},
                                           {"currency", "eur"},
                                           {"payment_intent", {{"id", "pi_1"}}},
                                           {"status", status}});
        return fact ? told({*fact}) : "";
    };
    EXPECT_EQ(kind("needs_response"), "dispute_opened 9000 EUR");
    EXPECT_EQ(kind("under_review"), "dispute_opened 9000 EUR");
    EXPECT_EQ(kind("won"), "dispute_won 9000 EUR");
    EXPECT_EQ(kind("lost"), "dispute_lost 9000 EUR");
    for (const char* status :
         {"warning_needs_response", "warning_under_review", "warning_closed", "prevented", ""})
        EXPECT_EQ(kind(status), "") << status;
}

TEST(Stripe, only_its_own_words_are_a_no) {
    const auto error = [](const char* type, const char* code) {
        return error_of({{"error", {{"type", type}, {"code", code}}}});
    };
    EXPECT_TRUE(refuses(402, error("card_error", "card_declined")));
    EXPECT_TRUE(refuses(400, error("invalid_request_error", "amount_too_small")));
    EXPECT_FALSE(refuses(400, error("idempotency_error", "")));
    for (const int status : {0, 200, 401, 403, 404, 409, 429, 500, 502, 503})
        EXPECT_FALSE(refuses(status, error("invalid_request_error", "rate_limit"))) << status;
    EXPECT_FALSE(refuses(400, error_of(Json())));
    EXPECT_TRUE(refuses_refund(400, error("invalid_request_error", "charge_already_refunded")));
    EXPECT_FALSE(refuses_refund(400, error("invalid_request_error", "resource_missing")));
    EXPECT_FALSE(refuses_refund(404, error("invalid_request_error", "charge_already_refunded")));
}

TEST(Stripe, rubbish_says_nothing) {
    for (const Json& body : {Json(nullptr), Json(1), Json("x"), Json::array(), Json::object(),
                             event("payment_intent.succeeded", Json()),
                             event("payment_intent.succeeded", Json::array({1})),
                             event("charge.refunded", Json{{"payment_intent", 7}}),
                             event("charge.dispute.created", Json{{"status", {}}})}) {
        EXPECT_TRUE(news_of(body).facts.empty()) << body;
        EXPECT_FALSE(news_of(body).ask) << body;
        EXPECT_TRUE(error_of(body).type.empty()) << body;
    }
    Json odd = intent("succeeded");
    odd["amount_received"] = "9000";
    EXPECT_FALSE(facts_of(odd).facts[0].amount);
    odd["id"] = "../../v1/refunds";
    EXPECT_TRUE(facts_of(odd).facts.empty());
}

}  // namespace
}  // namespace tix::gateway::stripe
