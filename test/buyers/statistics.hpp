// What the buyers measure: a histogram for each step, and counts of what happened and was refused.
#pragma once

#include <array>
#include <chrono>
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
    kExtend,
    kRelease,
    kOrder,
    kCancel,
    kBegin,
    kPay,
    kReadOrder,
    kTickets,
    kQr,
    kMap,
    kAvailability,
    kRegister,
    kLogIn,
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
    // Only what was added since this histogram was `earlier`; max_us() stays that of all.
    Histogram since(const Histogram& earlier) const;
    void merge(const Histogram& other);
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

// What only buyers over HTTP see.
struct Traffic {
    std::uint64_t requests = 0;        // answered
    std::uint64_t limited = 0;         // 429
    std::uint64_t unavailable = 0;     // 503, sent again when Retry-After said
    std::uint64_t server_errors = 0;   // any other 5xx
    std::uint64_t in_progress = 0;     // 409 while the same key was at work, sent again
    std::uint64_t not_modified = 0;    // 304
    std::uint64_t replayed = 0;        // answers kept under an Idempotency-Key
    std::uint64_t unlike_replays = 0;  // … that were not the first answer
    std::uint64_t reconnects = 0;      // connections that ended before the buyer had left
    std::uint64_t resent = 0;          // requests whose connection was lost before the answer
    std::uint64_t given_up = 0;        // requests that failed too often
    std::uint64_t registered = 0;      // buyers who logged in with a password
    std::uint64_t extended = 0;
    std::uint64_t unexpected = 0;       // answers that an honest buyer must not see
    std::uint64_t missing_tickets = 0;  // orders completed with other tickets than seats
    std::uint64_t stream_messages = 0;
    std::uint64_t stream_reconnects = 0;
    std::uint64_t open_min = 0;     // connections open at a time, from the first crowd to sold out
    std::int64_t crowded_ms = 0;    // how long at least 2 000 were open
    double cpu_us_per_request = 0;  // of the driver itself
};

struct Statistics {
    std::array<Histogram, kSteps> steps;
    std::map<std::string, std::uint64_t> refused;   // reason of a lock answer → times
    std::map<std::string, std::uint64_t> errors;    // SQLSTATE or problem code → times
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
    std::uint64_t late_completed = 0;  // paid after the order had expired, and yet with seats
    std::uint64_t late_refunded = 0;   // … and without, but with the money back
    std::uint64_t holds_lost = 0;      // holds that were gone before their time
    Traffic traffic;

    void took(Step step, std::chrono::steady_clock::duration duration);
    std::uint64_t refusals() const;
    std::uint64_t errors_of(const std::string& sqlstate) const;
};

}  // namespace tix::buyers
