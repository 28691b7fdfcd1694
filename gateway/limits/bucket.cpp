// Token buckets and the prefixes of addresses they are kept for.
#include "bucket.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <cmath>

namespace tix::gateway {

namespace {

constexpr std::size_t kVictimsLookedAt = 32;
constexpr std::size_t kNoAddressBytesMax = 64;
// Sums of fractions of a token fall short by rounding: a token is whole from here on.
constexpr double kRounding = 1e-9;

int seconds_up(double ms) {
    return static_cast<int>(std::ceil(ms / 1000.0 - kRounding));
}

}  // namespace

Limiter::Limiter(std::size_t keys_max)
    : shard_keys_max_(std::max<std::size_t>(1, keys_max / kShards)) {}

Limiter::Verdict Limiter::take(std::string_view key, double per_minute, double burst,
                               std::int64_t now_ms) {
    const double per_ms = per_minute / 60'000.0;
    Shard& shard = shards_[Hash()(key) % kShards];
    const std::lock_guard lock(shard.mutex);
    Bucket& bucket = find_or_add(shard, key, burst, now_ms);
    refill(bucket, per_ms, burst, now_ms);

    Verdict verdict;
    verdict.allowed = bucket.tokens >= 1 - kRounding;
    if (verdict.allowed) bucket.tokens = std::max(0.0, bucket.tokens - 1);
    const double full_in_ms = (burst - bucket.tokens) / per_ms;
    bucket.full_ms = bucket.last_ms + static_cast<std::int64_t>(std::ceil(full_in_ms));
    verdict.limit = static_cast<int>(burst);
    verdict.remaining = std::max(0, static_cast<int>(bucket.tokens + kRounding));
    verdict.reset_s = seconds_up(full_in_ms);
    if (!verdict.allowed)
        verdict.retry_after_s = std::max(1, seconds_up((1 - bucket.tokens) / per_ms));
    return verdict;
}

void Limiter::refill(Bucket& bucket, double per_ms, double burst, std::int64_t now_ms) {
    const std::int64_t elapsed_ms = std::max<std::int64_t>(0, now_ms - bucket.last_ms);
    bucket.tokens = std::min(burst, bucket.tokens + static_cast<double>(elapsed_ms) * per_ms);
    bucket.last_ms += elapsed_ms;
}

void Limiter::cap(std::string_view key, double per_minute, double burst, double tokens,
                  std::int64_t now_ms) {
    const double per_ms = per_minute / 60'000.0;
    Shard& shard = shards_[Hash()(key) % kShards];
    const std::lock_guard lock(shard.mutex);
    const auto found = shard.buckets.find(key);
    if (found == shard.buckets.end()) return;
    Bucket& bucket = found->second;
    refill(bucket, per_ms, burst, now_ms);
    bucket.tokens = std::min(bucket.tokens, tokens);
    const double full_in_ms = (burst - bucket.tokens) / per_ms;
    bucket.full_ms = bucket.last_ms + static_cast<std::int64_t>(std::ceil(full_in_ms));
}

Limiter::Bucket& Limiter::find_or_add(Shard& shard, std::string_view key, double burst,
                                      std::int64_t now_ms) {
    if (const auto found = shard.buckets.find(key); found != shard.buckets.end())
        return found->second;
    std::size_t place = shard.ring.size();
    if (place < shard_keys_max_) {
        shard.ring.push_back(nullptr);
    } else {
        place = choose_victim(shard, now_ms);
        shard.buckets.erase(shard.buckets.find(shard.ring[place]->first));
    }
    const auto added = shard.buckets.emplace(key, Bucket{burst, now_ms, now_ms}).first;
    shard.ring[place] = &*added;
    return added->second;
}

// The place in the ring of the bucket to give up: the first that is full, else the nearest to it.
std::size_t Limiter::choose_victim(Shard& shard, std::int64_t now_ms) {
    const std::size_t looked_at = std::min(kVictimsLookedAt, shard.ring.size());
    std::size_t best = shard.hand;
    for (std::size_t i = 0; i < looked_at; ++i) {
        const std::size_t place = shard.hand;
        shard.hand = (shard.hand + 1) % shard.ring.size();
        if (shard.ring[place]->second.full_ms < shard.ring[best]->second.full_ms) best = place;
        if (shard.ring[best]->second.full_ms <= now_ms) break;
    }
    return best;
}

std::size_t Limiter::keys() const {
    std::size_t count = 0;
    for (const Shard& shard : shards_) {
        const std::lock_guard lock(shard.mutex);
        count += shard.buckets.size();
    }
    return count;
}

std::string ip_prefix(std::string_view address, int v4_bits, int v6_bits) {
    const std::string text(address.substr(0, kNoAddressBytesMax));
    std::array<unsigned char, 16> bytes = {};
    int family = AF_INET;
    if (inet_pton(AF_INET, text.c_str(), bytes.data()) != 1) {
        if (inet_pton(AF_INET6, text.c_str(), bytes.data()) != 1) return text;
        static constexpr unsigned char kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
        if (std::equal(std::begin(kMapped), std::end(kMapped), bytes.begin()))
            std::copy_n(bytes.begin() + 12, 4, bytes.begin());
        else
            family = AF_INET6;
    }
    const int bits = family == AF_INET ? std::clamp(v4_bits, 0, 32) : std::clamp(v6_bits, 0, 128);
    int left = bits;  // of the bits to keep
    for (unsigned char& byte : bytes) {
        byte &= static_cast<unsigned char>(0xFF00 >> std::clamp(left, 0, 8));
        left -= 8;
    }
    std::array<char, INET6_ADDRSTRLEN> network = {};
    inet_ntop(family, bytes.data(), network.data(), network.size());
    return std::string(network.data()) + "/" + std::to_string(bits);
}

}  // namespace tix::gateway
