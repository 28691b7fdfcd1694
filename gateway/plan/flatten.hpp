// Turns a Plan into the Layout the engine loads: one line per seat, in ordinal order.
//
// - seat_id is `seat_guid`, or `uuid` when asked for. Repeated ids are refused, all of them listed.
// - area_id is `zone_id`, else the zone's name, else "zone-" and its place in the plan from 1.
//   Two zones with seats and one area_id are refused: merging them would make neighbours of rows
//   that only share a number, and inventing a name would change ids between imports.
// - Rows keep the order of the plan. Rows of one area with the same number stay apart: positions
//   of the later one go on after a hole.
// - x and y are zone + row + seat.
// - A seat is accessible when a vendor's flag says so or its category's name does.
#pragma once

#include <optional>
#include <string_view>

#include "plan.hpp"

namespace tix::plan {

enum class SeatIdFrom { guid, uuid };

std::optional<Refusal> flatten(const Plan& plan, SeatIdFrom source, Layout& layout);

// Whether a category's name says that its seats are for wheelchair users, in any of the languages
// it knows; ASCII letters in either case.
bool names_accessible_seats(std::string_view category);

}  // namespace tix::plan
