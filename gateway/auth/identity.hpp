// Who signs in elsewhere: the ID tokens (OpenID Connect Core 1.0) of another issuer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jws.hpp"

namespace tix::gateway {

// What is believed of an issuer; the names of its claims are members of the payload.
struct IssuerRules {
    Expectation expected;
    std::vector<Alg> algorithms;
    std::string subject_claim = "sub", email_claim = "email", verified_claim = "email_verified",
                name_claim = "name";
    bool emails_are_verified = false;  // it never says an address that it has not verified
    std::int64_t token_age_max_s = 3600;
};

struct Identity {
    std::string subject;  // the issuer's name for somebody: 1 to 255 bytes
    std::optional<std::string> email, name;
    bool email_verified = false;
};

// Who a token names that may be trusted at `now` (seconds since 1970), else nothing; `why` is then
// one line for the log, never for the client. An access or logout token names nobody.
std::optional<Identity> verify_identity(std::string_view token, const IssuerRules& rules,
                                        const KeySet& keys, std::int64_t now, std::string& why);

}  // namespace tix::gateway
