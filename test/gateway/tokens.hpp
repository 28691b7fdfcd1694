// What the token tests share: keys, a good token in pieces, and tokens signed whatever they say.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "auth/jwt.hpp"
#include "crypto/base64url.hpp"
#include "crypto/hmac.hpp"

namespace tix::gateway::test {

inline constexpr std::int64_t kNow = 1'700'000'000;
inline constexpr char kSub[] = "0190163d-8694-739b-aea5-966c26f8ad91";
inline const std::string kSecret = "0123456789abcdef0123456789abcdef";
inline const Expectation kExpected{"tix", {"tix"}, 0};

inline const std::string kPublicPem =
    "-----BEGIN PUBLIC KEY-----\n"
    "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"
    "-----END PUBLIC KEY-----\n";

// The private half of kPublicPem, from RFC 8037 A.1.
inline const crypto::PrivateKey& signer() {
    static const auto kKey = crypto::PrivateKey::from_raw(
        *crypto::base64url_decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"));
    return kKey;
}

// "main" is HS256, "ed" is EdDSA and signs, "check" is its public half.
inline const KeySet& keys() {
    static const KeySet kKeys({Key::hs256("main", kSecret), Key::eddsa("ed", signer().pem()),
                               Key::eddsa("check", kPublicPem)});
    return kKeys;
}

inline const std::string kHeader = R"({"alg":"HS256","kid":"main","typ":"JWT"})";

// The claims of a good token as JSON texts; with() and without() change one.
class Payload {
public:
    Payload with(const std::string& name, const std::string& json) const {
        Payload changed = *this;
        changed.members_[name] = json;
        return changed;
    }
    Payload without(const std::string& name) const {
        Payload changed = *this;
        changed.members_.erase(name);
        return changed;
    }
    std::string text() const {
        std::string text;
        for (const auto& [name, json] : members_)
            text += (text.empty() ? "{\"" : ",\"") + name + "\":" + json;
        return text + "}";
    }

private:
    std::map<std::string, std::string> members_ = {
        {"iss", "\"tix\""},    {"aud", "\"tix\""},    {"sub", "\"" + std::string(kSub) + "\""},
        {"role", "\"buyer\""}, {"iat", "1699999900"}, {"exp", "1700000900"}};
};

inline std::string encoded(const std::string& header, const std::string& payload) {
    return crypto::base64url_encode(header) + "." + crypto::base64url_encode(payload);
}

// A token with the right HS256 signature of `secret`, whatever its parts say.
inline std::string signed_token(const std::string& header, const std::string& payload,
                                const std::string& secret = kSecret) {
    const std::string text = encoded(header, payload);
    return text + "." + crypto::base64url_encode(crypto::hmac_sha256(secret, text));
}

inline std::string signed_ed(const std::string& header, const std::string& payload) {
    const std::string text = encoded(header, payload);
    return text + "." + crypto::base64url_encode(signer().sign(text));
}

}  // namespace tix::gateway::test
