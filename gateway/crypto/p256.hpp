// Public keys on the curve P-256 that check ECDSA signatures with SHA-256 (RFC 7518 section 3.4),
// by OpenSSL. Keys may be copied and shared between threads.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

struct evp_pkey_st;

namespace tix::crypto {

inline constexpr std::size_t kP256NumberBytes = 32;
inline constexpr std::size_t kP256SignatureBytes = 2 * kP256NumberBytes;

class P256Key {
public:
    // Both throw std::invalid_argument when it is no point of P-256.
    static P256Key from_pem(const std::string& pem);
    // The coordinates, 32 bytes each.
    static P256Key from_raw(std::string_view x, std::string_view y);

    // A signature is r and s, 32 bytes each; neither is 0 or reaches the order of the curve.
    bool verify(std::string_view message, std::string_view signature) const;

private:
    explicit P256Key(std::shared_ptr<evp_pkey_st> key) : key_(std::move(key)) {}
    std::shared_ptr<evp_pkey_st> key_;
};

}  // namespace tix::crypto
