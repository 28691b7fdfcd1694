// Forgetting: what becomes of memory when an extension or a database is dropped.
#pragma once

#include "hold.hpp"

namespace tix::core {

// Ends every hold of the block, whoever is changing it. Requires every partition.
void end_holds(const Arena& arena, SessionBlock& block);
// Forgets the sessions of a database: ends their holds and frees their blocks. A block that a
// transaction still lists stays until `forget_dropped`, its entry `dropped` and its settled holds
// ended. The generation falls to 0, so nothing is granted before it has been raised again.
// Requires the directory lock exclusive and every partition. True when nothing is left.
bool forget_sessions(const Arena& arena, u32 database);
// As forget_sessions, and gives the database's slot to others when nothing is left.
void forget_database(const Arena& arena, u32 database);
// Frees a `dropped` entry unless a transaction still lists its block. Same locks. True when gone.
bool forget_dropped(const Arena& arena, DirEntry* entry);

}  // namespace tix::core
