// The keys that sign and check access tokens: a fixed map from kid to one key with one algorithm.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../crypto/ed25519.hpp"

namespace tix::gateway {

inline constexpr std::size_t kHmacKeyBytesMin = 32;
inline constexpr std::size_t kKidBytesMax = 64;

// Built only by its makers, which throw std::invalid_argument with a message for the operator: a
// Key that exists can verify.
class Key {
public:
    enum class Alg { HS256, EdDSA };

    // `secret` is raw bytes, at least kHmacKeyBytesMin of them.
    static Key hs256(std::string kid, std::string secret);
    // `pem` is an Ed25519 private key, or a public one that can only verify.
    static Key eddsa(std::string kid, const std::string& pem);

    const std::string& kid() const { return kid_; }
    Alg alg() const { return alg_; }
    std::string_view alg_name() const { return alg_ == Alg::HS256 ? "HS256" : "EdDSA"; }
    bool can_sign() const { return alg_ == Alg::HS256 || private_key_.has_value(); }

    // Requires can_sign(), else throws std::logic_error.
    std::string sign(std::string_view input) const;
    bool verify(std::string_view input, std::string_view signature) const;

private:
    Key(std::string kid, Alg alg);

    std::string kid_;
    Alg alg_;
    std::string secret_;                             // of HS256
    std::optional<crypto::PublicKey> public_key_;    // of EdDSA
    std::optional<crypto::PrivateKey> private_key_;  // of EdDSA, when it can sign
};

class KeySet {
public:
    // Throws std::invalid_argument when two keys have one kid.
    explicit KeySet(std::vector<Key> keys);

    const Key* find(std::string_view kid) const;  // null when there is none

private:
    std::map<std::string, Key, std::less<>> keys_;
};

}  // namespace tix::gateway
