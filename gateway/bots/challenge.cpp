// The bytes of a challenge: version 1 | bits 1 | expiry 8, big-endian | id 16 | MAC 16.
#include "challenge.hpp"

#include <algorithm>
#include <array>

#include "../crypto/base64url.hpp"
#include "../crypto/equal.hpp"
#include "../crypto/hmac.hpp"
#include "../crypto/random.hpp"
#include "../crypto/sha256.hpp"

namespace tix::gateway {
namespace {

constexpr char kVersion = 1;
constexpr std::size_t kExpiryAt = 2, kIdAt = 10, kMacAt = 26;
constexpr std::size_t kIdBytes = 16, kMacBytes = 16, kBytes = kMacAt + kMacBytes;
constexpr std::size_t kNonceMax = 64;

std::string big_endian(std::uint64_t number, int bytes) {
    std::string text;
    for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8)
        text += static_cast<char>(number >> shift & 0xFF);
    return text;
}

std::string field(std::string_view value) {
    return big_endian(value.size(), 4).append(value);
}

std::int64_t expiry_of(std::string_view head) {
    std::uint64_t number = 0;
    for (std::size_t i = kExpiryAt; i < kIdAt; ++i)
        number = number << 8 | static_cast<unsigned char>(head[i]);
    return static_cast<std::int64_t>(number);
}

bool is_nonce(std::string_view text) {
    return !text.empty() && text.size() <= kNonceMax &&
           std::all_of(text.begin(), text.end(), [](unsigned char c) {
               return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                      c == '_' || c == '-';
           });
}

int zero_bits(const std::string& hex) {
    const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
    int bits = 0;
    for (const char c : hex) {
        const int value = digit(c);
        if (value != 0) return bits + (value < 2 ? 3 : value < 4 ? 2 : value < 8 ? 1 : 0);
        bits += 4;
    }
    return bits;
}

}  // namespace

std::string Challenges::mac(std::string_view head, std::string_view user) const {
    const std::string fields = field("tix proof of work") + field(head) + field(user);
    return crypto::hmac_sha256(secret_, fields).substr(0, kMacBytes);
}

Challenge Challenges::make(std::string_view user, int bits, std::int64_t now_s) const {
    Challenge challenge;
    challenge.bits = bits;
    challenge.expires_at = now_s + ttl_s_;
    std::string head;
    head += kVersion;
    head += static_cast<char>(bits);
    head += big_endian(static_cast<std::uint64_t>(challenge.expires_at), 8);
    head += crypto::random_bytes(kIdBytes);
    challenge.text = crypto::base64url_encode(head + mac(head, user));
    return challenge;
}

Challenges::Proof Challenges::check(std::string_view answer, std::string_view user,
                                    std::int64_t now_s) const {
    Proof proof;
    const auto dot = answer.find('.');
    if (dot == std::string_view::npos || !is_nonce(answer.substr(dot + 1))) return proof;
    const auto bytes = crypto::base64url_decode(answer.substr(0, dot));
    if (!bytes || bytes->size() != kBytes || bytes->front() != kVersion) return proof;
    const std::string_view head = std::string_view(*bytes).substr(0, kMacAt);
    proof.verdict = Verdict::kForged;
    if (!crypto::equal_in_constant_time(std::string_view(*bytes).substr(kMacAt), mac(head, user)))
        return proof;
    proof.expires_at = expiry_of(head);
    proof.verdict = Verdict::kExpired;
    if (proof.expires_at <= now_s) return proof;
    crypto::Sha256 hash;
    hash.update(answer.data(), answer.size());
    proof.verdict = zero_bits(hash.hex()) >= head[1] ? Verdict::kGood : Verdict::kWrong;
    proof.id = crypto::base64url_encode(head.substr(kIdAt));
    return proof;
}

}  // namespace tix::gateway
