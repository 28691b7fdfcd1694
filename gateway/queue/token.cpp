// Format first, then the seal, then what it says.
#include "token.hpp"

#include "../crypto/base64url.hpp"
#include "../crypto/equal.hpp"
#include "../crypto/hmac.hpp"

namespace tix::gateway {
namespace {

constexpr std::string_view kVersion = "TQ2.";
constexpr std::size_t kSealed = 30;  // bytes that the poll key seals
constexpr std::size_t kSeal = 12;
constexpr std::size_t kQueueAt = 2;
constexpr std::size_t kJoinAt = 6;
constexpr std::size_t kJoinEnd = 14;

std::uint64_t big_endian(std::string_view bytes) {
    std::uint64_t number = 0;
    for (const char byte : bytes)
        number = number << 8 | static_cast<unsigned char>(byte);
    return number;
}

}  // namespace

std::optional<QueueTicket> read_queue_token(std::string_view token, const QueueKeys& keys) {
    if (token.size() != kQueueTokenSize || !token.starts_with(kVersion)) return std::nullopt;
    const auto bytes = crypto::base64url_decode(token.substr(kVersion.size()));
    if (!bytes || bytes->size() != kSealed + kSeal) return std::nullopt;
    const std::string_view said(*bytes);
    const auto key = keys.find(static_cast<int>(big_endian(said.substr(0, kQueueAt))));
    if (key == keys.end()) return std::nullopt;
    std::string sealed(kVersion);
    sealed += said.substr(0, kSealed);
    const std::string seal = crypto::hmac_sha256(key->second, sealed).substr(0, kSeal);
    if (!crypto::equal_in_constant_time(seal, said.substr(kSealed))) return std::nullopt;
    const std::uint64_t queue = big_endian(said.substr(kQueueAt, kJoinAt - kQueueAt));
    const std::uint64_t join = big_endian(said.substr(kJoinAt, kJoinEnd - kJoinAt));
    if (queue == 0 || queue > INT32_MAX || join == 0 || join > INT64_MAX) return std::nullopt;
    return QueueTicket{key->first, static_cast<std::int32_t>(queue),
                       static_cast<std::int64_t>(join)};
}

}  // namespace tix::gateway
