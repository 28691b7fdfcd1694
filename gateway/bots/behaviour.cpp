// Counts that fade, and the points they make.
#include "behaviour.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

namespace tix::gateway {
namespace {

constexpr double kHalfLifeMs = 300'000;
constexpr std::int64_t kWindowMs = 600'000;
constexpr std::int64_t kPauseMs = 120'000;  // who comes back later begins anew
constexpr double kRegular = 0.15;           // deviation of the pauses by their mean
constexpr double kHumanMs = 250;
constexpr double kHoldsFree = 8;  // not bought, by one user
constexpr double kLossesFree = 20;
constexpr double kFarmFree = 60;  // holds not bought, by all users of one network …
constexpr double kFarmEach = 3;   // … or so many by each, if they are many

int points(double count, double free, double each, int cap) {
    return static_cast<int>(std::clamp((count - free) * each, 0.0, static_cast<double>(cap)));
}

}  // namespace

Behaviour::Behaviour(std::size_t subjects_max, int accounts_per_prefix)
    : shard_max_(std::max<std::size_t>(2, subjects_max / kShards)),
      accounts_per_prefix_(accounts_per_prefix) {}

Behaviour::Shard& Behaviour::shard_of(std::string_view key) const {
    return shards_[std::hash<std::string_view>()(key) % kShards];
}

// The subject, as if seen now, its counts faded. Requires the shard's mutex.
Behaviour::Subject& Behaviour::subject(Shard& shard, const std::string& key, std::int64_t now_ms) {
    if (const auto found = shard.places.find(key); found != shard.places.end()) {
        shard.entries.splice(shard.entries.begin(), shard.entries, found->second);
    } else {
        if (shard.entries.size() >= shard_max_) {
            shard.places.erase(shard.entries.back().first);
            shard.entries.pop_back();
        }
        shard.entries.emplace_front(key, Subject{});
        shard.entries.front().second.faded_ms = now_ms;
        shard.entries.front().second.window_ms = now_ms;
        shard.places.emplace(shard.entries.front().first, shard.entries.begin());
    }
    fade(shard.entries.front().second, now_ms);
    return shard.entries.front().second;
}

void Behaviour::fade(Subject& subject, std::int64_t now_ms) {
    const auto elapsed = static_cast<double>(std::max<std::int64_t>(0, now_ms - subject.faded_ms));
    const double factor = std::exp2(-elapsed / kHalfLifeMs);
    subject.granted *= factor;
    subject.refused *= factor;
    subject.solved *= factor;
    subject.faded_ms = std::max(subject.faded_ms, now_ms);
    if (now_ms - subject.window_ms < kWindowMs / 2) return;
    const bool long_ago = now_ms - subject.window_ms >= kWindowMs;
    subject.users_before = long_ago ? std::bitset<kAccountBits>() : subject.users;
    subject.users.reset();
    subject.window_ms = now_ms;
}

void Behaviour::note_gap(Subject& subject, std::int64_t now_ms) {
    const std::int64_t gap = now_ms - subject.asked_ms;
    const bool first = subject.asked_ms == 0;
    subject.asked_ms = now_ms;
    if (first) return;
    if (gap > kPauseMs)
        subject.gaps_seen = 0;
    else
        subject.gaps[subject.gaps_seen++ % kGaps] =
            static_cast<std::uint32_t>(std::max<std::int64_t>(0, gap));
}

void Behaviour::note_account(Subject& network, const std::string& user) {
    network.users.set(std::hash<std::string>()(user) % kAccountBits);
}

// Linear counting: how many users set so many of the bits.
double Behaviour::accounts(const Subject& network) {
    const auto bits = static_cast<double>(kAccountBits);
    const auto set = static_cast<double>((network.users | network.users_before).count());
    return -bits * std::log(std::max(1.0, bits - set) / bits);
}

void Behaviour::note(const std::string& user, const std::string& prefix, Event event,
                     std::int64_t now_ms) {
    const auto count = [&](Subject& subject, bool is_user) {
        switch (event) {
            case Event::kAsked:
                if (is_user)
                    note_gap(subject, now_ms);
                else
                    note_account(subject, user);
                break;
            case Event::kGranted:
                ++subject.granted;
                if (is_user) subject.refused = 0;
                break;
            case Event::kRefused:
                ++subject.refused;
                break;
            case Event::kBought:
                // One purchase of one user clears that user alone.
                subject.granted = is_user ? 0 : std::max(0.0, subject.granted - kHoldsFree);
                break;
            case Event::kSolved:
                if (!is_user) break;
                ++subject.solved;
                subject.solved_ms = now_ms;
        }
    };
    for (const bool is_user : {true, false}) {
        const std::string& key = is_user ? user : prefix;
        Shard& shard = shard_of(key);
        const std::scoped_lock lock(shard.mutex);
        count(subject(shard, key, now_ms), is_user);
    }
}

void Behaviour::score_pace(const Subject& subject, Score& score) {
    if (subject.gaps_seen < kGaps) return;
    double sum = 0, squares = 0;
    for (const double gap : subject.gaps) {
        sum += gap;
        squares += gap * gap;
    }
    const double mean = sum / kGaps;
    const double deviation = std::sqrt(std::max(0.0, squares / kGaps - mean * mean));
    if (deviation < kRegular * mean) score.rhythm = 40;
    if (mean < kHumanMs) score.haste = 40;
}

Behaviour::Score Behaviour::score(const std::string& user, const std::string& prefix,
                                  std::int64_t now_ms) {
    Score score;
    {
        Shard& shard = shard_of(user);
        const std::scoped_lock lock(shard.mutex);
        const Subject& subject = this->subject(shard, user, now_ms);
        score_pace(subject, score);
        score.churn = points(subject.granted, kHoldsFree, 5, 40);
        score.losing = points(subject.refused, kLossesFree, 1, 20);
        score.proofs = points(subject.solved, 1, 15, 60);
    }
    Shard& shard = shard_of(prefix);
    const std::scoped_lock lock(shard.mutex);
    const Subject& network = subject(shard, prefix, now_ms);
    score.accounts = points(accounts(network), accounts_per_prefix_, 2, 40);
    score.farm = points(network.granted, std::max(kFarmFree, kFarmEach * accounts(network)), 1, 40);
    return score;
}

int Behaviour::solved(const std::string& user, std::int64_t within_ms, bool& lately,
                      std::int64_t now_ms) {
    Shard& shard = shard_of(user);
    const std::scoped_lock lock(shard.mutex);
    const Subject& subject = this->subject(shard, user, now_ms);
    lately = subject.solved_ms != 0 && now_ms - subject.solved_ms < within_ms;
    return static_cast<int>(std::lround(subject.solved));
}

std::size_t Behaviour::subjects() const {
    std::size_t count = 0;
    for (const Shard& shard : shards_) {
        const std::scoped_lock lock(shard.mutex);
        count += shard.entries.size();
    }
    return count;
}

}  // namespace tix::gateway
