// Our own access tokens: JSON Web Tokens (RFC 7519) that say who asks and in which role.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "jws.hpp"

namespace tix::gateway {

struct Claims {
    std::string subject;          // a uuid
    std::string role;             // is_role()
    std::int64_t issued_at = 0;   // seconds since 1970; 0 when the token does not say
    std::int64_t expires_at = 0;  // the first second in which the token is dead
};

// buyer, organizer, box_office, gate or admin.
bool is_role(std::string_view role);

// The claims of a token that may be trusted at `now` (seconds since 1970), else nothing; `why`
// is then one line for the log, never for the client.
std::optional<Claims> verify(std::string_view token, const KeySet& keys,
                             const Expectation& expected, std::int64_t now, std::string& why);

// Requires key.can_sign().
std::string mint(const Claims& claims, const Key& key, std::string_view issuer,
                 std::string_view audience);

}  // namespace tix::gateway
