// What a standby says of a session, as the readers see it.
#pragma once

#include "glue.hpp"

namespace tix::pg {

// A session built from the tables in an arena of this call's own: nobody else sees it, and it needs
// no lock.
struct StandbySession {
    void* memory;
    Arena arena;
    SessionBlock* block;
};

// Builds it in the current memory context, as the running statement sees the tables. Raises 22023
// for an unknown session, and what its seat loader raises. pfree the memory when done.
StandbySession standby_session(const Uuid& session);

// The session in which a lock is live, as far as the journal has come. False when there is none.
bool standby_session_of(u64 lock_id, Uuid* session);

}  // namespace tix::pg
