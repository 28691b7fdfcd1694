// The journal as the files that read and write it see it.
#pragma once

#include "glue.hpp"

namespace tix::pg {

// The columns of tix.holds, in order.
enum JournalColumn {
    kLockId = 1,
    kSession,
    kVersion,
    kKind,
    kUser,
    kAt,
    kExpiresAt,
    kAcquiredAt,
    kOrder,
    kSeats,
    kJournalColumns = kSeats
};

// Opens tix.holds; raises 42P17 when it is not what CREATE EXTENSION makes.
Relation open_journal(LOCKMODE mode);
// The index by session and deadline; raises 42P17 when there is none.
Oid journal_index(Relation journal);

}  // namespace tix::pg
