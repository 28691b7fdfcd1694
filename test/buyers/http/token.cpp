// JSON Web Tokens by OpenSSL, and the wording of requests.
#include "http/token.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <ctime>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace tix::buyers::http {
namespace {

constexpr long kTokenLifeS = 3600;
constexpr std::string_view kTokenHead = R"({"alg":"HS256","kid":"demo","typ":"JWT"})";

std::string base64url(std::string_view bytes) {
    static constexpr char kDigits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    std::string printed;
    std::uint32_t pending = 0;
    int bits = 0;
    for (const char c : bytes) {
        pending = pending << 8 | static_cast<unsigned char>(c);
        for (bits += 8; bits >= 6; bits -= 6)
            printed += kDigits[pending >> (bits - 6) & 63];
    }
    if (bits > 0) printed += kDigits[pending << (6 - bits) & 63];
    return printed;
}

}  // namespace

Issuer::Issuer(const std::string& key_file) {
    std::ifstream file(key_file, std::ios::binary);
    key_.assign(std::istreambuf_iterator<char>(file), {});
    if (key_.empty()) throw std::runtime_error("the key file \"" + key_file + "\" is not readable");
}

std::string Issuer::token(const std::string& user_id) const {
    const long now = std::time(nullptr);
    const std::string claims = R"({"iss":"tix","aud":"tix","sub":")" + user_id +
                               R"(","role":"buyer","iat":)" + std::to_string(now) +
                               ",\"exp\":" + std::to_string(now + kTokenLifeS) + "}";
    std::string token = base64url(kTokenHead) + "." + base64url(claims);
    std::array<unsigned char, EVP_MAX_MD_SIZE> mac;
    unsigned size = 0;
    HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
         reinterpret_cast<const unsigned char*>(token.data()), token.size(), mac.data(), &size);
    token += "." + base64url({reinterpret_cast<const char*>(mac.data()), size});
    return token;
}

std::string Request::print(const std::string& authority) const {
    std::string text;
    text.reserve(256 + path.size() + token.size() + body.size());
    text.append(method).append(" ").append(path).append(" HTTP/1.1\r\nHost: ").append(authority);
    if (!token.empty()) text.append("\r\nAuthorization: Bearer ").append(token);
    if (!key.empty()) text.append("\r\nIdempotency-Key: ").append(key);
    if (!body.empty())
        text.append("\r\nContent-Type: application/json\r\nContent-Length: ")
            .append(std::to_string(body.size()));
    else if (method[0] == 'P')
        text.append("\r\nContent-Length: 0");
    return text.append("\r\n").append(fields).append("\r\n").append(body);
}

}  // namespace tix::buyers::http
