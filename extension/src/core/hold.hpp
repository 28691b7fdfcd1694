// Holds as data: the lock index, the timing wheel, the seats of a hold. No policy, no transactions.
//
// Locking. Every function needs the partition locks of the hold's home, of all its seats and of
// its owner (`hold_partitions`), except hold_find, which needs only the home's.
#pragma once

#include "session.hpp"

namespace tix::core {

// The live or overdue hold with this token, or null.
Hold* hold_find(const Arena& arena, u64 lock_id);
SessionBlock& hold_block(const Arena& arena, const Hold& hold);
Ordinal hold_head(const Arena& arena, const Hold& hold);
// Of its home, its seats and its owner.
PartitionSet hold_partitions(const Arena& arena, const Hold& hold);

// True when the deadline has passed and nothing shields the hold: its seats are anyone's.
inline bool hold_overdue(const Hold& h, Micros now) {
    return h.state != SeatState::confirming && (h.flags & kPinned) == 0 && h.deadline <= now;
}

struct HoldSpec {
    u64 lock_id;
    Uuid owner;
    Micros deadline;
    u32 acquired_ms;
    SeatState state = SeatState::held;  // or blocked
};

// Makes a hold of free seats and publishes them in its state. Requires n >= 1.
Hold* hold_create(const Arena& arena, SessionBlock& block, const HoldSpec& spec,
                  const Ordinal* seats, u32 n);
// Adds a free seat and publishes it as held.
void hold_add_seat(const Arena& arena, Hold& hold, Ordinal seat);
// Takes one seat away, leaving it in `state`, published; with `listed_until` blocked for the
// waiting list until then instead. Deletes the hold with its last seat and then returns null;
// otherwise returns the hold, which moves when its head seat leaves.
Hold* hold_drop_seat(const Arena& arena, Hold& hold, Ordinal seat, SeatState state,
                     Micros listed_until = 0);
// Takes a hold of a block that is to be freed out of index, wheel and chains. Nobody is told.
void hold_forget(const Arena& arena, Hold& hold);
// Takes all seats away, as hold_drop_seat.
void hold_end(const Arena& arena, Hold& hold, SeatState state, Micros listed_until = 0);
// Ends an overdue hold: its seats are free, or the waiting list's until list_until().
void hold_lapse(const Arena& arena, Hold& hold, Micros now);
// Until when a seat that is given up at `since` is the waiting list's; 0: at `now` it is free.
Micros list_until(const SessionBlock& block, Micros since, Micros now);
// The waiting list has the seats of this overdue hold, although nobody has looked yet.
bool lapses_to_list(const Arena& arena, const Hold& hold, Micros now);
// A seat of no hold is free, or the waiting list's until `listed_until`.
void seat_given_up(const Arena& arena, SessionBlock& block, Ordinal seat, Micros listed_until);
void hold_set_deadline(const Arena& arena, Hold& hold, Micros deadline);
// Moves hold and seats between held and confirming; seats pending release stay as they are.
void hold_set_state(const Arena& arena, Hold& hold, SeatState state);

// Sets a seat's state, keeps its area's counters and publishes the change.
void seat_set_state(const Arena& arena, SessionBlock& block, Ordinal seat, SeatState state);

// Frees what is due in one partition, at most `budget` holds, from where the last sweep stopped.
// Requires the partition's lock; a due hold that also lies elsewhere stops the sweep and is named
// in `stuck` with the locks to end it (hold_expire). Returns the number of holds freed.
struct Sweep {
    u32 freed = 0;
    bool more = false;  // the budget ran out
    u64 stuck = 0;      // lock_id
    PartitionSet need;
};
Sweep wheel_sweep(const Arena& arena, u32 partition, Micros now, u32 budget);
// Ends a hold if it is overdue. Requires its partitions in `held`; answers false if they are not.
bool hold_expire(const Arena& arena, u64 lock_id, Micros now, const PartitionSet& held);

}  // namespace tix::core
