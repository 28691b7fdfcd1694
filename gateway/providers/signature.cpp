// Stripe's signature scheme, strictly read.
#include "signature.hpp"

#include <array>
#include <cstdlib>
#include <optional>

#include "../base/text.hpp"
#include "../crypto/equal.hpp"
#include "../crypto/hmac.hpp"

namespace tix::gateway {

namespace {

struct Header {
    std::string_view time_text;
    std::int64_t time = 0;
    std::array<std::string_view, kSignaturesMax> signatures;
    std::size_t count = 0;
};

std::string signature_of(std::string_view time, std::string_view body, std::string_view secret) {
    static constexpr char kHex[] = "0123456789abcdef";
    std::string text(time);
    text += '.';
    text += body;
    std::string hex;
    for (const char c : crypto::hmac_sha256(secret, text)) {
        hex += kHex[static_cast<unsigned char>(c) >> 4];
        hex += kHex[static_cast<unsigned char>(c) & 15];
    }
    return hex;
}

// Takes one "name=value" into the header; false when the header cannot be right.
bool take_item(std::string_view item, Header& header) {
    const std::size_t equals = item.find('=');
    if (equals == std::string_view::npos) return false;
    const std::string_view name = item.substr(0, equals);
    const std::string_view value = item.substr(equals + 1);
    if (name == "t") {
        const std::optional<std::int64_t> time = parse_int64(value);
        if (!time || *time < 0 || !header.time_text.empty()) return false;
        header.time_text = value;
        header.time = *time;
    } else if (name == "v1") {
        if (header.count == kSignaturesMax) return false;
        header.signatures[header.count++] = value;
    }
    return true;
}

std::optional<Header> parse_header(std::string_view text) {
    if (text.size() > kSignatureHeaderBytesMax) return std::nullopt;
    Header header;
    while (true) {
        const std::size_t comma = text.find(',');
        if (!take_item(text.substr(0, comma), header)) return std::nullopt;
        if (comma == std::string_view::npos) break;
        text.remove_prefix(comma + 1);
    }
    if (header.time_text.empty() || header.count == 0) return std::nullopt;
    return header;
}

}  // namespace

bool verify_signature(std::string_view header_text, std::string_view raw_body,
                      std::string_view secret, std::int64_t now, std::string& why,
                      std::int64_t tolerance_s) {
    const auto refuse = [&why](const char* reason) {
        why = reason;
        return false;
    };
    if (secret.empty()) return refuse("there is no secret to check the signature with");
    const std::optional<Header> header = parse_header(header_text);
    if (!header) return refuse("the signature header is malformed");
    if (std::llabs(header->time - now) > tolerance_s)
        return refuse("the signature is too old or from the future");
    const std::string right = signature_of(header->time_text, raw_body, secret);
    bool found = false;
    for (std::size_t i = 0; i < header->count; ++i)
        found |= crypto::equal_in_constant_time(header->signatures[i], right);
    return found || refuse("no signature is right");
}

std::string sign(std::string_view raw_body, std::string_view secret, std::int64_t now) {
    const std::string time = std::to_string(now);
    return "t=" + time + ",v1=" + signature_of(time, raw_body, secret);
}

}  // namespace tix::gateway
