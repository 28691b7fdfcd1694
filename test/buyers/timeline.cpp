// Takes the samples; halves their number when there are too many.
#include "timeline.hpp"

namespace tix::buyers {
namespace {

constexpr std::size_t kPointsMax = 600;
constexpr std::size_t kIntervalsMax = 120;  // each up to 10 KiB a step

}  // namespace

void Timeline::sample(const Sale& sale) {
    const std::int64_t now_ms = sale.elapsed_ms();
    if (now_ms >= next_point_ms_) add_point(sale, now_ms);
    const std::int64_t since_ms = intervals_.empty() ? 0 : intervals_.back().until_ms;
    if (now_ms >= since_ms + interval_ms_) end_interval(sale, now_ms);
}

void Timeline::finish(const Sale& sale) {
    const std::int64_t now_ms = sale.elapsed_ms();
    add_point(sale, now_ms);
    end_interval(sale, now_ms);
}

// A point stands for a moment, so every other one is left out.
void Timeline::add_point(const Sale& sale, std::int64_t now_ms) {
    const Market& market = sale.crowd().market;
    const Statistics& statistics = sale.crowd().statistics;
    if (points_.size() >= kPointsMax) {
        for (std::size_t i = 1; i < kPointsMax / 2; ++i)
            points_[i] = std::move(points_[2 * i]);
        points_.resize(kPointsMax / 2);
        point_ms_ *= 2;
    }
    std::uint64_t requests = 0;
    for (const Histogram& step : statistics.steps)
        requests += step.count();
    points_.push_back({now_ms, market.count(Look::kFree), market.count(Look::kHeld),
                       market.count(Look::kSold), requests, statistics.refused});
    next_point_ms_ = now_ms - now_ms % point_ms_ + point_ms_;
}

// An interval stands for all that happened in it, so two become one.
void Timeline::end_interval(const Sale& sale, std::int64_t now_ms) {
    const auto& steps = sale.crowd().statistics.steps;
    Interval interval{intervals_.empty() ? 0 : intervals_.back().until_ms, now_ms, {}};
    for (std::size_t i = 0; i < kSteps; ++i) {
        const Histogram taken = steps[i].since(before_[i]);
        if (taken.count() > 0) interval.steps.emplace(static_cast<Step>(i), taken);
    }
    before_ = steps;
    intervals_.push_back(std::move(interval));
    if (intervals_.size() < kIntervalsMax) return;
    for (std::size_t i = 0; i < intervals_.size() / 2; ++i) {
        Interval both = std::move(intervals_[2 * i]);
        const Interval& second = intervals_[2 * i + 1];
        both.until_ms = second.until_ms;
        for (const auto& [step, histogram] : second.steps)
            both.steps[step].merge(histogram);
        intervals_[i] = std::move(both);
    }
    intervals_.resize(intervals_.size() / 2);
    interval_ms_ *= 2;
}

}  // namespace tix::buyers
