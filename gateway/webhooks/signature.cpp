// On the base64url of crypto/, whose alphabet differs in two letters.
#include "signature.hpp"

#include <algorithm>
#include <optional>
#include <stdexcept>

#include "../crypto/base64url.hpp"
#include "../crypto/hmac.hpp"

namespace tix::gateway {
namespace {

constexpr std::string_view kPrefix = "whsec_";

std::string base64(std::string_view bytes) {
    std::string text = crypto::base64url_encode(bytes);
    std::replace(text.begin(), text.end(), '-', '+');
    std::replace(text.begin(), text.end(), '_', '/');
    text.append((4 - text.size() % 4) % 4, '=');
    return text;
}

std::string key_of(std::string_view secret) {
    std::string text(secret.starts_with(kPrefix) ? secret.substr(kPrefix.size()) : "");
    text.erase(text.find_last_not_of('=') + 1);
    std::replace(text.begin(), text.end(), '+', '-');
    std::replace(text.begin(), text.end(), '/', '_');
    const std::optional<std::string> key = crypto::base64url_decode(text);
    if (!key || key->empty()) throw std::invalid_argument("a webhook secret is malformed");
    return *key;
}

}  // namespace

std::string webhook_signature(const std::vector<std::string>& secrets, std::string_view id,
                              std::int64_t timestamp, std::string_view body) {
    std::string text(id);
    text += '.';
    text += std::to_string(timestamp);
    text += '.';
    text += body;
    std::string signatures;
    for (const std::string& secret : secrets) {
        if (!signatures.empty()) signatures += ' ';
        signatures += "v1," + base64(crypto::hmac_sha256(key_of(secret), text));
    }
    return signatures;
}

}  // namespace tix::gateway
