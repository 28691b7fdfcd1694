// How much somebody behaves like a program: a score from what its users and its network did lately.
//
// Points, each with a cap, so that no single habit is enough for a challenge by default:
//   rhythm    the pauses between lock requests are all alike                        40
//   haste     lock requests follow each other faster than a person clicks           40
//   churn     holds taken and not bought                                            40
//   losing    locks asked for and not got; buyers of a hot sale lose, too           20
//   accounts  users of one network                                                  40
//   farm      holds that the users of one network take and do not buy               40
//   proofs    challenges solved already                                             60
// All of it fades: counts halve every kHalfLife, users of a network count for kWindow at most.
// Locking: sixteen shards by the hash of the subject. Memory: at most `subjects_max` subjects, some
// 250 bytes each; beyond, the one not seen for longest is forgotten.
#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <unordered_map>

namespace tix::gateway {

class Behaviour {
public:
    struct Score {
        int rhythm = 0, haste = 0, churn = 0, losing = 0, accounts = 0, farm = 0, proofs = 0;
        int total() const { return rhythm + haste + churn + losing + accounts + farm + proofs; }
    };
    enum class Event { kAsked, kGranted, kRefused, kBought, kSolved };

    Behaviour(std::size_t subjects_max, int accounts_per_prefix);

    // Something a user did, from a network; `now_ms` of one steady clock.
    void note(const std::string& user, const std::string& prefix, Event event, std::int64_t now_ms);
    Score score(const std::string& user, const std::string& prefix, std::int64_t now_ms);
    // Challenges solved lately, and whether that was within `within_ms`.
    int solved(const std::string& user, std::int64_t within_ms, bool& lately, std::int64_t now_ms);

    std::size_t subjects() const;

private:
    static constexpr std::size_t kGaps = 12;
    static constexpr std::size_t kAccountBits = 256;
    struct Subject {
        std::int64_t faded_ms = 0;  // when the counts were right
        double granted = 0;         // since the last purchase
        double refused = 0, solved = 0;
        std::int64_t asked_ms = 0, solved_ms = 0;
        std::array<std::uint32_t, kGaps> gaps{};  // between lock requests, in ms
        std::size_t gaps_seen = 0;
        // Of a network: its users of this window and of the one before, each by one bit.
        std::bitset<kAccountBits> users, users_before;
        std::int64_t window_ms = 0;
    };
    using Entries = std::list<std::pair<std::string, Subject>>;  // the last seen first
    struct Shard {
        mutable std::mutex mutex;
        Entries entries;
        std::unordered_map<std::string_view, Entries::iterator> places;
    };

    Shard& shard_of(std::string_view key) const;
    Subject& subject(Shard& shard, const std::string& key, std::int64_t now_ms);
    static void fade(Subject& subject, std::int64_t now_ms);
    static void note_gap(Subject& subject, std::int64_t now_ms);
    static void note_account(Subject& network, const std::string& user);
    static double accounts(const Subject& network);
    static void score_pace(const Subject& subject, Score& score);

    static constexpr std::size_t kShards = 16;
    std::size_t shard_max_;
    int accounts_per_prefix_;
    mutable std::array<Shard, kShards> shards_;
};

}  // namespace tix::gateway
