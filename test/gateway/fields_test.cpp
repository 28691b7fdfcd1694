// The promises of the members of a body: types, bounds at their edges, and no member too many.
#include "pipeline/fields.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <set>

namespace tix::gateway {
namespace {

using Faults = std::vector<std::pair<std::string, std::string>>;
using Read = std::function<void(Fields&)>;

Problem problem_of(const Json& body, const Read& read) {
    try {
        Fields fields(body);
        read(fields);
        fields.finish();
    } catch (const ProblemError& error) {
        return error.problem();
    }
    Problem none;
    none.status = 0;
    return none;
}

Faults faults_of(const Json& body, const Read& read) {
    Faults faults;
    for (const FieldError& error : problem_of(body, read).errors)
        faults.emplace_back(error.field, error.message);
    return faults;
}

// The names at fault, each once.
std::string names_of(const Json& body, const Read& read) {
    std::set<std::string> names;
    for (const auto& [name, message] : faults_of(body, read)) {
        EXPECT_FALSE(message.empty());
        names.insert(name);
    }
    std::string list;
    for (const std::string& name : names)
        list += (list.empty() ? "" : ",") + name;
    return list;
}

// The faults of the one member "a".
Faults of_a(const Json& value, const Read& read) {
    return faults_of(Json{{"a", value}}, read);
}

const Json kNoTexts[] = {1, 1.5, true, Json::array(), Json::object(), Json::array({"x"})};
const Json kNoNumbers[] = {"1", 1.0, 1e3, true, Json::array(), Json::object(), ""};

TEST(Fields, members_that_are_as_asked_for_are_read) {
    const Json body = {
        {"text", "caf\xC3\xA9"},         {"number", -3},
        {"texts", {"A-1", "A-2"}},       {"uuid", "0190163d-8694-739b-aea5-966c26f8ad91"},
        {"lock", "9223372036854775807"}, {"locks", {"1", "2"}}};
    Fields fields(body);
    EXPECT_EQ(fields.text("text", 1, 10), "caf\xC3\xA9");
    EXPECT_EQ(fields.number("number", -5, 5), -3);
    EXPECT_EQ(fields.texts("texts", 1, 2), (std::vector<std::string>{"A-1", "A-2"}));
    EXPECT_EQ(fields.uuid("uuid"), "0190163d-8694-739b-aea5-966c26f8ad91");
    EXPECT_EQ(fields.lock_id("lock"), "9223372036854775807");
    EXPECT_EQ(fields.lock_ids("locks", 2), (std::vector<std::string>{"1", "2"}));
    EXPECT_NO_THROW(fields.finish());
}

TEST(Fields, optional_members_that_are_there_are_read) {
    const Json body = {{"text", "x"},
                       {"number", 0},
                       {"texts", Json::array()},
                       {"uuid", "0190163d-8694-739b-aea5-966c26f8ad91"},
                       {"lock", "1"}};
    Fields fields(body);
    EXPECT_EQ(fields.optional_text("text", 1), "x");
    EXPECT_EQ(fields.optional_number("number", 0, 0), 0);
    EXPECT_EQ(fields.optional_texts("texts", 5), std::vector<std::string>{});
    EXPECT_EQ(fields.optional_uuid("uuid"), "0190163d-8694-739b-aea5-966c26f8ad91");
    EXPECT_EQ(fields.optional_lock_id("lock"), "1");
    EXPECT_NO_THROW(fields.finish());
}

TEST(Fields, optional_members_may_be_missing_or_null) {
    for (const Json& body : {Json::object(), Json{{"a", nullptr}}}) {
        Fields fields(body);
        EXPECT_EQ(fields.optional_text("a", 9), std::nullopt);
        EXPECT_EQ(fields.optional_number("a", 5, 9), std::nullopt);
        EXPECT_EQ(fields.optional_texts("a", 9), std::nullopt);
        EXPECT_EQ(fields.optional_uuid("a"), std::nullopt);
        EXPECT_EQ(fields.optional_lock_id("a"), std::nullopt);
        EXPECT_NO_THROW(fields.finish());
    }
}

TEST(Fields, a_needed_member_that_is_missing_or_null_is_told) {
    const Faults missing = {{"a", "is missing"}};
    for (const Json& body : {Json::object(), Json{{"a", nullptr}}}) {
        EXPECT_EQ(faults_of(body, [](Fields& f) { f.text("a", 0, 9); }), missing);
        EXPECT_EQ(faults_of(body, [](Fields& f) { f.number("a", -9, 9); }), missing);
        EXPECT_EQ(faults_of(body, [](Fields& f) { f.texts("a", 0, 9); }), missing);
        EXPECT_EQ(faults_of(body, [](Fields& f) { f.uuid("a"); }), missing);
        EXPECT_EQ(faults_of(body, [](Fields& f) { f.lock_id("a"); }), missing);
        EXPECT_EQ(faults_of(body, [](Fields& f) { f.lock_ids("a", 9); }), missing);
    }
}

TEST(Fields, a_body_that_is_no_object_is_refused_at_once) {
    for (const Json& body : {Json(nullptr), Json(1), Json("x"), Json(true), Json::array(),
                             Json::array({Json::object()})}) {
        try {
            Fields fields(body);
            ADD_FAILURE() << body;
        } catch (const ProblemError& error) {
            EXPECT_EQ(error.problem().code, "validation");
            ASSERT_EQ(error.problem().errors.size(), 1U);
            EXPECT_EQ(error.problem().errors[0].field, "");
            EXPECT_NE(error.problem().errors[0].message.find("object"), std::string::npos);
        }
    }
}

TEST(Fields, a_text_is_a_string_and_nothing_like_one) {
    for (const Json& value : kNoTexts) {
        EXPECT_EQ(of_a(value, [](Fields& f) { f.text("a", 0, 99); }),
                  (Faults{{"a", "must be a string"}}));
        EXPECT_EQ(of_a(value, [](Fields& f) { f.optional_text("a", 99); }),
                  (Faults{{"a", "must be a string"}}));
        EXPECT_EQ(names_of({{"a", value}}, [](Fields& f) { f.uuid("a"); }), "a");
        EXPECT_EQ(names_of({{"a", value}}, [](Fields& f) { f.optional_uuid("a"); }), "a");
        EXPECT_EQ(names_of({{"a", value}}, [](Fields& f) { f.lock_id("a"); }), "a");
        EXPECT_EQ(names_of({{"a", value}}, [](Fields& f) { f.optional_lock_id("a"); }), "a");
    }
}

TEST(Fields, the_bounds_of_a_text_are_bytes_and_included) {
    const Faults bounds = {{"a", "must have 2 to 4 bytes"}};
    const Read text = [](Fields& f) { f.text("a", 2, 4); };
    EXPECT_EQ(of_a("x", text), bounds);
    EXPECT_EQ(of_a("xx", text), Faults{});
    EXPECT_EQ(of_a("xxxx", text), Faults{});
    EXPECT_EQ(of_a("xxxxx", text), bounds);
    EXPECT_EQ(of_a("\xC3\xA9\xC3\xA9", text), Faults{});
    EXPECT_EQ(of_a("\xC3\xA9\xC3\xA9\xC3\xA9", text), bounds);
    const Read some = [](Fields& f) { f.optional_text("a", 4); };
    EXPECT_EQ(of_a("", some), (Faults{{"a", "must have 1 to 4 bytes"}}));
    EXPECT_EQ(of_a("x", some), Faults{});
    EXPECT_EQ(of_a("xxxx", some), Faults{});
    EXPECT_EQ(names_of({{"a", "xxxxx"}}, some), "a");
}

TEST(Fields, a_nul_has_no_place_in_a_text) {
    for (const std::string& text : {std::string(1, '\0'), std::string("a\0b", 3)}) {
        EXPECT_EQ(names_of({{"a", text}}, [](Fields& f) { f.text("a", 0, 9); }), "a");
        EXPECT_EQ(names_of({{"a", text}}, [](Fields& f) { f.optional_text("a", 9); }), "a");
        EXPECT_EQ(names_of({{"a", {text}}}, [](Fields& f) { f.texts("a", 0, 9); }), "a");
    }
}

TEST(Fields, a_number_is_whole) {
    const Faults whole = {{"a", "must be a whole number from 0 to 9"}};
    for (const Json& value : kNoNumbers) {
        EXPECT_EQ(of_a(value, [](Fields& f) { f.number("a", 0, 9); }), whole) << value;
        EXPECT_EQ(of_a(value, [](Fields& f) { f.optional_number("a", 0, 9); }), whole) << value;
    }
}

TEST(Fields, the_bounds_of_a_number_are_included) {
    const Read number = [](Fields& f) { f.number("a", -2, 7); };
    const Read some = [](Fields& f) { f.optional_number("a", -2, 7); };
    for (const int good : {-2, 0, 7}) {
        EXPECT_EQ(of_a(good, number), Faults{});
        EXPECT_EQ(of_a(good, some), Faults{});
    }
    for (const Json& bad :
         {Json(-3), Json(8), Json(INT64_MAX), Json(INT64_MIN), Json(UINT64_MAX)}) {
        EXPECT_EQ(of_a(bad, number), (Faults{{"a", "must be a whole number from -2 to 7"}}));
        EXPECT_EQ(names_of({{"a", bad}}, some), "a");
    }
}

TEST(Fields, the_whole_range_of_bigint_is_read) {
    for (const std::int64_t edge : {INT64_MIN, INT64_MAX}) {
        const Json body = {{"a", edge}};
        Fields fields(body);
        EXPECT_EQ(fields.number("a", INT64_MIN, INT64_MAX), edge);
        EXPECT_NO_THROW(fields.finish());
    }
    const Read any = [](Fields& f) { f.number("a", INT64_MIN, INT64_MAX); };
    EXPECT_EQ(of_a(std::uint64_t{INT64_MAX}, any), Faults{});
    EXPECT_EQ(of_a(std::uint64_t{INT64_MAX} + 1, any).size(), 1U);
    EXPECT_EQ(of_a(UINT64_MAX, any).size(), 1U);
}

TEST(Fields, the_bounds_of_a_list_are_included) {
    const Read list = [](Fields& f) { f.texts("a", 1, 3); };
    const Faults bounds = {{"a", "must be a list of 1 to 3 strings"}};
    EXPECT_EQ(of_a(Json::array(), list), bounds);
    EXPECT_EQ(of_a({"x"}, list), Faults{});
    EXPECT_EQ(of_a({"x", "y", "z"}, list), Faults{});
    EXPECT_EQ(of_a({"x", "y", "z", "x"}, list), bounds);
    for (const Json& value : {Json("x"), Json(1), Json{{"b", "x"}}, Json(true)})
        EXPECT_EQ(of_a(value, list), bounds);
    const Read some = [](Fields& f) { f.optional_texts("a", 2); };
    EXPECT_EQ(of_a({"x", "y"}, some), Faults{});
    EXPECT_EQ(names_of({{"a", {"x", "y", "z"}}}, some), "a");
}

TEST(Fields, each_element_of_a_list_is_a_label) {
    const Read list = [](Fields& f) { f.texts("a", 0, 9); };
    EXPECT_EQ(kLabelBytes, 255U);
    EXPECT_EQ(of_a({std::string(255, 'x'), "y"}, list), Faults{});
    for (const Json& bad : {Json(std::string(256, 'x')), Json(""), Json(1), Json(nullptr),
                            Json::array({"x"}), Json(false)})
        EXPECT_EQ(names_of({{"a", {"x", bad}}}, list), "a") << bad;
}

TEST(Fields, a_uuid_has_its_one_form) {
    const Read uuid = [](Fields& f) { f.uuid("a"); };
    const Read some = [](Fields& f) { f.optional_uuid("a"); };
    EXPECT_EQ(of_a("0190163D-8694-739B-AEA5-966C26F8AD91", uuid), Faults{});
    EXPECT_EQ(of_a("0190163D-8694-739B-AEA5-966C26F8AD91", some), Faults{});
    for (const char* bad :
         {"", "x", "0190163d-8694-739b-aea5-966c26f8ad9", "0190163d-8694-739b-aea5-966c26f8ad911",
          "0190163d-8694-739b-aea5-966c26f8ad9g", "{190163d-8694-739b-aea5-966c26f8ad9}"}) {
        EXPECT_EQ(names_of({{"a", bad}}, uuid), "a") << bad;
        EXPECT_EQ(names_of({{"a", bad}}, some), "a") << bad;
    }
}

TEST(Fields, a_lock_id_is_a_positive_bigint_in_a_string) {
    const Read needed = [](Fields& f) { f.lock_id("a"); };
    const Read some = [](Fields& f) { f.optional_lock_id("a"); };
    const Read list = [](Fields& f) { f.lock_ids("a", 9); };
    for (const char* good : {"1", "42", "9223372036854775807"}) {
        EXPECT_EQ(of_a(good, needed), Faults{});
        EXPECT_EQ(of_a(good, some), Faults{});
        EXPECT_EQ(of_a({"7", good}, list), Faults{});
    }
    for (const char* bad : {"", "0", "-1", "01", "+1", " 1", "1 ", "1.0", "x",
                            "9223372036854775808", "00000000000000000001"}) {
        EXPECT_EQ(names_of({{"a", bad}}, needed), "a") << bad;
        EXPECT_EQ(names_of({{"a", bad}}, some), "a") << bad;
        EXPECT_EQ(names_of({{"a", {"7", bad}}}, list), "a") << bad;
    }
}

TEST(Fields, a_list_of_lock_ids_has_one_to_most) {
    const Read list = [](Fields& f) { f.lock_ids("a", 2); };
    EXPECT_EQ(names_of({{"a", Json::array()}}, list), "a");
    EXPECT_EQ(of_a({"1", "2"}, list), Faults{});
    EXPECT_EQ(names_of({{"a", {"1", "2", "3"}}}, list), "a");
}

TEST(Fields, a_flag_is_true_or_false_and_nothing_like_it) {
    const Json body = {{"yes", true}, {"no", false}, {"null", nullptr}};
    Fields fields(body);
    EXPECT_TRUE(fields.flag("yes", false));
    EXPECT_FALSE(fields.flag("no", true));
    EXPECT_TRUE(fields.flag("null", true));
    EXPECT_FALSE(fields.flag("left out", false));
    fields.finish();
    for (const Json& bad : {Json(0), Json(1), Json("true"), Json(""), Json::array()})
        EXPECT_EQ(names_of({{"a", bad}}, [](Fields& f) { f.flag("a", false); }), "a") << bad;
}

TEST(Fields, a_time_is_one_of_rfc_3339_with_its_offset) {
    const Read needed = [](Fields& f) { f.time("a"); };
    const Read some = [](Fields& f) { f.optional_time("a"); };
    for (const char* good : {"2026-11-21T20:00:00Z", "2026-11-21T20:00:00.123456+01:00",
                             "0001-01-01T00:00:00.5-11:30"}) {
        EXPECT_EQ(of_a(good, needed), Faults{});
        EXPECT_EQ(of_a(good, some), Faults{});
    }
    for (const char* bad :
         {"", "now", "infinity", "2026-11-21", "2026-11-21 20:00:00Z", "2026-11-21T20:00:00",
          "2026-11-21T20:00:00.Z", "2026-11-21T20:00Z", "2026-11-21T20:00:00+0100",
          "2026-11-21T20:00:00Z ", "-026-11-21T20:00:00Z", "2026-11-21T20:00:00z", "yesterday"}) {
        EXPECT_EQ(names_of({{"a", bad}}, needed), "a") << bad;
        EXPECT_EQ(names_of({{"a", bad}}, some), "a") << bad;
    }
}

TEST(Fields, money_is_an_exact_amount_in_a_currency) {
    const Json body = {{"a", {{"amount", "9.50"}, {"currency", "EUR"}}}, {"b", nullptr}};
    Fields fields(body);
    const auto money = fields.optional_money("a");
    EXPECT_FALSE(fields.optional_money("b"));
    fields.finish();
    ASSERT_TRUE(money);
    EXPECT_EQ(money->minor, 950);
    EXPECT_EQ(money->currency, "EUR");
    const Read some = [](Fields& f) { f.optional_money("a"); };
    const Json bad[] = {1,
                        9.5,
                        "9.50",
                        "9.50 EUR",
                        Json::array({"9.50", "EUR"}),
                        Json::object(),
                        {{"amount", "9.50"}},
                        {{"currency", "EUR"}},
                        {{"amount", "9.50"}, {"currency", "eur"}},
                        {{"amount", "9.50"}, {"currency", "EURO"}},
                        {{"amount", 9.5}, {"currency", "EUR"}},
                        {{"amount", "9.505"}, {"currency", "EUR"}},
                        {{"amount", "-9.50"}, {"currency", "EUR"}},
                        {{"amount", "9.5"}, {"currency", "JPY"}},
                        {{"amount", "9.50"}, {"currency", "EUR"}, {"more", 1}}};
    for (const Json& value : bad)
        EXPECT_EQ(names_of({{"a", value}}, some), "a") << value;
}

TEST(Fields, lists_of_objects_and_objects_of_texts_are_printed_again) {
    const Json body = {{"a", {{{"seatId", "A-1"}, {"n", {1, 2}}}}}, {"b", {{"A-1", "A-2"}}}};
    Fields fields(body);
    EXPECT_EQ(fields.objects("a", 1, 1), R"([{"n":[1,2],"seatId":"A-1"}])");
    EXPECT_EQ(fields.text_map("b", 1), R"({"A-1":"A-2"})");
    EXPECT_FALSE(fields.optional_objects("c", 1));
    fields.finish();
    const Read needed = [](Fields& f) { f.objects("a", 1, 2); };
    const Read some = [](Fields& f) { f.optional_objects("a", 2); };
    const Read map = [](Fields& f) { f.text_map("a", 2); };
    const Json one = Json::object();
    EXPECT_EQ(of_a(Json::array({one, one}), needed), Faults{});
    EXPECT_EQ(of_a(Json::array(), some), Faults{});
    EXPECT_EQ(names_of({{"a", Json::array()}}, needed), "a");
    for (const Json& bad : {Json(1), Json("x"), one, Json::array({1}), Json::array({one, "x"}),
                            Json::array({one, one, one})}) {
        EXPECT_EQ(names_of({{"a", bad}}, needed), "a") << bad;
        EXPECT_EQ(names_of({{"a", bad}}, some), "a") << bad;
    }
    for (const Json& bad : {Json(1), Json("x"), one, Json::array(), Json{{"A-1", 1}},
                            Json{{"A-1", nullptr}}, Json{{"1", "x"}, {"2", "x"}, {"3", "x"}}})
        EXPECT_EQ(names_of({{"a", bad}}, map), "a") << bad;
}

TEST(Fields, a_member_that_nobody_asked_for_is_refused) {
    const Read text = [](Fields& f) {
        f.text("a", 0, 9);
        f.optional_number("b", 0, 9);
    };
    EXPECT_EQ(faults_of({{"a", "x"}, {"c", 1}, {"A", nullptr}}, text),
              (Faults{{"A", "is not known here"}, {"c", "is not known here"}}));
    EXPECT_EQ(faults_of({{"a", "x"}, {"b", 1}}, text), Faults{});
    EXPECT_EQ(names_of({{"", 1}}, [](Fields&) {}), "");
    EXPECT_EQ(problem_of({{"", 1}}, [](Fields&) {}).status, 400);
    EXPECT_EQ(problem_of(Json::object(), [](Fields&) {}).status, 0);
}

TEST(Fields, every_fault_is_told_at_once_as_one_validation) {
    const Problem problem = problem_of({{"a", 1}, {"b", "x"}}, [](Fields& f) {
        f.text("a", 0, 9);
        f.number("b", 0, 9);
        f.text("c", 0, 9);
        f.fault("d", "is not to my liking");
    });
    EXPECT_EQ(problem.code, "validation");
    EXPECT_EQ(problem.status, 400);
    ASSERT_EQ(problem.errors.size(), 4U);
    EXPECT_EQ(problem.errors[0].field, "a");
    EXPECT_EQ(problem.errors[1].field, "b");
    EXPECT_EQ(problem.errors[2].field, "c");
    EXPECT_EQ(problem.errors[3].field, "d");
    EXPECT_EQ(problem.errors[3].message, "is not to my liking");
}

}  // namespace
}  // namespace tix::gateway
