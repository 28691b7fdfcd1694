// The promises of problems: one list of codes, and no words of the server where they do not belong.
#include "base/problem.hpp"

#include <gtest/gtest.h>

#include <set>

namespace tix::gateway {
namespace {

struct Entry {
    std::string code;
    int status;
    std::string title;  // empty: any but none
};

const std::vector<Entry> kEntries = {
#define TIX_ERROR(sqlstate, name, http, message, hint) {sqlstate, http, message},
#define TIX_REASON(name, http, error) {#name, http, ""},
#define TIX_PROBLEM(name, http, title) {#name, http, title},
#include "errors.def"
};

TEST(Problem, every_entry_of_the_list_is_answered_as_the_list_says) {
    for (const Entry& entry : kEntries) {
        const Problem problem = make_problem(entry.code, "some detail");
        EXPECT_EQ(problem.code, entry.code);
        EXPECT_EQ(problem.status, entry.status) << entry.code;
        EXPECT_TRUE(problem.status >= 400 && problem.status < 600) << entry.code;
        EXPECT_FALSE(problem.title.empty()) << entry.code;
        EXPECT_TRUE(entry.title.empty() || problem.title == entry.title) << problem.title;
        EXPECT_EQ(problem.detail, "some detail");
    }
}

TEST(Problem, no_code_stands_for_two_things) {
    std::set<std::string> codes;
    for (const Entry& entry : kEntries)
        EXPECT_TRUE(codes.insert(entry.code).second) << entry.code << " is there twice";
}

TEST(Problem, the_list_has_every_code_of_the_interface) {
    const std::vector<std::pair<const char*, int>> frozen = {{"malformed_request", 400},
                                                             {"validation", 400},
                                                             {"invalid_signature", 400},
                                                             {"unauthorized", 401},
                                                             {"invalid_credentials", 401},
                                                             {"invalid_token", 401},
                                                             {"forbidden", 403},
                                                             {"not_found", 404},
                                                             {"method_not_allowed", 405},
                                                             {"email_taken", 409},
                                                             {"conflict", 409},
                                                             {"in_progress", 409},
                                                             {"resync", 410},
                                                             {"payload_too_large", 413},
                                                             {"uri_too_long", 414},
                                                             {"rate_limited", 429},
                                                             {"headers_too_large", 431},
                                                             {"unsupported_media_type", 415},
                                                             {"internal", 500},
                                                             {"unavailable", 503},
                                                             {"outcome_unknown", 503},
                                                             {"not_on_sale", 425},
                                                             {"unknown_seat", 404},
                                                             {"held", 409},
                                                             {"TX009", 422},
                                                             {"TX003", 404},
                                                             {"rebuilding", 503}};
    for (const auto& [code, status] : frozen) {
        EXPECT_EQ(make_problem(code).code, code);
        EXPECT_EQ(make_problem(code).status, status) << code;
    }
}

TEST(Problem, an_unknown_code_is_internal_and_keeps_its_detail_back) {
    for (const char* code : {"", "TX099", "TX", "HELD", "held ", "none"}) {
        EXPECT_EQ(make_problem(code, "secret").code, "internal") << code;
        EXPECT_EQ(make_problem(code, "secret").detail, "") << code;
    }
}

TEST(Problem, what_is_over_soon_says_when_to_retry) {
    for (const Entry& entry : kEntries) {
        const bool soon = entry.status == 503 || entry.status == 429 || entry.code == "busy" ||
                          entry.code == "in_progress";
        EXPECT_EQ(make_problem(entry.code).retry_after_s, soon ? 1 : -1) << entry.code;
    }
}

TEST(Problem, an_exception_carries_the_problem) {
    const ProblemError error(make_problem("forbidden", "gate staff only"));
    EXPECT_EQ(error.problem().status, 403);
    EXPECT_STREQ(error.what(), "forbidden");
}

TEST(Sqlstate, each_class_has_its_code) {
    const std::vector<std::pair<const char*, const char*>> cases = {
        {"22023", "validation"},  {"22P02", "validation"},  {"22003", "validation"},
        {"23514", "validation"},  {"23502", "validation"},  {"P0002", "not_found"},
        {"23505", "conflict"},    {"40001", "in_progress"}, {"40P01", "in_progress"},
        {"55P03", "in_progress"}, {"08006", "unavailable"}, {"08P01", "unavailable"},
        {"53300", "unavailable"}, {"57P01", "unavailable"}, {"57014", "unavailable"},
        {"58000", "unavailable"}, {"25006", "unavailable"}, {"", "unavailable"},
        {"XX000", "internal"},    {"42501", "internal"},    {"42P01", "internal"},
        {"23503", "internal"},    {"P0001", "internal"},    {"TX999", "internal"},
        {"2", "internal"},        {"25P02", "internal"}};
    for (const auto& [sqlstate, code] : cases)
        EXPECT_EQ(problem_of_sqlstate(sqlstate, "m", "h").code, code) << sqlstate;
}

TEST(Sqlstate, class_tx_keeps_its_code_status_and_words) {
    const Problem lost = problem_of_sqlstate("TX002", "lock is lost", "Lock the seats again.");
    EXPECT_EQ(lost.code, "TX002");
    EXPECT_EQ(lost.status, 409);
    EXPECT_EQ(lost.detail, "lock is lost. Lock the seats again.");
    EXPECT_EQ(lost.retry_after_s, -1);
    for (const char* code : {"TX012", "TX013", "TX015"}) {
        EXPECT_EQ(problem_of_sqlstate(code, "", "").status, 503) << code;
        EXPECT_EQ(problem_of_sqlstate(code, "", "").retry_after_s, 1) << code;
    }
    EXPECT_EQ(problem_of_sqlstate("TX002", "m", "").detail, "m");
    EXPECT_EQ(problem_of_sqlstate("TX002", "", "h").detail, "h");
}

TEST(Sqlstate, only_what_the_client_sent_is_talked_about) {
    EXPECT_EQ(problem_of_sqlstate("22023", "ttl must be positive", "").detail,
              "ttl must be positive");
    for (const char* code :
         {"XX000", "42501", "23505", "23514", "08006", "P0002", "40001", "53300"})
        EXPECT_EQ(problem_of_sqlstate(code, "relation \"users\"", "hint").detail, "") << code;
}

}  // namespace
}  // namespace tix::gateway
