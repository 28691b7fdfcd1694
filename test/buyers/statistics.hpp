// What the buyers measure: a histogram for each step, and counts of what happened and was refused.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

namespace tix::buyers {

// The steps of a buyer that are one statement each; the order is that of the report.
enum class Step : std::uint8_t {
    kLock,
    kBest,
    kAdd,
    kRelease,
    kOrder,
    kCancel,
    kBegin,
    kPay,
    kTickets,
    kOther,
};
inline constexpr std::size_t kSteps = static_cast<std::size_t>(Step::kOther) + 1;
const char* step_name(Step step);

// Durations in logarithmic buckets, 32 to an octave: a percentile is at most 3 % too high.
class Histogram {
public:
    void add(std::uint64_t microseconds);
    std::uint64_t count() const { return count_; }
    std::uint64_t max_us() const { return max_us_; }
    // The duration that `percent` of all did not exceed; 0 when there are none.
    std::uint64_t percentile_us(double percent) const;

private:
    static constexpr std::size_t kSubBits = 5;
    static constexpr std::size_t kBuckets = 40 << kSubBits;
    static std::size_t bucket(std::uint64_t microseconds);
    static std::uint64_t upper_bound(std::size_t bucket);

    std::array<std::uint64_t, kBuckets> counts_{};
    std::uint64_t count_ = 0;
    std::uint64_t max_us_ = 0;
};

struct Statistics {
    std::array<Histogram, kSteps> steps;
    std::map<std::string, std::uint64_t> refused;   // reason of a lock answer → times
    std::map<std::string, std::uint64_t> errors;    // SQLSTATE → times
    std::map<std::string, std::uint64_t> payments;  // answer to a payment event → times

    std::uint64_t buyers = 0;
    std::uint64_t holds = 0;
    std::uint64_t seats_held = 0;
    std::uint64_t orders = 0;
    std::uint64_t completed = 0;
    std::uint64_t seats_paid = 0;
    std::uint64_t tickets = 0;
    std::uint64_t given_up = 0;          // buyers whom refusals drove away
    std::uint64_t abandoned = 0;         // holds left to expire
    std::uint64_t orders_abandoned = 0;  // orders left to expire
    std::uint64_t orders_cancelled = 0;
    std::uint64_t released = 0;
    std::uint64_t rolled_back = 0;
    std::uint64_t payments_rolled_back = 0;
    std::uint64_t expired = 0;  // buyers who came back after the deadline
    std::uint64_t sent_twice = 0;
    std::uint64_t declined = 0;

    std::uint64_t refusals() const;
    std::uint64_t errors_of(const std::string& sqlstate) const;
};

}  // namespace tix::buyers
