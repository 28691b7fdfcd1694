// Base64url without padding (RFC 4648 §5, as JOSE uses it): one text for each byte string.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tix::crypto {

std::string base64url_encode(std::string_view bytes);

// Refuses what the encoder would not have written: padding, other characters, a length that no
// byte string has, bits left over that are not zero.
std::optional<std::string> base64url_decode(std::string_view text);

}  // namespace tix::crypto
