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
    int tier = 0;                // 0 = NULL
    TimestampTz expires_at = 0;  // of a stored answer, which has no deadline
};

constexpr u32 kIdempotencyKeyBytesMax = 255;

// What the lock functions take beside the seats.
struct LockTerms {
    Micros ttl;
    Micros ttl_asked;   // before the cap; 0: tix.lock_ttl
    TextList channels;  // the keys the caller knows
    bool avoid_orphans;
    Text idempotency_key;  // data is null: none
    bool above_rules = false;
    bool from_list = false;  // an offer to the waiting list, which needs no admission
};

// The arguments of a lock function, from the number of its first on; -1: it has no such argument.
struct LockArgs {
    int ttl, channels, orphans, idempotency_key;
};
LockTerms lock_terms(FunctionCallInfo fcinfo, const LockArgs& args);
// How many seats a call wants, at least one.
int32 quantity_arg(FunctionCallInfo fcinfo, int arg);
inline Caller caller_of(const LockTerms& terms, const Uuid& session, const Uuid& owner,
                        TimestampTz wall = GetCurrentTimestamp()) {
    return {wall,
            terms.channels.text,
            static_cast<u32>(terms.channels.n),
            terms.above_rules,
            terms.from_list || is_admitted(session, owner),
            terms.from_list};
}
// What applies where the caller says nothing.
LockTerms standard_terms();
// A hold may last no longer than tix.lock_lifetime_max from its start.
Micros capped_ttl(Micros ttl);

Datum answer_row(FunctionCallInfo fcinfo, const Answer& a);
// The columns of tix_lock_result. epoch: wall_time(0), read once for many rows.
constexpr int kAnswerColumns = 7;
void answer_values(const Answer& a, TimestampTz epoch, Datum* values, bool* nulls);
Answer refusal(Reason reason);
Reason not_open(Found found);
// Where the hold of a token most likely lies: its home and its owner.
PartitionSet home_of(u64 lock_id, const Uuid& owner);
[[noreturn]] void raise_log_full();
// The journal row of a grant, or of an addition with all seats of the hold.
JournalRow grant_row(const HoldAnswer& h, Datum seats);
// Writes it; nothing when nothing was granted.
void journal_grant(const HoldAnswer& h, Datum seats);
// The journal rows of a release by this transaction: the seats, and what stays of the hold.
void journal_release(const HoldAnswer& h, const SessionBlock& block, const Ordinal* seat, u32 n);

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
        TIX_POINT(arena_changed);
        unlock_partitions(set);
        if (answer.status != Status::need_partitions) return answer;
        set.merge(answer.need);
    }
}

// A label that outlives its session; size 0: none.
struct KeptLabel {
    u32 size;
    char bytes[kSeatIdBytesMax];

    void keep(Text label) {
        size = label.size;
        memcpy(bytes, label.data, label.size);
    }
};

struct SeatBuffers {
    u64* hash;
    Ordinal* seat;
    Reason* reason;
    KeptLabel* orphan;

    // The room of seats from the i-th on, with the same orphan.
    SeatBuffers from(int i) const { return {hash + i, seat + i, reason + i, orphan}; }
};

inline SeatBuffers seat_buffers(int n) {
    constexpr Size kSeat = sizeof(u64) + sizeof(Ordinal) + sizeof(Reason);
    auto* hash = static_cast<u64*>(palloc(sizeof(KeptLabel) + kSeat * n));
    auto* orphan = reinterpret_cast<KeptLabel*>(hash + n);
    auto* seat = reinterpret_cast<Ordinal*>(orphan + 1);
    auto* reason = reinterpret_cast<Reason*>(seat + n);
    orphan->size = 0;
    memset(reason, 0, sizeof(Reason) * n);
    return {hash, seat, reason, orphan};
}

}  // namespace tix::pg
