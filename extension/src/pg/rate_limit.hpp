// The rate limits as other files see them.
#pragma once

#include "../core/rate_limit.hpp"
#include "glue.hpp"

namespace tix::pg {

// Chains itself into the hooks of shared memory.
void install_rate_limits();
// Of shared memory, beside the arena.
u64 rate_limit_bytes();
void reset_rate_counters();

}  // namespace tix::pg
