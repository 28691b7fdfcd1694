// Addresses as 128 bits, and one look-up for each length of prefix that is listed.
#include "client_list.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <optional>

#include "../base/text.hpp"

namespace tix::gateway {
namespace {

constexpr int kBits = 128;
constexpr int kMappedBits = 96;  // before an IPv4 address
constexpr std::size_t kAddressBytesMax = 64;

using Address = std::array<unsigned char, 16>;

struct Parsed {
    Address bytes{};
    bool is_v4 = false;
};

std::optional<Parsed> parse_address(std::string_view address) {
    if (address.size() > kAddressBytesMax) return std::nullopt;
    const std::string text(address);
    Parsed parsed;
    if (inet_pton(AF_INET6, text.c_str(), parsed.bytes.data()) == 1) return parsed;
    parsed.bytes = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
    parsed.is_v4 = true;
    if (inet_pton(AF_INET, text.c_str(), parsed.bytes.data() + 12) != 1) return std::nullopt;
    return parsed;
}

Address masked(Address address, int bits) {
    for (unsigned char& byte : address) {
        byte &= static_cast<unsigned char>(0xFF00 >> std::clamp(bits, 0, 8));
        bits -= 8;
    }
    return address;
}

}  // namespace

bool ClientList::add(std::string_view text) {
    if (const auto user = uuid_bytes(text)) {
        users_.insert(uuid_text(*user));
        return true;
    }
    const auto slash = text.find('/');
    const auto address = parse_address(text.substr(0, slash));
    if (!address) return false;
    int bits = kBits;
    if (slash != std::string_view::npos) {
        const auto told = parse_int64(text.substr(slash + 1));
        if (!told || *told < 0 || *told > (address->is_v4 ? 32 : kBits)) return false;
        bits = static_cast<int>(*told) + (address->is_v4 ? kMappedBits : 0);
    }
    networks_[bits].insert(masked(address->bytes, bits));
    return true;
}

bool ClientList::names(std::string_view address, std::string_view user) const {
    if (!user.empty() && users_.contains(std::string(user))) return true;
    if (networks_.empty()) return false;
    const auto parsed = parse_address(address);
    return parsed && std::any_of(networks_.begin(), networks_.end(), [&](const auto& of_length) {
               return of_length.second.contains(masked(parsed->bytes, of_length.first));
           });
}

std::size_t ClientList::size() const {
    std::size_t count = users_.size();
    for (const auto& [bits, networks] : networks_)
        count += networks.size();
    return count;
}

}  // namespace tix::gateway
