// Argon2id on libsodium's password strings.
#include "password.hpp"

#include <sodium.h>

#include <array>
#include <stdexcept>

#include "random.hpp"

namespace tix::crypto {

namespace {

constexpr unsigned long long kPasses = 2;
constexpr std::size_t kMemoryBytes = 19UL * 1024 * 1024;

void need_sodium() {
    static const bool kReady = sodium_init() >= 0;
    if (!kReady) throw std::runtime_error("libsodium failed to start");
}

}  // namespace

std::string hash_password(const std::string& password) {
    need_sodium();
    std::array<char, crypto_pwhash_STRBYTES> hash = {};
    if (crypto_pwhash_str_alg(hash.data(), password.data(), password.size(), kPasses, kMemoryBytes,
                              crypto_pwhash_ALG_ARGON2ID13) != 0)
        throw std::runtime_error("not enough memory to hash a password");
    return hash.data();
}

bool verify_password(const std::string& password, const std::string& hash) {
    need_sodium();
    if (!hash.starts_with(crypto_pwhash_argon2id_STRPREFIX) ||
        hash.size() >= crypto_pwhash_STRBYTES || hash.find('\0') != std::string::npos)
        return false;
    return crypto_pwhash_str_verify(hash.c_str(), password.data(), password.size()) == 0;
}

const std::string& dummy_hash() {
    static const std::string kHash = hash_password(random_bytes(32));
    return kHash;
}

}  // namespace tix::crypto
