// What an organiser does to seats and rules: block and unblock, end a hold, set a rule, fill a
// channel. In the caller's transaction, like everything else.
//
// A blocked seat is a hold that belongs to the house: its deadline frees it, its transaction undoes
// it, and no buyer's token reaches it. Restrictions of other kinds wait for COMMIT.
#pragma once

#include "engine.hpp"
#include "rules.hpp"

namespace tix::core {

// Blocks all the seats until `deadline` or none; each must be free, overdue or blocked already by a
// transaction that has ended. `refused`: seat_reason says why seat i cannot be (busy: another is
// blocking or unblocking it). `out` gets those newly blocked, or unblocked by this transaction.
HoldAnswer block_seats(const Access& a, SessionBlock& block, const Ordinal* seats, u32 n,
                       Micros deadline, u32 generation, Reason* seat_reason, Ordinal* out,
                       u32* n_out);
// Flags blocked seats to be free at commit; others are passed over. busy: another transaction is
// blocking or unblocking one of them.
HoldAnswer unblock_seats(const Access& a, SessionBlock& block, const Ordinal* seats, u32 n,
                         Ordinal* out, u32* n_out);
// Flags a held seat to be free at commit, whoever holds it, and describes the hold; lock_id 0 when
// nobody holds it. busy: a transaction is at work on the hold.
HoldAnswer force_release(const Access& a, SessionBlock& block, Ordinal seat);

// The rule has this value from commit on.
Status set_rule(const Access& a, SessionBlock& block, Rule which, i64 value);
// From commit on these seats, and of this key no others, are in the channel. Answers no_memory when
// the session has as many channels as it may. Requires every partition of the block.
Status set_channel(const Access& a, SessionBlock& block, Text key, i64 from, i64 until,
                   const Ordinal* seats, u32 n);

// Bring back what the tables say into a block nobody else can see.
void restore_block(const Access& a, SessionBlock& block, Ordinal seat, Micros deadline,
                   u32 generation);
bool restore_channel(SessionBlock& block, Text key, i64 from, i64 until, const Ordinal* seats,
                     u32 n);

}  // namespace tix::core
