// Keys of tokens, checked when they are made.
#include "keys.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

#include "../crypto/equal.hpp"
#include "../crypto/hmac.hpp"

namespace tix::gateway {

namespace {

constexpr std::array<std::pair<Alg, std::string_view>, 5> kAlgs{{{Alg::HS256, "HS256"},
                                                                 {Alg::RS256, "RS256"},
                                                                 {Alg::PS256, "PS256"},
                                                                 {Alg::ES256, "ES256"},
                                                                 {Alg::EdDSA, "EdDSA"}}};

bool is_kid(std::string_view kid) {
    static constexpr std::string_view kAllowed =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    return !kid.empty() && kid.size() <= kKidBytesMax &&
           kid.find_first_not_of(kAllowed) == std::string_view::npos;
}

bool is_foreign_kid(std::string_view kid) {
    return !kid.empty() && kid.size() <= kForeignKidBytesMax &&
           std::all_of(kid.begin(), kid.end(),
                       [](unsigned char c) { return c > 0x20 && c < 0x7f; });
}

Key::Public public_key_of(Alg alg, const std::string& pem) {
    if (alg == Alg::EdDSA) return crypto::PublicKey::from_pem(pem);
    if (alg == Alg::ES256) return crypto::P256Key::from_pem(pem);
    return crypto::RsaKey::from_pem(pem);
}

}  // namespace

std::string_view alg_name(Alg alg) {
    return kAlgs[static_cast<std::size_t>(alg)].second;
}

std::optional<Alg> alg_of(std::string_view name) {
    for (const auto& [alg, known] : kAlgs)
        if (known == name) return alg;
    return std::nullopt;
}

Key::Key(std::string kid, Alg alg) : kid_(std::move(kid)), alg_(alg) {}

Key Key::hs256(std::string kid, std::string secret) {
    Key key(own_kid(std::move(kid)), Alg::HS256);
    if (secret.size() < kHmacKeyBytesMin)
        throw std::invalid_argument("key " + key.kid_ + ": an HS256 secret must have at least 32 " +
                                    "bytes, this one has " + std::to_string(secret.size()));
    key.secret_ = std::move(secret);
    return key;
}

Key Key::eddsa(std::string kid, const std::string& pem) {
    if (pem.find("PRIVATE KEY-----") == std::string::npos)
        return from_public_pem(std::move(kid), Alg::EdDSA, pem);
    Key key(own_kid(std::move(kid)), Alg::EdDSA);
    try {
        key.private_key_ = crypto::PrivateKey::from_pem(pem);
    } catch (const std::invalid_argument& why) {
        throw std::invalid_argument("key " + key.kid_ + ": " + why.what());
    }
    key.public_key_ = key.private_key_->public_key();
    return key;
}

Key Key::from_public_pem(std::string kid, Alg alg, const std::string& pem) {
    Key key(own_kid(std::move(kid)), alg);
    if (alg == Alg::HS256) throw std::invalid_argument("key " + key.kid_ + ": HS256 has no PEM");
    try {
        key.public_key_ = public_key_of(alg, pem);
    } catch (const std::invalid_argument& why) {
        throw std::invalid_argument("key " + key.kid_ + ": " + why.what());
    }
    return key;
}

Key Key::foreign(std::string kid, Alg alg, Public public_key) {
    if (!is_foreign_kid(kid))
        throw std::invalid_argument("its kid is not 1 to 255 visible ASCII characters");
    Key key(std::move(kid), alg);
    key.public_key_ = std::move(public_key);
    return key;
}

std::string Key::own_kid(std::string kid) {
    if (!is_kid(kid))
        throw std::invalid_argument(
            "a kid must be 1 to 64 letters, digits, dots, dashes or underscores");
    return kid;
}

std::string Key::sign(std::string_view input) const {
    if (alg_ == Alg::HS256) return crypto::hmac_sha256(secret_, input);
    if (!private_key_) throw std::logic_error("key " + kid_ + " can only verify");
    return private_key_->sign(input);
}

bool Key::verify(std::string_view input, std::string_view signature) const {
    switch (alg_) {
        case Alg::HS256:
            return crypto::equal_in_constant_time(crypto::hmac_sha256(secret_, input), signature);
        case Alg::RS256:
            return std::get<crypto::RsaKey>(*public_key_).verify_pkcs1(input, signature);
        case Alg::PS256:
            return std::get<crypto::RsaKey>(*public_key_).verify_pss(input, signature);
        case Alg::ES256:
            return std::get<crypto::P256Key>(*public_key_).verify(input, signature);
        case Alg::EdDSA:
            return std::get<crypto::PublicKey>(*public_key_).verify(input, signature);
    }
    return false;
}

KeySet::KeySet(std::vector<Key> keys) {
    for (Key& key : keys) {
        std::string kid = key.kid();
        if (!keys_.emplace(kid, std::move(key)).second)
            throw std::invalid_argument("two keys have the kid " + kid);
    }
}

const Key* KeySet::find(std::string_view kid) const {
    const auto found = keys_.find(kid);
    return found == keys_.end() ? nullptr : &found->second;
}

}  // namespace tix::gateway
