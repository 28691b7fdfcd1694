// Reads members of a provider's JSON, which may be anything.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>

#include "../json/json.hpp"

namespace tix::gateway {

// The member at the end of a path of names; null when there is none or it is null.
inline const Json* member_at(const Json& object, std::initializer_list<const char*> path) {
    const Json* at = &object;
    for (const char* name : path) {
        if (!at->is_object()) return nullptr;
        const auto found = at->find(name);
        if (found == at->end() || found->is_null()) return nullptr;
        at = &*found;
    }
    return at;
}

// A string, empty when it is none.
inline std::string text_at(const Json& object, std::initializer_list<const char*> path) {
    const Json* found = member_at(object, path);
    return found != nullptr && found->is_string() ? found->get<std::string>() : "";
}

// A whole number, nothing when it is none.
inline std::optional<std::int64_t> number_at(const Json& object,
                                             std::initializer_list<const char*> path) {
    const Json* found = member_at(object, path);
    if (found == nullptr || !found->is_number_integer()) return std::nullopt;
    return found->get<std::int64_t>();
}

}  // namespace tix::gateway
