// The promises of answers: one envelope for success, one document for every problem.
#include "pipeline/answer.hpp"

#include <gtest/gtest.h>

#include <ctime>
#include <set>

namespace tix::gateway {
namespace {

const HttpRequest kRequest;
const Call kCall{kRequest, "request-1", "", ""};

std::set<std::string> members(const Json& object) {
    std::set<std::string> names;
    for (const auto& [name, value] : object.items())
        names.insert(name);
    return names;
}

using Names = std::set<std::string>;

Json document_of(const Problem& problem) {
    return Json::parse(problem_answer(problem, "request-1").body);
}

// The header's value; "(none)" without it, "(twice)" when it is repeated.
std::string header_of(const HttpResponse& response, std::string_view name) {
    std::string found = "(none)";
    for (const auto& [header, value] : response.headers)
        if (header == name) found = found == "(none)" ? value : "(twice)";
    return found;
}

TEST(Answer, a_success_is_data_and_meta) {
    const HttpResponse response = answer(kCall, {{"orderId", "o"}}, 201);
    EXPECT_EQ(response.status, 201);
    EXPECT_EQ(response.content_type, "application/json");
    const Json document = Json::parse(response.body);
    EXPECT_EQ(members(document), (Names{"data", "meta"}));
    EXPECT_EQ(document["data"], (Json{{"orderId", "o"}}));
    EXPECT_EQ(members(document["meta"]), (Names{"requestId", "timestamp"}));
    EXPECT_EQ(document["meta"]["requestId"], "request-1");
    EXPECT_EQ(answer(kCall, nullptr).status, 200);
}

TEST(Answer, data_is_kept_whatever_its_shape) {
    for (const Json& data :
         {Json(nullptr), Json::array(), Json::object(), Json("x"), Json(9007199254740993),
          Json::array({"a", "b"}), Json::array({Json::array({"a", 1})}), Json{{"a", "b"}}})
        EXPECT_EQ(Json::parse(answer(kCall, data).body)["data"], data) << data;
}

TEST(Answer, a_cursor_is_told_when_there_is_one) {
    const auto meta = [](const std::optional<std::string>& cursor) {
        return Json::parse(answer(kCall, {}, 200, cursor).body)["meta"];
    };
    EXPECT_EQ(meta("c1")["nextCursor"], "c1");
    EXPECT_EQ(meta("")["nextCursor"], "");
    EXPECT_FALSE(meta(std::nullopt).contains("nextCursor"));
}

TEST(Answer, the_timestamp_is_now_in_utc_with_milliseconds) {
    const std::time_t before = std::time(nullptr);
    const std::string text = timestamp();
    const std::time_t after = std::time(nullptr);
    ASSERT_EQ(text.size(), 24U) << text;
    EXPECT_EQ(text[19], '.');
    EXPECT_EQ(text.find_first_not_of("0123456789", 20), 23U);
    EXPECT_EQ(text[23], 'Z');
    std::tm parts{};
    ASSERT_EQ(strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts), text.c_str() + 19);
    EXPECT_GE(timegm(&parts), before);
    EXPECT_LE(timegm(&parts), after);
}

TEST(ProblemAnswer, a_problem_names_its_code_title_status_and_request) {
    const HttpResponse response = problem_answer(make_problem("not_found"), "request-1");
    EXPECT_EQ(response.status, 404);
    EXPECT_EQ(response.content_type, "application/problem+json");
    const Json document = Json::parse(response.body);
    EXPECT_EQ(members(document), (Names{"type", "title", "status", "code", "detail", "requestId"}));
    EXPECT_EQ(document["type"], "urn:tix:problem:not_found");
    EXPECT_EQ(document["code"], "not_found");
    EXPECT_EQ(document["status"], 404);
    EXPECT_EQ(document["title"], make_problem("not_found").title);
    EXPECT_EQ(document["requestId"], "request-1");
}

TEST(ProblemAnswer, the_detail_is_the_title_when_there_is_no_more_to_say) {
    EXPECT_EQ(document_of(make_problem("conflict", "because"))["detail"], "because");
    EXPECT_EQ(document_of(make_problem("conflict"))["detail"], make_problem("conflict").title);
}

TEST(ProblemAnswer, what_is_not_at_fault_is_not_a_member) {
    const Json document = document_of(make_problem("validation"));
    for (const char* name : {"errors", "unavailableSeats"})
        EXPECT_FALSE(document.contains(name)) << name;
}

TEST(ProblemAnswer, each_fault_is_an_object_of_field_and_message) {
    Problem problem = make_problem("validation");
    problem.errors = {{"a", "is missing"}, {"", "must be"}};
    EXPECT_EQ(document_of(problem)["errors"],
              Json::array({{{"field", "a"}, {"message", "is missing"}},
                           {{"field", ""}, {"message", "must be"}}}));
    problem.errors.resize(1);
    EXPECT_EQ(document_of(problem)["errors"],
              Json::array({{{"field", "a"}, {"message", "is missing"}}}));
}

TEST(ProblemAnswer, each_seat_that_is_not_free_is_named_with_its_reason) {
    Problem problem = make_problem("held");
    problem.unavailable_seats = {{"A-1", "held"}, {"A-2", "sold"}};
    EXPECT_EQ(document_of(problem)["unavailableSeats"],
              Json::array({{{"seatId", "A-1"}, {"reason", "held"}},
                           {{"seatId", "A-2"}, {"reason", "sold"}}}));
}

TEST(ProblemAnswer, words_that_are_no_utf8_do_not_stop_the_answer) {
    const Json document = document_of(make_problem("conflict", "a\xFF\xC3 b"));
    EXPECT_EQ(document["detail"], "a\xEF\xBF\xBD\xEF\xBF\xBD b");
    Problem problem = make_problem("validation");
    problem.errors = {{"\xFF", "x"}};
    EXPECT_EQ(document_of(problem)["errors"][0]["field"], "\xEF\xBF\xBD");
}

TEST(ProblemAnswer, a_later_try_is_announced) {
    Problem problem = make_problem("rate_limited");
    EXPECT_EQ(header_of(problem_answer(problem, ""), "Retry-After"), "1");
    problem.retry_after_s = 17;
    EXPECT_EQ(header_of(problem_answer(problem, ""), "Retry-After"), "17");
    problem.retry_after_s = 0;
    EXPECT_EQ(header_of(problem_answer(problem, ""), "Retry-After"), "0");
    EXPECT_EQ(header_of(problem_answer(make_problem("not_found"), ""), "Retry-After"), "(none)");
}

TEST(ProblemAnswer, the_headers_are_those_of_its_status) {
    for (const char* code : {"unauthorized", "invalid_token", "invalid_credentials"})
        EXPECT_EQ(header_of(problem_answer(make_problem(code), ""), "WWW-Authenticate"), "Bearer")
            << code;
    Problem method = make_problem("method_not_allowed");
    method.allow = "GET, POST";
    EXPECT_EQ(header_of(problem_answer(method, ""), "Allow"), "GET, POST");
    const HttpResponse plain = problem_answer(make_problem("forbidden"), "");
    EXPECT_EQ(header_of(plain, "WWW-Authenticate"), "(none)");
    EXPECT_EQ(header_of(plain, "Allow"), "(none)");
}

TEST(ProblemAnswer, every_problem_names_its_request_and_is_not_stored) {
    for (const char* code : {"not_found", "unauthorized", "rate_limited", "internal"}) {
        const HttpResponse response = problem_answer(make_problem(code), "request-1");
        EXPECT_EQ(header_of(response, "X-Request-Id"), "request-1");
        EXPECT_EQ(header_of(response, "Cache-Control"), "no-store");
    }
}

}  // namespace
}  // namespace tix::gateway
