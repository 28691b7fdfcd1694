// The promises of a call: what a path, a query and the idempotency key may say.
#include "pipeline/call.hpp"

#include <gtest/gtest.h>

#include "base/problem.hpp"

namespace tix::gateway {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

constexpr char kUuid[] = "0190163d-8694-739b-aea5-966c26f8ad91";
const HttpRequest kRequest;

Call call_with(Pairs params, Pairs query) {
    return {kRequest, "request", "192.0.2.1", "", std::move(params), std::move(query)};
}

// "validation of FIELD", or the code of another problem, or "none".
template <typename Ask>
std::string refusal(Ask ask) {
    try {
        ask();
    } catch (const ProblemError& error) {
        const Problem& problem = error.problem();
        if (problem.errors.size() != 1 || problem.errors[0].message.empty()) return problem.code;
        return problem.code + " of " + problem.errors[0].field;
    }
    return "none";
}

std::optional<std::string> key_of(std::string_view sent) {
    HttpRequest request;
    request.headers = {{"accept", "*/*"}, {"idempotency-key", sent}};
    return Call{request, "", "", ""}.idempotency_key();
}

// The roles that may, as one text.
std::string allowed(Access access) {
    std::string list;
    for (const char* role : {"buyer", "organizer", "box_office", "gate", "admin"})
        if (may(access, role)) list += (list.empty() ? "" : " ") + std::string(role);
    return list;
}

TEST(Access, each_level_lets_in_its_roles_and_no_others) {
    EXPECT_EQ(allowed(Access::kAnybody), "buyer organizer box_office gate admin");
    EXPECT_EQ(allowed(Access::kUser), "buyer organizer box_office gate admin");
    EXPECT_EQ(allowed(Access::kOrganizer), "organizer admin");
    EXPECT_EQ(allowed(Access::kStaff), "box_office gate admin");
    EXPECT_EQ(allowed(Access::kGate), "gate admin");
    EXPECT_EQ(allowed(Access::kBoxOffice), "organizer box_office admin");
    EXPECT_EQ(allowed(Access::kAdmin), "admin");
}

TEST(Access, a_role_nobody_knows_opens_no_door_that_asks_for_one) {
    for (const char* role : {"", "root", "Admin", "admin ", "admin,gate", "organizer\n"})
        for (const Access access : {Access::kOrganizer, Access::kStaff, Access::kGate,
                                    Access::kBoxOffice, Access::kAdmin})
            EXPECT_FALSE(may(access, role)) << role;
}

TEST(Call, a_parameter_of_the_path_is_found_by_its_name) {
    const Call call = call_with({{"orderId", "a"}, {"seatId", "b"}}, {{"seat", "c"}});
    EXPECT_EQ(call.param("orderId"), "a");
    EXPECT_EQ(call.param("seatId"), "b");
    EXPECT_EQ(refusal([&] { call.param("seat"); }), "not_found");
}

TEST(Call, an_id_that_is_no_uuid_names_nothing) {
    EXPECT_EQ(call_with({{"id", kUuid}}, {}).id("id"), kUuid);
    for (const char* text : {"", "x", "1", "0190163d-8694-739b-aea5-966c26f8ad9'",
                             "0190163d8694739baea5966c26f8ad91"}) {
        const Call call = call_with({{"id", text}}, {});
        EXPECT_EQ(refusal([&] { call.id("id"); }), "not_found") << text;
    }
    EXPECT_EQ(refusal([] { call_with({}, {}).id("id"); }), "not_found");
}

TEST(Call, a_query_parameter_is_there_or_not) {
    const Call call = call_with({{"path", "p"}}, {{"a", "1"}, {"b", ""}, {"A", "2"}});
    EXPECT_EQ(call.query_value("a"), "1");
    EXPECT_EQ(call.query_value("A"), "2");
    EXPECT_EQ(call.query_value("b"), "");
    EXPECT_EQ(call.query_value("c"), std::nullopt);
    EXPECT_EQ(call.query_value("path"), std::nullopt);
}

TEST(Call, a_query_parameter_that_comes_twice_is_refused) {
    for (const char* second : {"1", "2", ""}) {
        const Call call = call_with({}, {{"a", "1"}, {"b", "x"}, {"a", second}});
        EXPECT_EQ(refusal([&] { call.query_value("a"); }), "validation of a");
        EXPECT_EQ(refusal([&] { call.query_number("a", 0, 0, 9); }), "validation of a");
        EXPECT_EQ(call.query_value("b"), "x");
    }
    const Call empty = call_with({}, {{"a", ""}, {"a", ""}});
    EXPECT_EQ(refusal([&] { empty.query_value("a"); }), "validation of a");
}

TEST(Call, the_bounds_of_a_number_in_the_query_are_included) {
    const auto number = [](const char* text) {
        return call_with({}, {{"n", text}}).query_number("n", 99, -5, 20);
    };
    EXPECT_EQ(number("-5"), -5);
    EXPECT_EQ(number("0"), 0);
    EXPECT_EQ(number("20"), 20);
    for (const char* bad : {"-6", "21", "", " 1", "1 ", "+1", "01", "1.0", "1e1", "0x1", "x", "-0",
                            "9223372036854775808", "-9223372036854775809"})
        EXPECT_EQ(refusal([&] { number(bad); }), "validation of n") << bad;
}

TEST(Call, a_number_that_is_not_in_the_query_falls_back) {
    EXPECT_EQ(call_with({}, {}).query_number("n", 7, 0, 9), 7);
    EXPECT_EQ(call_with({}, {{"m", "1"}}).query_number("n", 99, 0, 9), 99);
}

TEST(Call, the_whole_range_of_bigint_may_be_asked_for) {
    for (const std::int64_t edge : {INT64_MIN, INT64_MAX})
        EXPECT_EQ(
            call_with({}, {{"n", std::to_string(edge)}}).query_number("n", 0, INT64_MIN, INT64_MAX),
            edge);
}

TEST(Call, an_idempotency_key_is_visible_ascii) {
    EXPECT_EQ(call_with({}, {}).idempotency_key(), std::nullopt);
    EXPECT_EQ(key_of("a"), "a");
    EXPECT_EQ(key_of("!~"), "!~");
    EXPECT_EQ(key_of(kUuid), kUuid);
    for (int c = 0; c < 256; ++c) {
        const std::string key = std::string("a") + static_cast<char>(c) + "b";
        const bool good = c > 0x20 && c < 0x7f;
        EXPECT_EQ(refusal([&] { EXPECT_EQ(key_of(key), key); }),
                  good ? "none" : "validation of Idempotency-Key")
            << c;
    }
}

TEST(Call, an_idempotency_key_has_1_to_255_characters) {
    EXPECT_EQ(key_of(std::string(255, 'k')), std::string(255, 'k'));
    EXPECT_EQ(refusal([] { key_of(std::string(256, 'k')); }), "validation of Idempotency-Key");
    EXPECT_EQ(refusal([] { key_of(""); }), "validation of Idempotency-Key");
}

}  // namespace
}  // namespace tix::gateway
