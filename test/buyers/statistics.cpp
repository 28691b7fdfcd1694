// The histogram and the sums over the counts.
#include "statistics.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace tix::buyers {

const char* step_name(Step step) {
    static constexpr std::array<const char*, kSteps> kNames = {
        "lock by label", "lock best",    "add seats",     "extend",        "release",
        "create order",  "cancel order", "begin payment", "payment event", "read order",
        "get tickets",   "ticket QR",    "seat map",      "availability",  "register",
        "log in",        "other"};
    return kNames[static_cast<std::size_t>(step)];
}

std::size_t Histogram::bucket(std::uint64_t microseconds) {
    const std::size_t width = std::bit_width(microseconds);
    if (width <= kSubBits + 1) return microseconds;
    const std::size_t shift = width - kSubBits - 1;
    return std::min<std::size_t>((shift << kSubBits) + (microseconds >> shift), kBuckets - 1);
}

std::uint64_t Histogram::upper_bound(std::size_t bucket) {
    if (bucket < (std::size_t{2} << kSubBits)) return bucket;
    const std::size_t shift = (bucket >> kSubBits) - 1;
    return (((bucket & 31) + 33) << shift) - 1;
}

void Histogram::add(std::uint64_t microseconds) {
    ++counts_[bucket(microseconds)];
    ++count_;
    max_us_ = std::max(max_us_, microseconds);
}

std::uint64_t Histogram::percentile_us(double percent) const {
    const auto wanted =
        static_cast<std::uint64_t>(std::ceil(static_cast<double>(count_) * percent / 100.0));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < kBuckets; ++i) {
        seen += counts_[i];
        if (seen >= wanted && seen > 0) return std::min(upper_bound(i), max_us_);
    }
    return max_us_;
}

Histogram Histogram::since(const Histogram& earlier) const {
    Histogram rest = *this;
    for (std::size_t i = 0; i < kBuckets; ++i)
        rest.counts_[i] -= earlier.counts_[i];
    rest.count_ -= earlier.count_;
    return rest;
}

void Histogram::merge(const Histogram& other) {
    for (std::size_t i = 0; i < kBuckets; ++i)
        counts_[i] += other.counts_[i];
    count_ += other.count_;
    max_us_ = std::max(max_us_, other.max_us_);
}

void Statistics::took(Step step, std::chrono::steady_clock::duration duration) {
    const auto us = std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
    steps[static_cast<std::size_t>(step)].add(static_cast<std::uint64_t>(us));
}

std::uint64_t Statistics::refusals() const {
    std::uint64_t sum = 0;
    for (const auto& [reason, times] : refused)
        sum += times;
    return sum;
}

std::uint64_t Statistics::errors_of(const std::string& sqlstate) const {
    const auto found = errors.find(sqlstate);
    return found == errors.end() ? 0 : found->second;
}

}  // namespace tix::buyers
