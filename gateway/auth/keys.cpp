// Keys of access tokens, checked when they are made.
#include "keys.hpp"

#include <stdexcept>
#include <utility>

#include "../crypto/equal.hpp"
#include "../crypto/hmac.hpp"

namespace tix::gateway {

namespace {

bool is_kid(std::string_view kid) {
    static constexpr std::string_view kAllowed =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    return !kid.empty() && kid.size() <= kKidBytesMax &&
           kid.find_first_not_of(kAllowed) == std::string_view::npos;
}

}  // namespace

Key::Key(std::string kid, Alg alg) : kid_(std::move(kid)), alg_(alg) {
    if (!is_kid(kid_))
        throw std::invalid_argument(
            "a kid must be 1 to 64 letters, digits, dots, dashes or underscores");
}

Key Key::hs256(std::string kid, std::string secret) {
    Key key(std::move(kid), Alg::HS256);
    if (secret.size() < kHmacKeyBytesMin)
        throw std::invalid_argument("key " + key.kid_ + ": an HS256 secret must have at least 32 " +
                                    "bytes, this one has " + std::to_string(secret.size()));
    key.secret_ = std::move(secret);
    return key;
}

Key Key::eddsa(std::string kid, const std::string& pem) {
    Key key(std::move(kid), Alg::EdDSA);
    try {
        if (pem.find("PRIVATE KEY-----") == std::string::npos) {
            key.public_key_ = crypto::PublicKey::from_pem(pem);
        } else {
            key.private_key_ = crypto::PrivateKey::from_pem(pem);
            key.public_key_ = key.private_key_->public_key();
        }
    } catch (const std::invalid_argument& why) {
        throw std::invalid_argument("key " + key.kid_ + ": " + why.what());
    }
    return key;
}

std::string Key::sign(std::string_view input) const {
    if (alg_ == Alg::HS256) return crypto::hmac_sha256(secret_, input);
    if (!private_key_) throw std::logic_error("key " + kid_ + " can only verify");
    return private_key_->sign(input);
}

bool Key::verify(std::string_view input, std::string_view signature) const {
    if (alg_ == Alg::EdDSA) return public_key_->verify(input, signature);
    return crypto::equal_in_constant_time(crypto::hmac_sha256(secret_, input), signature);
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
