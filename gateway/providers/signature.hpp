// Signatures of payment webhooks, in Stripe's scheme: "t=<unix>,v1=<hex>[,v1=<hex>…]", where v1
// is HMAC-SHA-256 of "<t>.<raw body>". The body is checked before anybody parses it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tix::gateway {

inline constexpr std::size_t kSignatureHeaderBytesMax = 1024;
inline constexpr std::size_t kSignaturesMax = 8;  // several, while a secret is being replaced
inline constexpr std::int64_t kToleranceSeconds = 300;

// Whether any v1 of the header is right and t within the tolerance of `now`, both in seconds
// since 1970; other schemes are ignored. Else `why` is one line for the log.
bool verify_signature(std::string_view header, std::string_view raw_body, std::string_view secret,
                      std::int64_t now, std::string& why,
                      std::int64_t tolerance_s = kToleranceSeconds);

// The header of a body that is sent at `now`.
std::string sign(std::string_view raw_body, std::string_view secret, std::int64_t now);

}  // namespace tix::gateway
