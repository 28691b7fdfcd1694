// Reads pretix seating-plan JSON into a Plan, in one pass and within the limits of limits.hpp.
//
// Strict on what a sale depends on (zones, rows, seats, categories: types, required keys, lengths)
// and in every object on repeated keys, which jsonb would silently merge. Lenient on decoration:
// unknown keys are skipped, `areas` of a zone are kept as JSON text whatever they hold.
#pragma once

#include <optional>

#include "plan.hpp"
#include "source.hpp"

namespace tix::plan {

// Fills `plan` from `source`; on refusal `plan` is unspecified.
std::optional<Refusal> parse(Source& source, Plan& plan);

}  // namespace tix::plan
