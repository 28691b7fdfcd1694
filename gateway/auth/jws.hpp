// Signed tokens: JSON Web Signatures in compact form (RFC 7515), opened as RFC 8725 asks, and the
// claims that every token must have.
//
// The kid picks a key of the set and the key says the algorithm; the header's alg is compared
// with it and chooses nothing. No payload is read before its signature is right.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../json/json.hpp"
#include "keys.hpp"

namespace tix::gateway {

inline constexpr std::size_t kTokenBytesMax = 4096;

// What kind of token is expected, so that none passes for another (RFC 8725 section 3.12).
struct TokenKind {
    std::array<std::string_view, 2> types;  // what typ may be when it is there
    bool may_name_keys = false;             // jku, x5u, jwk and x5c are ignored, else refused
};

// Who must have made a token, for whom, and when.
struct Expectation {
    std::string issuer;
    std::vector<std::string> audiences;  // one of them is named
    std::int64_t leeway_s = 0;           // for clocks that differ
};

struct Lifetime {
    std::optional<std::int64_t> issued_at;
    std::int64_t expires_at = 0;  // the first second in which the token is dead
};

// The payload of a token that a key of the set has signed, else nothing; `why` is then one line
// for the log, never for the client.
std::optional<Json> open_jws(std::string_view token, const KeySet& keys, const TokenKind& kind,
                             std::string& why);

// Checks iss, aud, exp, nbf and iat of a payload at `now` (seconds since 1970).
std::optional<Lifetime> check_claims(const Json& payload, const Expectation& expected,
                                     std::int64_t now, std::string& why);

// The string member `name`, or null when it is absent or of another type.
const std::string* string_member(const Json& object, const std::string& name);

}  // namespace tix::gateway
