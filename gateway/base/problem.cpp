// Codes to statuses and titles, from the one list of errors.
#include "problem.hpp"

namespace tix::gateway {

namespace {

struct Entry {
    std::string_view code;
    int status;
    std::string_view title;
};

constexpr Entry kEntries[] = {
#define TIX_ERROR(sqlstate, name, http, message, hint) {sqlstate, http, message},
#define TIX_PROBLEM(name, http, title) {#name, http, title},
#include "../../extension/src/core/errors.def"
};

constexpr Entry kReasons[] = {
#define TIX_REASON(name, http, error) {#name, http, "lock refused: " #name},
#include "../../extension/src/core/errors.def"
};

const Entry* find(std::string_view code) {
    for (const Entry& entry : kEntries)
        if (entry.code == code) return &entry;
    for (const Entry& entry : kReasons)
        if (entry.code == code) return &entry;
    return nullptr;
}

bool is_over_soon(const Entry& entry) {
    return entry.status == 503 || entry.status == 429 || entry.code == "busy" ||
           entry.code == "in_progress";
}

std::string_view code_of_sqlstate(std::string_view sqlstate) {
    const std::string_view family = sqlstate.substr(0, 2);
    if (family == "TX") return sqlstate;
    if (family == "22" || sqlstate == "23502" || sqlstate == "23514") return "validation";
    if (sqlstate == "P0002") return "not_found";
    if (sqlstate == "23505") return "conflict";
    if (sqlstate == "40001" || sqlstate == "40P01" || sqlstate == "55P03") return "in_progress";
    const bool away = family == "08" || family == "53" || family == "57" || family == "58";
    if (away || sqlstate.empty() || sqlstate == "25006") return "unavailable";
    return "internal";
}

}  // namespace

Problem make_problem(std::string_view code, std::string detail) {
    const Entry* entry = find(code);
    if (entry == nullptr) return make_problem("internal");
    Problem problem;
    problem.status = entry->status;
    problem.code = entry->code;
    problem.title = entry->title;
    problem.detail = std::move(detail);
    if (is_over_soon(*entry)) problem.retry_after_s = 1;
    return problem;
}

Problem problem_of_sqlstate(std::string_view sqlstate, std::string_view message,
                            std::string_view hint) {
    const std::string_view family = sqlstate.substr(0, 2);
    std::string detail;
    if (family == "TX" || family == "22") {
        detail = message;
        if (!hint.empty()) detail += (detail.empty() ? "" : ". ") + std::string(hint);
    }
    return make_problem(code_of_sqlstate(sqlstate), std::move(detail));
}

}  // namespace tix::gateway
