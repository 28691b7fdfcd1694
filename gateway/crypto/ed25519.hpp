// Ed25519 signatures (RFC 8032), by OpenSSL. Keys may be copied and shared between threads.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

struct evp_pkey_st;

namespace tix::crypto {

inline constexpr std::size_t kEd25519KeyBytes = 32;
inline constexpr std::size_t kEd25519SignatureBytes = 64;

class PublicKey {
public:
    // Both throw std::invalid_argument when it is no Ed25519 public key, or one of small order,
    // for which anybody can sign.
    static PublicKey from_pem(const std::string& pem);
    static PublicKey from_raw(std::string_view bytes);

    // False for a signature of another size, too.
    bool verify(std::string_view message, std::string_view signature) const;

private:
    explicit PublicKey(std::shared_ptr<evp_pkey_st> key) : key_(std::move(key)) {}
    std::shared_ptr<evp_pkey_st> key_;
};

class PrivateKey {
public:
    // Both throw std::invalid_argument when it is no Ed25519 private key. A PEM with a passphrase
    // is refused: nobody is there to type it.
    static PrivateKey from_pem(const std::string& pem);
    static PrivateKey from_raw(std::string_view seed);
    static PrivateKey generate();

    std::string sign(std::string_view message) const;
    PublicKey public_key() const;
    std::string pem() const;

private:
    explicit PrivateKey(std::shared_ptr<evp_pkey_st> key) : key_(std::move(key)) {}
    std::shared_ptr<evp_pkey_st> key_;
};

}  // namespace tix::crypto
