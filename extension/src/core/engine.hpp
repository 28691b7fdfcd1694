// The engine's calls: one function for each thing a statement can do to seats.
//
// Contract of every call. The caller holds the directory lock shared (if it passes a block) and the
// partition locks in `held`. A call that needs more answers `need_partitions` with the whole set in
// `need`, having changed nothing; the caller releases, takes those in ascending order and calls
// again. Any answer but `ok` leaves seats, holds and log as they were. `now` is the time of the
// call.
#pragma once

#include "rules.hpp"
#include "xact.hpp"

namespace tix::core {

struct Access {
    Arena arena;
    XactLog* log;
    Micros now;
    PartitionSet held;
    u32 database = 0;  // tokens of other databases are unknown; 0 = look at all
    Micros began = 0;  // of the lock call, for its histogram; 0 = it is not counted
};

struct LockCall {
    SessionBlock* block;
    const Ordinal* seats;  // distinct
    u32 n;                 // 1 .. kSeatsPerLockMax
    Uuid owner;
    Micros ttl;
    u32 generation;
    u64 into;  // the hold to add to; 0 = a new one
    bool avoid_orphans = false;
    Caller caller = {};
    u32 seats_max = kSeatsPerLockMax;  // of the hold, added ones included
};

// What the journal must record: the kinds of tix.holds.kind. Frozen: stored.
enum class Journal : char { none = 0, grant = 'g', add = 'a', sale = 's' };

struct HoldAnswer {
    Status status = Status::ok;
    Reason reason = Reason::none;
    u64 lock_id = 0;
    Uuid session;
    Uuid owner;
    Micros deadline = 0;
    u32 acquired_ms = 0;   // low bits of now / 1000 at first acquisition
    bool ordered = false;  // belongs to an order: no lifetime cap
    u16 version = 0;
    Journal journal = Journal::none;
    Ordinal orphan = kNoSeat;  // of reason orphan: the seat that would be left alone
    PartitionSet need;
};

// All seats or none. With avoid_orphans the orphan rule holds (orphan.hpp). On `refused`
// seat_reason[i] says why seat i is not to be had (none: it is); `reason` is the first of them.
// Relocking one's own live hold answers its token and changes nothing but a pending release of its
// own transaction, which it cancels (S11).
HoldAnswer lock_seats(const Access& a, const LockCall& call, Reason* seat_reason);

// Raises the deadline to now + ttl, never past lifetime_max from first acquisition, never lowers
// it.
HoldAnswer extend_lock(const Access& a, u64 lock_id, const Uuid& owner, Micros ttl,
                       Micros lifetime_max);
// Hands the hold over to an order: raises the deadline without the lifetime cap, from then on.
HoldAnswer hand_over(const Access& a, u64 lock_id, const Uuid& owner, Micros ttl);
// Flags seats of the hold for release at commit: those in `wanted`, all when n_wanted is 0. Writes
// the ones it flagged to `out` (room for kSeatsPerLockMax) and their number to `n_out`. When seats
// stay, the version after the answer's is the journal row that lists them.
HoldAnswer release_seats(const Access& a, u64 lock_id, const Uuid& owner, const Ordinal* wanted,
                         u32 n_wanted, Ordinal* out, u32* n_out);
// Moves the hold to confirming; sold at commit. Again in the same transaction: the same answer.
HoldAnswer confirm_lock(const Access& a, u64 lock_id, const Uuid& owner);
// Looks at the hold.
HoldAnswer lock_get(const Access& a, u64 lock_id, const Uuid& owner);
// The seats of a live hold of this owner, in no particular order; same locks as the call before it.
u32 lock_seat_list(const Access& a, u64 lock_id, Ordinal* out);

// Flags sold seats to be freed at commit; others are passed over.
Status free_sold(const Access& a, SessionBlock& block, const Ordinal* seats, u32 n, Ordinal* out,
                 u32* n_out);

// A ticket for the seat is inserted: it must be confirming by this transaction, sold with a pending
// free of this transaction, or free, and then becomes confirming under a token of its own. A seat
// that was somebody else's is `owner`'s from commit on, unless that is nobody.
HoldAnswer ticket_insert(const Access& a, SessionBlock& block, Ordinal seat, const Uuid& owner,
                         u32 generation);
// The ticket for a sold or confirming seat is somebody else's from commit on; other seats are
// passed over.
Status ticket_owner(const Access& a, SessionBlock& block, Ordinal seat, const Uuid& owner);
// The ticket for the seat is gone: the seat is freed at commit.
Status ticket_remove(const Access& a, SessionBlock& block, Ordinal seat);

// Restores a hold from the journal into a block nobody else can see. Seats that are not free are
// passed over. Answers the number of seats it got.
u32 restore_hold(const Access& a, SessionBlock& block, const HoldSpec& spec, bool ordered,
                 u16 version, Ordinal* seats, u32 n);

// The state a reader sees: overdue holds and blocks are free.
SeatState seat_state(SessionBlock& block, Ordinal seat, Micros now);

// Checks one area: counters against a recount, every seat against its hold. Answers a word for what
// is wrong, null when sound. Requires every partition of the block.
const char* audit_area(const Access& a, SessionBlock& block, u32 area);

}  // namespace tix::core
