// What one transaction has changed: the log that commit keeps and that abort undoes.
//
// Memory. The list is allocated by the caller before the first change and never grows, so that
// commit and abort cannot fail. An entry names the hold by token and pins its block.
// Locking. Each function needs every partition in `log.partitions`.
#pragma once

#include "hold.hpp"

namespace tix::core {

enum class Op : u8 {
    grant,      // the hold is new
    add,        // the seat is new in the hold
    raise,      // the deadline was `value`, the flags were `seat`
    release,    // the seat is flagged kPendingRelease
    unrelease,  // that flag was taken back
    confirm,    // the hold was held
    free_sold,  // the sold seat is flagged kPendingFree; `value` 0: by this transaction's first
                // change
    unfree,     // that flag was taken back; `value` is not 0
    verify,     // nothing changed, but the transaction relied on the hold
    pin,        // nothing changed, but the transaction reads the block's layout
    rule,       // at commit: the session's rule `seat` becomes `value`
    channel,    // at commit: the seat is in channel `value`
    owner,      // at commit: the sold seat's owner is (`lock_id`, `value`)
};

struct XactEntry {
    Op op;
    u16 version;  // of the hold, before the change
    u32 subxact;
    Ref block;
    Ordinal seat;
    u64 block_generation;
    u64 lock_id;
    i64 value;
};

struct XactLog {
    XactEntry* entry = nullptr;
    u32 capacity = 0;
    u32 size = 0;
    u32 writer = 0;   // identifies this backend in Hold::writer; never 0
    u32 subxact = 0;  // the current subtransaction
    PartitionSet partitions;

    bool room(u32 n) const { return capacity - size >= n; }
};

// Appends a change that has just been made to `hold` (null where the change is not
// one of a hold). Requires
// room.
void xact_append(const Arena& arena, XactLog& log, Op op, SessionBlock& block, Hold* hold,
                 Ordinal seat, i64 value);

// The seat, sold by then, is this owner's from commit on. Requires room.
void xact_append_owner(const Arena& arena, XactLog& log, SessionBlock& block, Ordinal seat,
                       const Uuid& owner);

// Keeps the block from eviction until the (sub)transaction ends. Requires room and the directory
// lock.
void xact_pin(const Arena& arena, XactLog& log, SessionBlock& block);
// True when the log holds more than pins: a change, or a hold that the transaction relies on.
bool xact_uses_holds(const XactLog& log);

// Before commit: checks every token the transaction relies on and shields the holds it changed
// until it ends. Answers the first lost token, 0 when all are live.
u64 xact_check_and_pin(const Arena& arena, XactLog& log, Micros now);
void xact_commit(const Arena& arena, XactLog& log, Micros now);
void xact_abort(const Arena& arena, XactLog& log, Micros now);
// Undoes the changes of one subtransaction and of those it contained.
void xact_abort_sub(const Arena& arena, XactLog& log, u32 subxact, Micros now);
void xact_commit_sub(XactLog& log, u32 subxact, u32 parent);

}  // namespace tix::core
