// The query of a URI as names and values.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tix::gateway {

inline constexpr std::size_t kQueryParametersMax = 32;

// In the order of the query, decoded; a name without "=" has an empty value. Throws ProblemError
// malformed_request for what is no percent-encoded UTF-8, for a NUL and for too many parts.
std::vector<std::pair<std::string, std::string>> parse_query(std::string_view query);

}  // namespace tix::gateway
