// What the lock functions share: the answer row, and running a core call under the locks it needs.
#pragma once

#include "glue.hpp"

namespace tix::pg {

// One answer of a lock function, before it becomes a row.
struct Answer {
    Reason reason = Reason::none;
    u64 lock_id = 0;
    Micros deadline = 0;
    Datum seats = 0;  // text[]; 0 = NULL
    Jsonb* conflicts = nullptr;
    int tier = 0;  // 0 = NULL
};

// What the lock functions take beside the seats.
struct LockTerms {
    Micros ttl;
    TextList channels;  // the keys the caller knows
    bool avoid_orphans;
    Text idempotency_key;  // data is null: none
    bool above_rules;
};

// The arguments of a lock function, from the number of its first on; -1: it has no such argument.
struct LockArgs {
    int ttl, channels, orphans, idempotency_key;
};
LockTerms lock_terms(FunctionCallInfo fcinfo, const LockArgs& args);
inline Caller caller_of(const LockTerms& terms) {
    return {GetCurrentTimestamp(), terms.channels.text, static_cast<u32>(terms.channels.n),
            terms.above_rules};
}

Datum answer_row(FunctionCallInfo fcinfo, const Answer& a);
Answer refusal(Reason reason);
Reason not_open(Found found);
// Where the hold of a token most likely lies: its home and its owner.
PartitionSet home_of(u64 lock_id, const Uuid& owner);
[[noreturn]] void raise_log_full();
// The journal row of a grant or an addition; nothing when nothing was granted.
void journal_grant(const HoldAnswer& h, Datum seats);

// The answer of a lock whose seats the engine chose. Requires no lock; a granted hold pins its
// block, so the labels stay where they are.
Answer chosen_seats(const SessionBlock& block, const HoldAnswer& h, const Ordinal* seat, u32 n,
                    u32 tier);

// Runs a core call under the locks it turns out to need.
template <class Call>
HoldAnswer with_partitions(PartitionSet set, Call call) {
    xact_log();  // allocates on first use: not possible under a lock
    for (;;) {
        lock_partitions(set, LW_EXCLUSIVE);
        const HoldAnswer answer = call(access_to(set));
        unlock_partitions(set);
        if (answer.status != Status::need_partitions) return answer;
        set.merge(answer.need);
    }
}

struct SeatBuffers {
    Ordinal* seat;
    Reason* reason;
};

inline SeatBuffers seat_buffers(int n) {
    return {static_cast<Ordinal*>(palloc(sizeof(Ordinal) * n)),
            static_cast<Reason*>(palloc0(sizeof(Reason) * n))};
}

}  // namespace tix::pg
