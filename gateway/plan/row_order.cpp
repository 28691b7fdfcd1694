// The geometry of a row: principal axis, pitch and holes. Numbers on seats play no part.
#include "row_order.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace tix::plan {
namespace {

constexpr double kPlanOrderWinsBelow = 0.5;  // of the length along the principal axis
constexpr double kSameStation = 1e-6;        // of the extent: rounding, not distance

double distance(const Point& a, const Point& b) {
    return std::hypot(a.x - b.x, a.y - b.y);
}

// The direction in which the points spread most, as a unit vector that points right or down.
Point principal_axis(const std::vector<Point>& points) {
    Point mean;
    for (const Point& p : points) {
        mean.x += p.x / static_cast<double>(points.size());
        mean.y += p.y / static_cast<double>(points.size());
    }
    double xx = 0;
    double xy = 0;
    double yy = 0;
    for (const Point& p : points) {
        xx += (p.x - mean.x) * (p.x - mean.x);
        xy += (p.x - mean.x) * (p.y - mean.y);
        yy += (p.y - mean.y) * (p.y - mean.y);
    }
    const double angle = 0.5 * std::atan2(2 * xy, xx - yy);
    const Point axis = {std::cos(angle), std::sin(angle)};
    const bool upright = std::abs(axis.x) < kSameStation;
    const bool backward = upright ? axis.y < 0 : axis.x < 0;
    return backward ? Point{-axis.x, -axis.y} : axis;
}

std::vector<std::size_t> along_axis(const std::vector<Point>& points) {
    const Point axis = principal_axis(points);
    struct Station {
        double along;
        double across;
        std::size_t index;
    };
    std::vector<Station> stations;
    double extent = 0;
    for (std::size_t i = 0; i < points.size(); ++i) {
        const Point& p = points[i];
        stations.push_back({p.x * axis.x + p.y * axis.y, p.y * axis.x - p.x * axis.y, i});
        extent = std::max(extent, distance(p, points[0]));
    }
    const double step = extent * kSameStation;
    if (step > 0)
        for (Station& s : stations)
            s.along = std::round(s.along / step) * step;
    std::sort(stations.begin(), stations.end(), [](const Station& a, const Station& b) {
        if (a.along != b.along) return a.along < b.along;
        return a.across != b.across ? a.across < b.across : a.index < b.index;
    });
    std::vector<std::size_t> order;
    for (const Station& s : stations)
        order.push_back(s.index);
    return order;
}

std::vector<double> steps(const std::vector<Point>& points, const std::vector<std::size_t>& order) {
    std::vector<double> lengths;
    for (std::size_t i = 1; i < order.size(); ++i)
        lengths.push_back(distance(points[order[i - 1]], points[order[i]]));
    return lengths;
}

double sum(const std::vector<double>& values) {
    return std::accumulate(values.begin(), values.end(), 0.0);
}

// The lower median of the steps that are not zero; 0 when there is none.
double pitch_of(std::vector<double> lengths) {
    std::erase(lengths, 0.0);
    if (lengths.empty()) return 0;
    const auto middle = lengths.begin() + static_cast<std::ptrdiff_t>((lengths.size() - 1) / 2);
    std::nth_element(lengths.begin(), middle, lengths.end());
    return *middle;
}

}  // namespace

RowOrder order_row(const std::vector<Point>& points) {
    if (points.empty()) return {};
    RowOrder result;
    result.seats = along_axis(points);
    std::vector<double> lengths = steps(points, result.seats);

    std::vector<std::size_t> as_planned(points.size());
    std::iota(as_planned.begin(), as_planned.end(), std::size_t{0});
    std::vector<double> planned = steps(points, as_planned);
    if (sum(planned) < kPlanOrderWinsBelow * sum(lengths)) {
        result.seats = std::move(as_planned);
        lengths = std::move(planned);
    }

    const double pitch = pitch_of(lengths);
    int position = 1;
    result.positions.push_back(position);
    for (const double length : lengths) {
        position += length > kGapPitches * pitch ? 2 : 1;
        result.positions.push_back(position);
    }
    return result;
}

}  // namespace tix::plan
