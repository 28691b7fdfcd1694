// LINE Pay as text: known signatures, amounts that are exact or refused, and answers that say
// something only in the form they should have.
#include "providers/linepay_wire.hpp"

#include <gtest/gtest.h>

#include <set>

namespace tix::gateway::linepay {
namespace {

constexpr char kSecret[] = "test_channel_secret";
constexpr char kNonce[] = "44453d45-768e-40e8-8349-748e797c450f";
constexpr char kId[] = "2018082512345678910";

// Known answers, computed with OpenSSL from the published scheme.
TEST(LinePay, signatures_are_the_known_ones) {
    EXPECT_EQ(signature(kSecret, "/v3/payments/2018082512345678910/confirm",
                        "{\"amount\":100,\"currency\":\"TWD\"}", kNonce),
              "/w8Zu7Cyxc1WhyOPekr8vuhmfcyCYdGHW0Th3ftGFoM=");
    EXPECT_EQ(signature(kSecret, "/v3/payments", "transactionId=2018082512345678910", kNonce),
              "9qUJP8IbPS8NpTlQCAS46ZQ4F4kA6P+lI4BHl8J9Jpg=");
    EXPECT_EQ(*sum_body(10000, "TWD"), "{\"amount\":100,\"currency\":\"TWD\"}");
}

TEST(LinePay, an_amount_has_the_decimals_of_its_currency) {
    EXPECT_EQ(*amount_text(45000, "TWD"), "450");
    EXPECT_EQ(*amount_text(450, "JPY"), "450");
    EXPECT_EQ(*amount_text(45050, "THB"), "450.50");
    EXPECT_EQ(*amount_text(45005, "THB"), "450.05");
    EXPECT_EQ(*amount_text(45000, "USD"), "450");
    EXPECT_EQ(*amount_text(5, "USD"), "0.05");
    EXPECT_EQ(*amount_text(999999999999999, "USD"), "9999999999999.99");
}

TEST(LinePay, an_amount_it_cannot_express_is_refused) {
    const std::pair<std::int64_t, const char*> wrong[] = {{45050, "TWD"},
                                                          {1, "TWD"},
                                                          {99, "TWD"},
                                                          {100, "EUR"},
                                                          {100, "twd"},
                                                          {100, ""},
                                                          {0, "TWD"},
                                                          {-100, "TWD"},
                                                          {0, "JPY"},
                                                          {-1, "JPY"},
                                                          {INT64_MIN, "THB"},
                                                          {INT64_MAX, "THB"},
                                                          {1000000000000000, "USD"}};
    for (const auto& [minor, currency] : wrong) {
        EXPECT_FALSE(amount_text(minor, currency)) << minor << currency;
        EXPECT_FALSE(sum_body(minor, currency)) << minor << currency;
        EXPECT_FALSE(refund_body(minor, currency)) << minor << currency;
    }
}

Purchase purchase() {
    return {"payment-1",
            "Ring, \"night\" one",
            90000,
            "TWD",
            {{"A-1", "Seat A-1", 45000}, {"A-2", "Seat A-2", 45000}},
            "https://tix.example/v1/payments/linepay/confirm",
            "https://tix.example/v1/payments/linepay/cancel"};
}

Json requested(const Purchase& bought) {
    return Json::parse(request_body(bought).value_or("{}"));
}

TEST(LinePay, a_request_lists_what_is_bought_and_captures_nothing) {
    const Json body = requested(purchase());
    EXPECT_EQ(body["amount"], 900);
    EXPECT_EQ(body["orderId"], "payment-1");
    EXPECT_EQ(body["options"]["payment"]["capture"], false);
    EXPECT_EQ(body["redirectUrls"]["confirmUrl"], purchase().confirm_url);
    ASSERT_EQ(body["packages"].size(), 1U);
    EXPECT_EQ(body["packages"][0]["amount"], 900);
    EXPECT_EQ(body["packages"][0]["name"], purchase().name);
    ASSERT_EQ(body["packages"][0]["products"].size(), 2U);
    EXPECT_EQ(body["packages"][0]["products"][1],
              (Json{{"id", "A-2"}, {"name", "Seat A-2"}, {"quantity", 1}, {"price", 450}}));
}

TEST(LinePay, products_that_do_not_make_the_amount_become_one) {
    for (std::vector<Product> products : {std::vector<Product>{},
                                          {{"a", "a", 45000}},
                                          {{"a", "a", 45050}, {"b", "b", 44950}},
                                          {{"a", "a", 90000}, {"b", "b", 0}},
                                          {{"a", "a", 100000}, {"b", "b", -10000}},
                                          {{"a", "a", INT64_MAX}, {"b", "b", INT64_MAX}}}) {
        Purchase bought = purchase();
        bought.products = std::move(products);
        const Json body = requested(bought);
        ASSERT_EQ(body["packages"][0]["products"].size(), 1U);
        EXPECT_EQ(body["packages"][0]["products"][0]["price"], 900);
    }
    Purchase odd = purchase();
    odd.amount = 90050;
    EXPECT_FALSE(request_body(odd));
}

TEST(LinePay, a_name_is_cut_between_characters) {
    Purchase bought = purchase();
    bought.name = std::string(199, 'a') + "\u5ea7\u5e2d";
    EXPECT_EQ(requested(bought)["packages"][0]["name"], std::string(199, 'a'));
}

TEST(LinePay, each_code_has_one_meaning) {
    std::set<std::string> seen;
#define LINE_PAY_CODE(code, verdict, meaning)        \
    EXPECT_TRUE(seen.insert(code).second) << code;   \
    EXPECT_EQ(verdict_of(code), Verdict::verdict);   \
    EXPECT_EQ(std::string(code).size(), 4U) << code; \
    EXPECT_FALSE(std::string(meaning).empty()) << code;
#include "providers/linepay_codes.def"
#undef LINE_PAY_CODE
    EXPECT_EQ(verdict_of("0000"), Verdict::kYes);
    for (const char* asked : {"1172", "1198", "1199", "9000", "9099", "1152", "1165"})
        EXPECT_EQ(verdict_of(asked), Verdict::kAsk) << asked;
    for (const char* unheard : {"", "0001", "1297", "7777", "00000", "0000 ", "9999"})
        EXPECT_EQ(verdict_of(unheard), Verdict::kAsk) << unheard;
    // Only one code is a yes: no other may be taken for money.
    EXPECT_EQ(std::count_if(seen.begin(), seen.end(),
                            [](const auto& code) { return verdict_of(code) == Verdict::kYes; }),
              1);
}

Reply reply(const std::string& body) {
    return read_reply(body).value_or(Reply{"none", nullptr});
}

TEST(LinePay, a_request_that_was_opened_names_transaction_and_page) {
    const auto opened = read_opened(
        reply("{\"returnCode\":\"0000\",\"info\":{\"transactionId\":2018082512345678910,"
              "\"paymentUrl\":{\"web\":\"https://web-pay.line.me/x?y=1\",\"app\":\"line://\"}}}"));
    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->transaction_id, kId);
    EXPECT_EQ(opened->url, "https://web-pay.line.me/x?y=1");
}

TEST(LinePay, an_id_survives_as_text_and_never_as_a_double) {
    for (const char* id : {"2018082512345678910", "\"2018082512345678910\"", "9007199254740993",
                           "\"12345678901234567890\""}) {
        const auto said = reply(
            "{\"returnCode\":\"0000\",\"info\":{\"refundTransactionId\":" + std::string(id) + "}}");
        std::string digits(id);
        std::erase(digits, '"');
        EXPECT_EQ(read_refund_id(said).value_or("none"), digits);
    }
    for (const char* id : {"2.018082512345679e18", "-1", "\"\"", "\"1e3\"", "\" 1\"", "true", "[1]",
                           "null", "\"123456789012345678901\"", "1.0"})
        EXPECT_FALSE(read_refund_id(
            reply("{\"returnCode\":\"0000\",\"info\":{\"refundTransactionId\":" + std::string(id) +
                  "}}")))
            << id;
}

TEST(LinePay, what_is_no_answer_is_none) {
    for (const char* body :
         {"", "null", "[]", "{}", "\"0000\"", "<html>0000</html>", "{\"returnCode\":0}",
          "{\"returnCode\":\"000\"}", "{\"returnCode\":\"00000\"}", "{\"returnCode\":\"OOOO\"}",
          "{\"returnCode\":[\"0000\"]}", "{\"returnCode\":\"0000\",\"returnCode\":\"1150\"}",
          "{\"returnCode\":\"0000\"} ?", "{\"returnCode\":\"0000\",\"info\":99999999999999999999}"})
        EXPECT_FALSE(read_reply(body)) << body;
    EXPECT_FALSE(read_reply("{\"returnCode\":\"0000\",\"info\":" + std::string(50, '[') +
                            std::string(50, ']') + "}"));
}

TEST(LinePay, a_page_that_is_no_web_address_is_none) {
    for (const char* url : {"\"\"", "\"javascript:alert(1)\"", "\"//evil\"", "\"line://pay\"", "1",
                            "null", "[]", "\"https://a b\"", "\"https://a\\r\\nX: y\""})
        EXPECT_FALSE(read_opened(reply(
            "{\"returnCode\":\"0000\",\"info\":{\"transactionId\":1,\"paymentUrl\":{\"web\":" +
            std::string(url) + "}}}")))
            << url;
    for (const char* info : {"null", "[]", "{}", "{\"transactionId\":1}", "1",
                             "{\"paymentUrl\":{\"web\":\"https://a\"}}"})
        EXPECT_FALSE(
            read_opened(reply("{\"returnCode\":\"0000\",\"info\":" + std::string(info) + "}")))
            << info;
    EXPECT_FALSE(
        read_opened(reply("{\"returnCode\":\"1172\",\"info\":{\"transactionId\":1,"
                          "\"paymentUrl\":{\"web\":\"https://a/\"}}}")));
}

Standing standing(const std::string& members) {
    return read_details(reply("{\"returnCode\":\"0000\",\"info\":[{\"transactionId\":1},"
                              "{\"transactionId\":2018082512345678910," +
                              members + "}]}"),
                        kId)
        .value_or(Standing{State::kFailed, 0, "", {}});
}

TEST(LinePay, details_tell_how_a_transaction_stands) {
    const Standing captured = standing(
        "\"currency\":\"THB\",\"payStatus\":\"CAPTURE\",\"payInfo\":[{\"method\":\"BALANCE\","
        "\"amount\":400.25},{\"method\":\"DISCOUNT\",\"amount\":50}],\"refundList\":["
        "{\"refundTransactionId\":2018082512345678911,\"refundAmount\":-20.5}]");
    EXPECT_EQ(captured.state, State::kCaptured);
    EXPECT_EQ(captured.amount, 45025);
    EXPECT_EQ(captured.currency, "THB");
    ASSERT_EQ(captured.given.size(), 1U);
    EXPECT_EQ(captured.given[0].id, "2018082512345678911");
    EXPECT_EQ(captured.given[0].amount, 2050);

    const std::string money = "\"currency\":\"TWD\",\"payInfo\":[{\"amount\":450}],\"payStatus\":";
    EXPECT_EQ(standing(money + "\"AUTHORIZATION\"").state, State::kReserved);
    EXPECT_EQ(standing(money + "\"AUTHORIZATION\"").amount, 45000);
    EXPECT_EQ(standing(money + "\"VOIDED_AUTHORIZATION\"").state, State::kVoided);
    EXPECT_EQ(standing(money + "\"EXPIRED_AUTHORIZATION\"").state, State::kLapsed);
    EXPECT_EQ(standing(money + "\"REFUND\"").state, State::kUnknown);
}

TEST(LinePay, details_that_are_not_whole_say_nothing) {
    const std::string status = "\"payStatus\":\"CAPTURE\",";
    for (const char* members :
         {"\"currency\":\"TWD\"", "\"currency\":\"TWD\",\"payInfo\":[]",
          "\"currency\":\"TWD\",\"payInfo\":{\"amount\":450}",
          "\"currency\":\"TWD\",\"payInfo\":[{\"amount\":\"450\"}]",
          "\"currency\":\"TWD\",\"payInfo\":[{\"amount\":-450}]",
          "\"currency\":\"TWD\",\"payInfo\":[{\"amount\":450},{}]",
          "\"currency\":\"TWD\",\"payInfo\":[{\"amount\":1e300}]",
          "\"currency\":\"TWD\",\"payInfo\":[{\"amount\":9223372036854775807}]",
          "\"currency\":\"THB\",\"payInfo\":[{\"amount\":450.505}]",
          "\"currency\":\"EUR\",\"payInfo\":[{\"amount\":450}]",
          "\"currency\":1,\"payInfo\":[{\"amount\":450}]", "\"payInfo\":[{\"amount\":450}]",
          "\"currency\":\"TWD\",\"payInfo\":[{\"amount\":450}],\"refundList\":{}",
          "\"currency\":\"TWD\",\"payInfo\":[{\"amount\":450}],\"refundList\":[{}]"})
        EXPECT_EQ(standing(status + members).state, State::kUnknown) << members;
    for (const char* body :
         {"{\"returnCode\":\"9000\"}", "{\"returnCode\":\"0000\"}", "{\"returnCode\":\"1106\"}",
          "{\"returnCode\":\"0000\",\"info\":{}}"}) {
        const auto told = read_details(reply(body), kId);
        ASSERT_TRUE(told) << body;
        EXPECT_EQ(told->state, State::kUnknown) << body;
    }
    for (const char* body : {"{\"returnCode\":\"1150\"}", "{\"returnCode\":\"0000\",\"info\":[]}",
                             "{\"returnCode\":\"0000\",\"info\":[1,null,[]]}"})
        EXPECT_FALSE(read_details(reply(body), kId)) << body;
}

TEST(LinePay, the_check_tells_what_the_buyer_did) {
    const std::pair<const char*, State> told[] = {
        {"0000", State::kWaiting}, {"0110", State::kApproved}, {"0121", State::kLapsed},
        {"0122", State::kFailed},  {"0123", State::kUnknown},  {"1150", State::kUnknown},
        {"9000", State::kUnknown}};
    for (const auto& [code, state] : told)
        EXPECT_EQ(read_check({code, nullptr}), state) << code;
}

}  // namespace
}  // namespace tix::gateway::linepay
