// Seats somebody chose by label: what tix_lock_seat, tix_lock_seats and tix_lock_batch share.
#pragma once

#include "idempotency.hpp"

namespace tix::pg {

struct ListedRequest {
    Uuid session, owner;
    TextList list;  // text is null: more than a lock may hold
    LockTerms terms;
    u64 into;            // the hold to add to; 0: a new one
    SeatBuffers buffer;  // room for list.n
};

// Finds the seats by their labels, and the partitions to lock for them. Answers the first problem;
// buffer.reason tells it per seat. Requires the directory lock.
Reason find_seats(SessionBlock& block, const ListedRequest& r, PartitionSet* set);
// The same in four steps. Who has many requests takes each step for all of them: a step touches
// only memory that the one before has asked for, so all wait together.
void hash_seats(const SessionBlock& block, const ListedRequest& r);
void guess_seats(const SessionBlock& block, const ListedRequest& r);
void ask_seats(const SessionBlock& block, const ListedRequest& r);
Reason settle_seats(SessionBlock& block, const ListedRequest& r, PartitionSet* set);
// The core call. Requires the directory lock and the partitions of find_seats.
// wall: the wall clock, for the rules.
HoldAnswer take_seats(const Access& a, SessionBlock* block, const ListedRequest& r,
                      TimestampTz wall);
// What the core call comes to, without journal. seats: the list as text[]; 0 = not made yet.
Answer listed_answer(const ListedRequest& r, const HoldAnswer& h, Datum seats);
// The request under its idempotency key.
KeyedRequest keyed(const ListedRequest& r);

}  // namespace tix::pg
