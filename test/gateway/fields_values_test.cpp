// The promises of members that organisers send: money, thousandths, flags that may be absent, and
// objects of their own.
#include <gtest/gtest.h>

#include "base/money.hpp"
#include "pipeline/fields.hpp"

namespace tix::gateway {
namespace {

// The fields at fault after `read`, separated by spaces.
template <typename Read>
std::string faults_of(const Json& body, Read read) {
    try {
        Fields fields(body);
        read(fields);
        fields.finish();
    } catch (const ProblemError& error) {
        std::string names;
        for (const FieldError& fault : error.problem().errors)
            names += (names.empty() ? "" : " ") + fault.field;
        return names;
    }
    return "";
}

Json body_of(const Json& value) {
    return {{"a", value}};
}

TEST(FieldsValues, money_that_must_be_there_is_an_amount_and_its_currency) {
    const auto read = [](Fields& fields) { fields.money("a"); };
    const Json good = {{"amount", "19.50"}, {"currency", "EUR"}};
    EXPECT_EQ(faults_of(body_of(good), read), "");
    EXPECT_EQ(faults_of(Json::object(), read), "a");
    EXPECT_EQ(faults_of(body_of(nullptr), read), "a");
    EXPECT_EQ(faults_of(body_of({{"amount", "19.505"}, {"currency", "EUR"}}), read), "a");
    EXPECT_EQ(faults_of(body_of({{"amount", "-1"}, {"currency", "EUR"}}), read), "a");
    EXPECT_EQ(faults_of(body_of({{"amount", 19}, {"currency", "EUR"}}), read), "a");
}

TEST(FieldsValues, a_flag_may_be_absent_which_is_neither_true_nor_false) {
    const auto read = [](const Json& body) {
        std::optional<bool> flag;
        EXPECT_EQ(faults_of(body, [&](Fields& fields) { flag = fields.optional_flag("a"); }), "");
        return flag;
    };
    EXPECT_EQ(read(body_of(true)), true);
    EXPECT_EQ(read(body_of(false)), false);
    EXPECT_EQ(read(Json::object()), std::nullopt);
    EXPECT_EQ(read(body_of(nullptr)), std::nullopt);
    for (const Json& bad : {Json(0), Json("true"), Json::array(), Json::object()})
        EXPECT_EQ(faults_of(body_of(bad), [](Fields& fields) { fields.optional_flag("a"); }), "a");
}

TEST(FieldsValues, thousandths_are_a_number_from_0_to_1000) {
    const auto read = [](const Json& value) {
        const Json body = body_of(value);
        std::optional<std::string> text;
        const std::string faults =
            faults_of(body, [&](Fields& fields) { text = fields.optional_permille("a"); });
        return faults.empty() ? text.value_or("none") : "refused";
    };
    EXPECT_EQ(read(0), "0");
    EXPECT_EQ(read(1000), "1000");
    EXPECT_EQ(read(512.5), "512.5");
    EXPECT_EQ(read(nullptr), "none");
    for (const Json& bad :
         {Json(-1), Json(1001), Json(1000.001), Json("1"), Json(true), Json(-0.5)})
        EXPECT_EQ(read(bad), "refused") << bad;
}

TEST(FieldsValues, an_object_of_the_client_is_printed_as_it_came) {
    std::optional<std::string> text;
    const Json body = body_of({{"city", "Berlin"}, {"n", 1}});
    EXPECT_EQ(faults_of(body, [&](Fields& fields) { text = fields.optional_object("a"); }), "");
    EXPECT_EQ(text, R"({"city":"Berlin","n":1})");
    for (const Json& bad : {Json("x"), Json(1), Json::array(), Json(false)})
        EXPECT_EQ(faults_of(body_of(bad), [](Fields& fields) { fields.optional_object("a"); }),
                  "a");
}

}  // namespace
}  // namespace tix::gateway
