// The public keys of another issuer: a JSON Web Key Set (RFC 7517), as issuers publish it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "keys.hpp"

namespace tix::gateway {

struct Jwks {
    std::vector<Key> keys;             // at least one, no kid twice
    std::vector<std::string> ignored;  // one line for each key that is not for us: "kid: reason"
};

// Takes the keys that are for signatures, of an algorithm that is `allowed`, and strong enough; a
// key without "alg" has the one allowed algorithm of its kind. The others are ignored, as RFC 7517
// section 5 asks. Throws std::invalid_argument, with a message for the operator, when the text is
// no key set, has more than `keys_max` keys, a private or secret one, two of one kid, or none left.
Jwks read_jwks(std::string_view text, const std::vector<Alg>& allowed, std::size_t keys_max);

}  // namespace tix::gateway
