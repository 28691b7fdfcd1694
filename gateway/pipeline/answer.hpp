// Makes responses: the envelope of a success, and the problem document of RFC 9457.
#pragma once

#include <optional>
#include <string>

#include "../base/problem.hpp"
#include "call.hpp"

namespace tix::gateway {

// {"data": …, "meta": {"requestId", "timestamp", "nextCursor"?}}
HttpResponse answer(const Call& call, Json data, int status = 200,
                    const std::optional<std::string>& next_cursor = std::nullopt);
HttpResponse problem_answer(const Problem& problem, const std::string& request_id);
// Now, as RFC 3339 with milliseconds, UTC.
std::string timestamp();

}  // namespace tix::gateway
