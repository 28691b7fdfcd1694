// The promises of the mock provider's scripts: each method's events, a refund's, and neither half
// read.
#include "mock/script.hpp"

#include <gtest/gtest.h>

namespace tix::gateway {
namespace {

constexpr char kPayment[] = "0190163d-8694-739b-aea5-966c26f8ad91";
constexpr char kOrder[] = "0190163d-8694-739b-aea5-966c26f8ad92";
constexpr char kRefund[] = "0190163d-8694-739b-aea5-966c26f8ad93";

Json charge(const char* method) {
    return {{"paymentId", kPayment},
            {"orderId", kOrder},
            {"amount", 45000},
            {"currency", "EUR"},
            {"paymentMethod", method}};
}

Json refund() {
    return {{"refundId", kRefund}, {"paymentId", kPayment},
            {"orderId", kOrder},   {"transactionId", std::string("tx-") + kPayment},
            {"amount", 45000},     {"currency", "EUR"}};
}

std::vector<PlannedEvent> events_of(const char* method) {
    return plan_events(charge(method)).value_or(std::vector<PlannedEvent>(99));
}

// Each event as "after kind id", where ID stands for the payment's.
std::string told(const char* method) {
    std::string text;
    for (const PlannedEvent& event : events_of(method)) {
        const Json body = Json::parse(event.body, nullptr, false);
        if (body.is_discarded()) return "no JSON";
        std::string id = body["id"];
        id.replace(id.find(kPayment), sizeof kPayment - 1, "ID");
        text += (text.empty() ? "" : "; ") + std::to_string(event.after.count()) + " " +
                body["kind"].get<std::string>() + " " + id;
    }
    return text;
}

TEST(Script, each_method_sends_its_own_events) {
    EXPECT_EQ(told("mock_ok"), "0 captured evt-ID");
    EXPECT_EQ(told("mock_decline"), "0 failed evt-ID");
    EXPECT_EQ(told("mock_delay"), "1000 captured evt-ID");
    EXPECT_EQ(told("mock_reorder"), "0 captured evt-ID; 50 authorized evt-ID-auth");
    EXPECT_EQ(told("mock_duplicate"), "0 captured evt-ID; 50 captured evt-ID");
    EXPECT_EQ(told("mock_late"), "0 expired evt-ID-expired; 3000 captured evt-ID");
    EXPECT_EQ(told("mock_authorize"), "0 authorized evt-ID-auth");
    EXPECT_EQ(told("mock_silent"), "");
    EXPECT_TRUE(plan_events(charge("mock_silent")).has_value());
}

TEST(Script, a_duplicate_is_the_same_to_the_byte) {
    const auto events = events_of("mock_duplicate");
    ASSERT_EQ(events.size(), 2U);
    EXPECT_EQ(events[0].body, events[1].body);
}

TEST(Script, events_out_of_order_are_of_one_transaction) {
    const auto events = events_of("mock_reorder");
    ASSERT_EQ(events.size(), 2U);
    const Json captured = Json::parse(events[0].body);
    const Json authorized = Json::parse(events[1].body);
    EXPECT_EQ(captured["transactionId"], authorized["transactionId"]);
    EXPECT_NE(captured["id"], authorized["id"]);
}

TEST(Script, an_event_says_what_was_charged) {
    for (const char* method : {"mock_ok", "mock_decline", "mock_delay"})
        for (const PlannedEvent& event : events_of(method)) {
            Json body = Json::parse(event.body);
            body.erase("kind");
            EXPECT_EQ(body, (Json{{"id", std::string("evt-") + kPayment},
                                  {"paymentId", kPayment},
                                  {"transactionId", std::string("tx-") + kPayment},
                                  {"orderId", kOrder},
                                  {"amount", 45000},
                                  {"currency", "EUR"}}));
        }
}

TEST(Script, an_amount_of_any_size_is_exact) {
    Json big = charge("mock_ok");
    big["amount"] = INT64_MAX;
    EXPECT_EQ(Json::parse(plan_events(big)->at(0).body)["amount"], INT64_MAX);
}

TEST(Script, an_unknown_method_is_refused) {
    for (const char* method : {"", "mock", "mock_", "mock_ok ", "MOCK_OK", "mock_okay", "card"})
        EXPECT_FALSE(plan_events(charge(method))) << method;
}

TEST(Script, a_charge_that_lacks_what_matters_is_refused) {
    for (const char* name : {"paymentId", "orderId", "amount", "currency", "paymentMethod"}) {
        Json missing = charge("mock_ok");
        missing.erase(name);
        EXPECT_FALSE(plan_events(missing)) << name;
        for (const Json& value : {Json(nullptr), Json(true), Json(1.5), Json("x"), Json(""),
                                  Json::array({kPayment}), Json::object()}) {
            Json wrong = charge("mock_ok");
            wrong[name] = value;
            EXPECT_FALSE(plan_events(wrong)) << wrong;
        }
    }
}

TEST(Script, an_id_that_is_no_uuid_is_refused) {
    for (const char* name : {"paymentId", "orderId"})
        for (const char* value :
             {"1", "0190163d-8694-739b-aea5-966c26f8ad9", "0190163d-8694-739b-aea5-966c26f8ad9\"",
              "0190163d-8694-739b-aea5-966c26f8ad911"}) {
            Json wrong = charge("mock_ok");
            wrong[name] = value;
            EXPECT_FALSE(plan_events(wrong)) << wrong;
        }
}

TEST(Script, what_is_no_object_is_no_charge) {
    for (const Json& body :
         {Json(nullptr), Json(1), Json("mock_ok"), Json(true), Json::object(), Json::array(),
          Json::array({charge("mock_ok")}), Json::array({refund()})}) {
        EXPECT_FALSE(plan_events(body)) << body;
        EXPECT_FALSE(plan_refund(body)) << body;
    }
}

TEST(Script, what_is_reserved_is_captured_or_voided_by_its_own_transaction_alone) {
    Json asked = charge("mock_authorize");
    asked["transactionId"] = std::string("tx-") + kPayment;
    for (const char* kind : {"captured", "voided"}) {
        const auto event = plan_follow(asked, kind);
        ASSERT_TRUE(event);
        const Json body = Json::parse(event->body);
        EXPECT_EQ(body["kind"], kind);
        EXPECT_EQ(body["id"], std::string("evt-") + kPayment + "-" + kind);
        EXPECT_EQ(body["amount"], 45000);
    }
    for (const Json& wrong :
         {Json(nullptr), Json(1), Json(""), Json(std::string("tx-") + kOrder)}) {
        asked["transactionId"] = wrong;
        EXPECT_FALSE(plan_follow(asked, "captured")) << wrong;
    }
    EXPECT_FALSE(plan_follow(Json::array(), "voided"));
}

TEST(Script, a_refund_is_told_at_once_and_by_its_own_id) {
    const auto event = plan_refund(refund());
    ASSERT_TRUE(event);
    EXPECT_EQ(event->after.count(), 0);
    EXPECT_EQ(Json::parse(event->body), (Json{{"id", std::string("evt-refund-") + kRefund},
                                              {"kind", "refunded"},
                                              {"refundId", kRefund},
                                              {"paymentId", kPayment},
                                              {"transactionId", std::string("tx-") + kPayment},
                                              {"orderId", kOrder},
                                              {"amount", 45000},
                                              {"currency", "EUR"}}));
    EXPECT_EQ(plan_refund(refund())->body, event->body);
}

TEST(Script, a_refund_that_lacks_what_matters_is_refused) {
    const Json whole = refund();
    for (const auto& [name, good] : whole.items()) {
        Json missing = whole;
        missing.erase(name);
        EXPECT_FALSE(plan_refund(missing)) << name;
        for (const Json& value : {Json(nullptr), Json(true), Json(1.5), Json(0), Json(-1), Json(""),
                                  Json("x"), Json::array({good}), Json::object()}) {
            Json wrong = whole;
            wrong[name] = value;
            EXPECT_FALSE(plan_refund(wrong)) << wrong;
        }
    }
}

TEST(Script, a_refund_of_another_payments_transaction_is_refused) {
    for (const std::string& value : {std::string("tx-") + kOrder, std::string(kPayment),
                                     std::string("tx-") + kPayment + " "}) {
        Json wrong = refund();
        wrong["transactionId"] = value;
        EXPECT_FALSE(plan_refund(wrong)) << wrong;
    }
}

}  // namespace
}  // namespace tix::gateway
