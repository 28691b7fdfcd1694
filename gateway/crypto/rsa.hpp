// RSA public keys that check signatures with SHA-256 (RFC 8017, RFC 7518 sections 3.3 and 3.5), by
// OpenSSL. Keys may be copied and shared between threads.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

struct evp_pkey_st;

namespace tix::crypto {

inline constexpr std::size_t kRsaBitsMin = 2048;
inline constexpr std::size_t kRsaBitsMax = 8192;  // what checks a larger one is spent on nothing
inline constexpr unsigned long kRsaExponentMin = 65537;
inline constexpr unsigned long kRsaExponentMax = 0xFFFFFFFF;

class RsaKey {
public:
    // Both throw std::invalid_argument when it is no RSA public key, or one whose modulus or
    // exponent is even or out of its bounds.
    static RsaKey from_pem(const std::string& pem);
    // Unsigned numbers, the most significant byte first and not zero.
    static RsaKey from_raw(std::string_view modulus, std::string_view exponent);

    // RSASSA-PKCS1-v1_5 and RSASSA-PSS; the latter with MGF1 of SHA-256 and 32 bytes of salt. False
    // for a signature of another size than the modulus, too.
    bool verify_pkcs1(std::string_view message, std::string_view signature) const;
    bool verify_pss(std::string_view message, std::string_view signature) const;

private:
    explicit RsaKey(std::shared_ptr<evp_pkey_st> key) : key_(std::move(key)) {}
    bool verify(std::string_view message, std::string_view signature, int padding) const;

    std::shared_ptr<evp_pkey_st> key_;
};

}  // namespace tix::crypto
