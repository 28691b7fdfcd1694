// Rate limits: one token bucket for each key, in bounded memory.
//
// Locking: sixteen shards by the hash of the key, each under its own mutex, held for a lookup.
// Memory: at most `keys_max` buckets (at least sixteen). A full shard gives up a bucket for each
// new key: one that has refilled, which is as good as a new one, or else the one nearest to full
// of those at hand. A flood of new keys so displaces its own buckets, not those in use.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tix::gateway {

class Limiter {
public:
    // The fields mean what those of draft-ietf-httpapi-ratelimit-headers mean.
    struct Verdict {
        bool allowed = false;
        int limit = 0;          // the burst
        int remaining = 0;      // whole tokens left
        int reset_s = 0;        // until the bucket is full, rounded up
        int retry_after_s = 0;  // until the next token, rounded up, at least 1; 0 when allowed
    };

    explicit Limiter(std::size_t keys_max);

    // Takes a token from the bucket of `key`, which holds `burst` when full and gains
    // `per_minute` a minute. Requires per_minute > 0, burst >= 1, and the same two for one key.
    // `now_ms` is of one steady clock; a reading older than the last one gains and loses nothing.
    Verdict take(std::string_view key, double per_minute, double burst, std::int64_t now_ms);

    // Leaves the bucket, if there is one, at most `tokens`: what others say it has. Fewer than none
    // is what must be refilled before the next.
    void cap(std::string_view key, double per_minute, double burst, double tokens,
             std::int64_t now_ms);

    std::size_t keys() const;  // buckets in memory

private:
    struct Bucket {
        double tokens = 0;
        std::int64_t last_ms = 0;
        std::int64_t full_ms = 0;  // when it will have refilled
    };
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view key) const {
            return std::hash<std::string_view>()(key);
        }
    };
    using Buckets = std::unordered_map<std::string, Bucket, Hash, std::equal_to<>>;
    struct Shard {
        mutable std::mutex mutex;
        Buckets buckets;
        std::vector<Buckets::value_type*> ring;  // every bucket, for the hand to walk over
        std::size_t hand = 0;
    };

    static void refill(Bucket& bucket, double per_ms, double burst, std::int64_t now_ms);
    Bucket& find_or_add(Shard& shard, std::string_view key, double burst, std::int64_t now_ms);
    static std::size_t choose_victim(Shard& shard, std::int64_t now_ms);

    static constexpr std::size_t kShards = 16;
    std::size_t shard_keys_max_;
    std::array<Shard, kShards> shards_;
};

// The network of an address as text, "192.0.2.0/24" or "2001:db8::/64": a key for its limit. An
// IPv4 address mapped into IPv6 counts as IPv4. What is no address stays as it is, cut at 64
// bytes. Bits out of range are clamped.
std::string ip_prefix(std::string_view address, int v4_bits, int v6_bits);

}  // namespace tix::gateway
