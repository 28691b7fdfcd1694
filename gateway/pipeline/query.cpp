// Splitting at "&" and "=", then decoding.
#include "query.hpp"

#include <algorithm>

#include "../base/problem.hpp"
#include "../base/text.hpp"

namespace tix::gateway {
namespace {

[[noreturn]] void malformed(const char* detail) {
    throw ProblemError(make_problem("malformed_request", detail));
}

std::string decoded(std::string_view text) {
    std::string plain(text);
    std::replace(plain.begin(), plain.end(), '+', ' ');
    std::string out;
    if (!percent_decode(plain, out) || !is_utf8(out) || out.find('\0') != std::string::npos)
        malformed("The query is not percent-encoded UTF-8.");
    return out;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> parse_query(std::string_view query) {
    std::vector<std::pair<std::string, std::string>> parameters;
    while (!query.empty()) {
        const std::string_view pair = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(pair.size() + 1, query.size()));
        if (pair.empty()) continue;
        if (parameters.size() == kQueryParametersMax) malformed("The query has too many parts.");
        const auto equals = pair.find('=');
        const bool has_value = equals != std::string_view::npos;
        parameters.emplace_back(decoded(pair.substr(0, equals)),
                                has_value ? decoded(pair.substr(equals + 1)) : "");
    }
    return parameters;
}

}  // namespace tix::gateway
