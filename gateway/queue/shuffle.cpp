// The draw, round by round: compute_shuffled_index of the specification.
#include "shuffle.hpp"

#include <algorithm>
#include <string>

#include "../crypto/sha256.hpp"

namespace tix::gateway {
namespace {

constexpr int kRounds = 90;
constexpr std::int64_t kBitsOfDigest = 256;

std::uint64_t little_endian(std::string_view bytes) {
    std::uint64_t number = 0;
    for (std::size_t i = bytes.size(); i > 0; --i)
        number = number << 8 | static_cast<unsigned char>(bytes[i - 1]);
    return number;
}

}  // namespace

std::int64_t shuffled_index(std::int64_t index, std::int64_t count, std::string_view seed) {
    std::string salt(seed);
    salt += '\0';
    for (int round = 0; round < kRounds; ++round) {
        salt.resize(seed.size() + 1);
        salt[seed.size()] = static_cast<char>(round);
        const auto pivot = static_cast<std::int64_t>(
            little_endian(crypto::sha256(salt).substr(0, 8)) % static_cast<std::uint64_t>(count));
        const std::int64_t flip = (pivot + count - index) % count;
        const std::int64_t higher = std::max(index, flip);
        for (int shift = 0; shift < 32; shift += 8)
            salt += static_cast<char>((higher / kBitsOfDigest) >> shift & 255);
        const std::int64_t bit = higher % kBitsOfDigest;
        const std::string hash = crypto::sha256(salt);
        const auto byte = static_cast<unsigned char>(hash[static_cast<std::size_t>(bit / 8)]);
        if (byte >> (bit % 8) & 1) index = flip;
    }
    return index;
}

}  // namespace tix::gateway
