// The transaction's end: commit keeps, abort undoes, savepoints nest, PREPARE is refused.
//
// Memory. The log is allocated before a transaction's first change and reused.
// Failure. The commit and abort callbacks cannot fail: an ERROR there is a PANIC.

#include "glue.hpp"

namespace tix::pg {

namespace {

XactLog the_log;
Micros commit_began = 0;
bool confirming = false;

pg_atomic_uint64* my_confirming() {
    return TIX_PROC_NUMBER < confirming_slots() ? &confirming_since()[TIX_PROC_NUMBER] : nullptr;
}

void stop_confirming() {
    if (confirming) pg_atomic_write_u64(my_confirming(), 0);
    confirming = false;
}

// A savepoint may have taken back what was being confirmed.
void look_for_confirming() {
    for (u32 i = 0; i < the_log.size; i++)
        if (the_log.entry[i].op == Op::confirm) return;
    stop_confirming();
}

void end_transaction(bool commit) {
    const PartitionSet set = the_log.partitions;
    lock_partitions(set, LW_EXCLUSIVE);
    TIX_POINT(end_locked);
    const Micros now = arena_now();
    if (commit) {
        note_latency(set, Latency::commit, now - commit_began);
        xact_commit(arena(), the_log, now);
    } else {
        xact_abort(arena(), the_log, now);
    }
    unlock_partitions(set);
    stop_confirming();
    announce_changes();
}

void check_before_commit() {
    TIX_POINT(pre_commit);
    const PartitionSet set = the_log.partitions;
    lock_partitions(set, LW_EXCLUSIVE);
    commit_began = arena_now();
    const u64 lost = xact_check_and_pin(arena(), the_log, commit_began);
    unlock_partitions(set);
    if (lost != 0)
        raise_detail(Error::lock_lost, psprintf("{\"lockId\":\"" UINT64_FORMAT "\"}", lost));
    stop_confirming();
    TIX_POINT(pre_commit_pinned);
}

void on_xact(XactEvent event, void*) {
    if (the_log.size == 0) return;
    switch (event) {
        case XACT_EVENT_PRE_COMMIT:
            check_before_commit();
            break;
        case XACT_EVENT_PRE_PREPARE:
            if (xact_uses_holds(the_log)) raise(Error::prepare_with_holds);
            check_before_commit();
            break;
        case XACT_EVENT_COMMIT:
        case XACT_EVENT_PREPARE:
            TIX_POINT(commit_recorded);
            end_transaction(true);
            TIX_POINT(commit_known);
            break;
        case XACT_EVENT_ABORT:
            TIX_POINT(undo_begun);
            end_transaction(false);
            TIX_POINT(undo_known);
            break;
        default:
            break;
    }
}

void on_subxact(SubXactEvent event, SubTransactionId mine, SubTransactionId parent, void*) {
    if (the_log.size == 0) return;
    if (event == SUBXACT_EVENT_COMMIT_SUB) {
        xact_commit_sub(the_log, mine, parent);
    } else if (event == SUBXACT_EVENT_ABORT_SUB) {
        TIX_POINT(savepoint_undo_begins);
        const PartitionSet set = the_log.partitions;
        lock_partitions(set, LW_EXCLUSIVE);
        xact_abort_sub(arena(), the_log, mine, arena_now());
        unlock_partitions(set);
        look_for_confirming();
        announce_changes();
        TIX_POINT(savepoint_undo_ended);
    }
}

}  // namespace

XactLog& xact_log() {
    if (the_log.entry == nullptr) {
        the_log.entry = static_cast<XactEntry*>(
            MemoryContextAlloc(TopMemoryContext, sizeof(XactEntry) * settings.max_xact_changes));
        the_log.capacity = static_cast<u32>(settings.max_xact_changes);
        the_log.writer = static_cast<u32>(TIX_PROC_NUMBER) + 1;
    }
    the_log.subxact = GetCurrentSubTransactionId();
    return the_log;
}

Access access_to(const PartitionSet& held) {
    return {arena(), &xact_log(), arena_now(), held, MyDatabaseId, session_asked_at()};
}

void note_confirming() {
    if (confirming || my_confirming() == nullptr) return;
    confirming = true;
    pg_atomic_write_u64(my_confirming(), static_cast<uint64>(arena_now()));
}

void note_latency(const PartitionSet& held, Latency kind, Micros took) {
    if (held.empty()) return;
    const int first =
        held.word[0] != 0 ? __builtin_ctzll(held.word[0]) : 64 + __builtin_ctzll(held.word[1]);
    arena().latency(static_cast<u32>(first)).of[static_cast<u32>(kind)].add(took);
}

void install_xact_callbacks() {
    RegisterXactCallback(on_xact, nullptr);
    RegisterSubXactCallback(on_subxact, nullptr);
}

}  // namespace tix::pg
