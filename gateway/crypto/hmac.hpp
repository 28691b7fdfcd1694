// HMAC-SHA-256 (RFC 2104), by OpenSSL.
#pragma once

#include <string>
#include <string_view>

namespace tix::crypto {

// The 32 bytes of the code. Throws std::runtime_error when OpenSSL cannot.
std::string hmac_sha256(std::string_view key, std::string_view data);

}  // namespace tix::crypto
