// Who sits beside whom: the physical order of the seats of one row, and the holes in it.
#pragma once

#include <cstddef>
#include <vector>

#include "plan.hpp"

namespace tix::plan {

// Seats further apart than this many pitches of their row are not neighbours.
inline constexpr double kGapPitches = 1.5;

struct RowOrder {
    std::vector<std::size_t> seats;  // indexes into the points, in physical order
    std::vector<int> positions;      // of seats[i]: from 1, +1 to a neighbour, +2 over a hole
};

// Orders points along their principal axis, left to right (top to bottom when upright); points
// beside each other on that axis by the other axis. A row that turns back on itself (a horseshoe)
// keeps the order of the plan, when that way from seat to seat is less than half as long.
RowOrder order_row(const std::vector<Point>& points);

}  // namespace tix::plan
