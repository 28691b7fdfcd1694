// Reads what a path, a query and a header say; what they must not say is a problem.
#include "call.hpp"

#include <algorithm>

#include "../base/problem.hpp"
#include "../base/text.hpp"

namespace tix::gateway {
namespace {

constexpr std::size_t kIdempotencyKeyMax = 255;

[[noreturn]] void refuse(std::string_view field, std::string message) {
    Problem problem = make_problem("validation");
    problem.errors.push_back({std::string(field), std::move(message)});
    throw ProblemError(std::move(problem));
}

}  // namespace

const std::vector<std::string_view>& roles_of(Access access) {
    using Roles = std::vector<std::string_view>;
    static const Roles kAll{"buyer", "organizer", "box_office", "gate", "admin"};
    static const Roles kOrganizers{"organizer", "admin"};
    static const Roles kStaff{"box_office", "gate", "admin"};
    static const Roles kGates{"gate", "admin"};
    static const Roles kSellers{"organizer", "box_office", "admin"};
    static const Roles kAdmins{"admin"};
    switch (access) {
        case Access::kOrganizer:
            return kOrganizers;
        case Access::kStaff:
            return kStaff;
        case Access::kGate:
            return kGates;
        case Access::kBoxOffice:
            return kSellers;
        case Access::kAdmin:
            return kAdmins;
        case Access::kAnybody:
        case Access::kUser:
            break;
    }
    return kAll;
}

bool may(Access access, std::string_view role) {
    if (access == Access::kAnybody || access == Access::kUser) return true;
    const auto& roles = roles_of(access);
    return std::find(roles.begin(), roles.end(), role) != roles.end();
}

const std::string& Call::param(std::string_view name) const {
    const auto found = std::find_if(params.begin(), params.end(),
                                    [&](const auto& param) { return param.first == name; });
    if (found == params.end()) throw ProblemError(make_problem("not_found"));
    return found->second;
}

std::string Call::id(std::string_view name) const {
    const auto bytes = uuid_bytes(param(name));
    if (!bytes) throw ProblemError(make_problem("not_found"));
    return uuid_text(*bytes);
}

std::optional<std::string> Call::query_value(std::string_view name) const {
    std::optional<std::string> value;
    for (const auto& [key, text] : query) {
        if (key != name) continue;
        if (value) refuse(name, "must come once");
        value = text;
    }
    return value;
}

std::int64_t Call::query_number(std::string_view name, std::int64_t fallback, std::int64_t lowest,
                                std::int64_t highest) const {
    const auto text = query_value(name);
    if (!text) return fallback;
    const auto number = parse_int64(*text);
    if (!number || *number < lowest || *number > highest)
        refuse(name, "must be a whole number from " + std::to_string(lowest) + " to " +
                         std::to_string(highest));
    return *number;
}

std::optional<std::string> Call::idempotency_key() const {
    const auto sent = std::find_if(http.headers.begin(), http.headers.end(), [](const auto& field) {
        return field.first == "idempotency-key";
    });
    if (sent == http.headers.end()) return std::nullopt;
    const std::string_view key = sent->second;
    const bool visible =
        std::all_of(key.begin(), key.end(), [](char c) { return c > ' ' && c <= '~'; });
    if (key.empty() || key.size() > kIdempotencyKeyMax || !visible)
        refuse("Idempotency-Key", "must be 1 to 255 visible ASCII characters");
    return std::string(key);
}

}  // namespace tix::gateway
