// The loader worker, as the files that start it see it.
#pragma once

#include "glue.hpp"

namespace tix::pg {

constexpr int kLoadStuckMicros = 10 * 1000000;  // a load nobody works on is started again
constexpr int kLoadRetryMicros = 1000000;       // a failed load is remembered this long

// Starts a short-lived worker that loads the session. False when no worker slot is free.
bool start_loader(Oid database, const Uuid& session);
void register_expiry_workers();
void run_expiry_worker(u32 index);
const char* phase_name(LoadPhase phase);

}  // namespace tix::pg
