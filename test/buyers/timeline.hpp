// How the sale went over time: seats, refusals and requests several times a second, latencies
// every second. A long sale is sampled more coarsely, so that memory stays bounded.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "sale.hpp"

namespace tix::buyers {

class Timeline {
public:
    struct Point {
        std::int64_t at_ms = 0;
        std::size_t free = 0;
        std::size_t held = 0;
        std::size_t sold = 0;
        std::uint64_t requests = 0;                    // answered until then
        std::map<std::string, std::uint64_t> refused;  // until then, by reason
    };
    struct Interval {
        std::int64_t from_ms = 0;
        std::int64_t until_ms = 0;
        std::map<Step, Histogram> steps;  // only those that were taken
    };

    // To be called more often than every 250 ms; takes a point when its time has come.
    void sample(const Sale& sale);
    // Takes the last point, and ends the last interval.
    void finish(const Sale& sale);

    const std::vector<Point>& points() const { return points_; }
    const std::vector<Interval>& intervals() const { return intervals_; }

private:
    void add_point(const Sale& sale, std::int64_t now_ms);
    void end_interval(const Sale& sale, std::int64_t now_ms);

    std::int64_t point_ms_ = 250;
    std::int64_t interval_ms_ = 1000;
    std::int64_t next_point_ms_ = 0;
    std::vector<Point> points_;
    std::vector<Interval> intervals_;
    std::array<Histogram, kSteps> before_;  // the steps when the last interval ended
};

}  // namespace tix::buyers
