// Access tokens: JSON Web Tokens in compact form (RFC 7519), checked as RFC 8725 asks.
//
// The kid picks a key of the set and the key says the algorithm; the header's alg is compared
// with it and chooses nothing. No payload is read before its signature is right.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "keys.hpp"

namespace tix::gateway {

inline constexpr std::size_t kTokenBytesMax = 4096;

struct Claims {
    std::string subject;          // a uuid
    std::string role;             // is_role()
    std::int64_t issued_at = 0;   // seconds since 1970; 0 when the token does not say
    std::int64_t expires_at = 0;  // the first second in which the token is dead
};

struct Expectation {
    std::string issuer;
    std::string audience;
    std::int64_t leeway_s = 0;  // for clocks that differ
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
