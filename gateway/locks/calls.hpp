// The call that takes the seats of one request or of many.
#pragma once

#include "../db/pool.hpp"
#include "coalescer.hpp"

namespace tix::gateway {

// One request calls tix_lock_seats; several of one seat each and one ttl, without keys, call
// tix_lock_batch with arrays, all others with a document. Requires requests of one session.
DbResult lock_call(DbPool& database, const Coalescer::Batch& requests);

}  // namespace tix::gateway
