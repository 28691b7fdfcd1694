// The keys that sign and check tokens: a fixed map from kid to one key with one algorithm.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "../crypto/ed25519.hpp"
#include "../crypto/p256.hpp"
#include "../crypto/rsa.hpp"

namespace tix::gateway {

inline constexpr std::size_t kHmacKeyBytesMin = 32;
inline constexpr std::size_t kKidBytesMax = 64;
inline constexpr std::size_t kForeignKidBytesMax = 255;

enum class Alg { HS256, RS256, PS256, ES256, EdDSA };

std::string_view alg_name(Alg alg);
std::optional<Alg> alg_of(std::string_view name);

// Built only by its makers, which throw std::invalid_argument with a message for the operator: a
// Key that exists can verify.
class Key {
public:
    using Public = std::variant<crypto::PublicKey, crypto::RsaKey, crypto::P256Key>;

    // `secret` is raw bytes, at least kHmacKeyBytesMin of them.
    static Key hs256(std::string kid, std::string secret);
    // `pem` is an Ed25519 private key, or a public one that can only verify.
    static Key eddsa(std::string kid, const std::string& pem);
    // `pem` is a public key of the algorithm's kind; such a key can only verify.
    static Key from_public_pem(std::string kid, Alg alg, const std::string& pem);
    // A key of somebody else, with a kid of theirs: 1 to 255 visible ASCII characters. The key is
    // of the algorithm's kind, which is not HS256.
    static Key foreign(std::string kid, Alg alg, Public key);

    const std::string& kid() const { return kid_; }
    Alg alg() const { return alg_; }
    std::string_view alg_name() const { return gateway::alg_name(alg_); }
    bool can_sign() const { return alg_ == Alg::HS256 || private_key_.has_value(); }

    // Requires can_sign(), else throws std::logic_error.
    std::string sign(std::string_view input) const;
    bool verify(std::string_view input, std::string_view signature) const;

private:
    Key(std::string kid, Alg alg);
    static std::string own_kid(std::string kid);

    std::string kid_;
    Alg alg_;
    std::string secret_;                             // of HS256
    std::optional<Public> public_key_;               // of the others
    std::optional<crypto::PrivateKey> private_key_;  // of EdDSA, when it can sign
};

class KeySet {
public:
    // Throws std::invalid_argument when two keys have one kid.
    explicit KeySet(std::vector<Key> keys);

    const Key* find(std::string_view kid) const;  // null when there is none
    std::size_t size() const { return keys_.size(); }

private:
    std::map<std::string, Key, std::less<>> keys_;
};

}  // namespace tix::gateway
