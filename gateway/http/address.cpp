// Which addresses are of the public net (IANA's special-purpose registries, RFC 6890).
#include <arpa/inet.h>

#include <cstdint>
#include <cstring>

#include "outbound.hpp"

namespace tix::gateway {
namespace {

struct Range {
    std::uint32_t network;
    int bits;
};

constexpr Range kNotPublic[] = {
    {0x00000000, 8},   // this network
    {0x0a000000, 8},   // private
    {0x64400000, 10},  // shared by carriers
    {0x7f000000, 8},   // loopback
    {0xa9fe0000, 16},  // link-local, metadata of clouds
    {0xac100000, 12},  // private
    {0xc0000000, 24},  // protocol assignments
    {0xc0000200, 24},  // documentation
    {0xc0586300, 24},  // 6to4 relays
    {0xc0a80000, 16},  // private
    {0xc6120000, 15},  // benchmarks
    {0xc6336400, 24},  // documentation
    {0xcb007100, 24},  // documentation
    {0xe0000000, 3},   // multicast, reserved, broadcast
};

bool is_public_v4(std::uint32_t address) {
    for (const Range& range : kNotPublic)
        if ((address ^ range.network) >> (32 - range.bits) == 0) return false;
    return true;
}

std::uint32_t v4_at(const unsigned char* byte) {
    return std::uint32_t{byte[0]} << 24 | std::uint32_t{byte[1]} << 16 |
           std::uint32_t{byte[2]} << 8 | byte[3];
}

// Global unicast is 2000::/3; inside it, what leads to IPv4 is judged by where it leads.
bool is_public_v6(const unsigned char* byte) {
    static constexpr unsigned char kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (std::memcmp(byte, kMapped, sizeof kMapped) == 0) return is_public_v4(v4_at(byte + 12));
    if ((byte[0] & 0xe0) != 0x20) return false;
    if (byte[0] == 0x20 && byte[1] == 0x02) return is_public_v4(v4_at(byte + 2));  // 6to4
    const bool assigned = byte[0] == 0x20 && byte[1] == 0x01 && byte[2] < 2;  // Teredo and others
    const bool document = byte[0] == 0x20 && byte[1] == 0x01 && byte[2] == 0x0d && byte[3] == 0xb8;
    return !assigned && !document;
}

}  // namespace

bool is_public_address(const std::string& address) {
    unsigned char byte[16];
    if (inet_pton(AF_INET, address.c_str(), byte) == 1) return is_public_v4(v4_at(byte));
    return inet_pton(AF_INET6, address.c_str(), byte) == 1 && is_public_v6(byte);
}

std::optional<OutboundUrl> parse_outbound(std::string_view url) {
    for (const char c : url)
        if (c <= ' ' || c > '~') return std::nullopt;
    OutboundUrl parts;
    parts.secure = url.starts_with("https://");
    if (!parts.secure && !url.starts_with("http://")) return std::nullopt;
    url.remove_prefix(parts.secure ? 8 : 7);
    std::string_view authority = url.substr(0, url.find_first_of("/?#"));
    parts.path = url.substr(authority.size());
    if (parts.path.empty()) parts.path = "/";
    if (parts.path[0] != '/' || parts.path.find('#') != std::string::npos) return std::nullopt;
    parts.port = parts.secure ? 443 : 80;
    const std::size_t bracket = authority.find(']');
    const std::size_t colon =
        authority.find(':', bracket == std::string_view::npos ? 0 : bracket + 1);
    if (colon != std::string_view::npos) {
        const std::string_view digits = authority.substr(colon + 1);
        if (digits.empty() || digits.size() > 5) return std::nullopt;
        parts.port = 0;
        for (const char c : digits) {
            if (c < '0' || c > '9') return std::nullopt;
            parts.port = parts.port * 10 + (c - '0');
        }
        authority = authority.substr(0, colon);
    }
    if (authority.starts_with('[') != authority.ends_with(']')) return std::nullopt;
    if (authority.starts_with('[')) authority = authority.substr(1, authority.size() - 2);
    parts.host = authority;
    if (parts.host.empty() || parts.host.find_first_of("@[]") != std::string::npos ||
        parts.port < 1 || parts.port > 65535)
        return std::nullopt;
    return parts;
}

}  // namespace tix::gateway
