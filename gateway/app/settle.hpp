// The call that settles rate limits in the database.
#pragma once

#include "../db/pool.hpp"
#include "../limits/shared.hpp"

namespace tix::gateway {

// `database` must outlive it.
SharedLimits::Settle settle_in(DbPool& database);

}  // namespace tix::gateway
