// Finding a session in the arena, and asking for it to be loaded when it is not there.
//
// Locking. The directory lock is held shared from a successful open_session to close_session.

#include "loader.hpp"

namespace tix::pg {

namespace {

enum class Look { ready, wait, start, unknown, failed };

Look judge(const DirEntry* e, Micros now) {
    if (e == nullptr) return Look::start;
    switch (e->state) {
        case DirState::ready:
            return Look::ready;
        case DirState::loading:
            return e->loader_pid == 0 && now - e->since > kLoadStuckMicros ? Look::start
                                                                           : Look::wait;
        case DirState::failed:
            if (now - e->since > kLoadRetryMicros) return Look::start;
            return e->error == 0 ? Look::unknown : Look::failed;
        case DirState::empty:
            break;
    }
    return Look::start;
}

u32 loads_under_way(Micros now) {
    u32 n = 0;
    const Arena a = arena();
    for (u32 i = 0; i < a.header().directory_slots; i++) {
        const DirEntry& e = a.directory()[i];
        n += e.state == DirState::loading && judge(&e, now) == Look::wait;
    }
    return n;
}

// Drops the failures that nobody asks about any more, to make room in the directory.
void forget_failures(Micros now) {
    const Arena a = arena();
    for (u32 i = 0; i < a.header().directory_slots; i++) {
        DirEntry& e = a.directory()[i];
        while (e.state == DirState::failed && now - e.since > kLoadRetryMicros)
            directory_remove(a, &e);
    }
}

// Marks the session as loading. Requires the directory lock exclusive.
bool claim_load(const Uuid& session, Micros now) {
    const Arena a = arena();
    if (loads_under_way(now) >= static_cast<u32>(settings.max_loaders)) return false;
    if (a.header().sessions >= a.header().max_sessions) forget_failures(now);
    DirEntry* e = directory_add(a, MyDatabaseId, session);
    if (e == nullptr) {
        const PartitionSet all = all_partitions();
        lock_partitions(all, LW_EXCLUSIVE);
        DirEntry* idle = directory_idle(a);
        if (idle != nullptr) session_evict(a, idle);
        unlock_partitions(all);
        if (idle != nullptr) e = directory_add(a, MyDatabaseId, session);
    }
    if (e == nullptr) return false;
    e->state = DirState::loading;
    e->since = now;
    e->loader_pid = 0;
    e->error = 0;
    return true;
}

void start_load(const Uuid& session) {
    const Micros now = arena_now();
    LWLockAcquire(directory_lock(), LW_EXCLUSIVE);
    const bool mine = judge(directory_find(arena(), MyDatabaseId, session), now) == Look::start &&
                      claim_load(session, now);
    LWLockRelease(directory_lock());
    if (!mine || start_loader(MyDatabaseId, session)) return;
    LWLockAcquire(directory_lock(), LW_EXCLUSIVE);
    DirEntry* e = directory_find(arena(), MyDatabaseId, session);
    if (e != nullptr && e->state == DirState::loading) directory_remove(arena(), e);
    LWLockRelease(directory_lock());
}

// On `ready` the directory lock stays held shared.
Look look(const Uuid& session, SessionBlock** block) {
    LWLockAcquire(directory_lock(), LW_SHARED);
    const Arena a = arena();
    const DirEntry* e = directory_find(a, MyDatabaseId, session);
    const Look seen = judge(e, e == nullptr || e->state == DirState::ready ? 0 : arena_now());
    if (seen == Look::ready)
        *block = a.ref<SessionBlock>(e->block);
    else
        LWLockRelease(directory_lock());
    return seen;
}

}  // namespace

Found open_session(const Uuid& session, int wait_ms, SessionBlock** block) {
    Look seen = look(session, block);
    if (seen == Look::ready) return Found::ready;
    const Micros until = arena_now() + static_cast<Micros>(wait_ms) * 1000;
    ConditionVariablePrepareToSleep(&shared->loaded);
    for (;;) {
        if (seen == Look::start) start_load(session);
        seen = look(session, block);
        if (seen != Look::wait && seen != Look::start) break;
        const Micros left = until - arena_now();
        if (left <= 0) break;
        ConditionVariableTimedSleep(&shared->loaded, Min(left / 1000 + 1, 100), PG_WAIT_EXTENSION);
    }
    ConditionVariableCancelSleep();
    switch (seen) {
        case Look::ready:
            return Found::ready;
        case Look::unknown:
            return Found::unknown;
        case Look::failed:
            return Found::failed;
        default:
            return Found::rebuilding;
    }
}

SessionBlock* require_session(const Uuid& session, int wait_ms) {
    SessionBlock* block = nullptr;
    switch (open_session(session, wait_ms, &block)) {
        case Found::ready:
            return block;
        case Found::unknown:
            raise_unknown_session(session);
        case Found::failed:
            raise_load_failure(session);
        case Found::rebuilding:
            raise(Error::rebuilding);
    }
    return nullptr;
}

SessionBlock* enter_session(const Uuid& session) {
    XactLog& log = xact_log();
    require_session(session, settings.load_timeout_ms);
    close_session();
    advisory_lock(session, ShareLock);
    SessionBlock* b = require_session(session, 0);
    // While we have its lock nobody could load it again: it must stay.
    if (log.room(1)) xact_pin(arena(), log, *b);
    return b;
}

void raise_unknown_session(const Uuid& session) {
    const char* text = DatumGetCString(DirectFunctionCall1(uuid_out, uuid_datum(session)));
    ereport(ERROR,
            (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("session \"%s\" is unknown", text),
             errdetail("The seat loader %s lists no seats for it.", settings.seat_loader),
             errhint("Create the session and its seats first.")));
    pg_unreachable();
}

void raise_load_failure(const Uuid& session) {
    char message[sizeof shared->load_failure];
    LWLockAcquire(directory_lock(), LW_SHARED);
    const DirEntry* e = directory_find(arena(), MyDatabaseId, session);
    const int sqlstate = e == nullptr ? 0 : static_cast<int>(e->error);
    memcpy(message, shared->load_failure, sizeof message);
    LWLockRelease(directory_lock());
    if (sqlstate == sqlstate_of(Error::memory_full)) raise_detail(Error::memory_full, message);
    ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                    errmsg("session could not be loaded"), errdetail_internal("%s", message),
                    errhint("Mend what the seat loader %s complains of; the server log has the "
                            "whole message of the \"tix loader\".",
                            settings.seat_loader)));
    pg_unreachable();
}

void forget_load_failure(const Uuid& session) {
    LWLockAcquire(directory_lock(), LW_EXCLUSIVE);
    DirEntry* e = directory_find(arena(), MyDatabaseId, session);
    if (e != nullptr && e->state == DirState::failed) directory_remove(arena(), e);
    LWLockRelease(directory_lock());
}

u32 database_generation() {
    const Database* d = arena().find_database(MyDatabaseId);
    return d == nullptr ? 0 : d->generation.load(std::memory_order_acquire);
}

void advisory_lock(const Uuid& session, LOCKMODE mode) {
    LOCKTAG tag;
    const u64 key = mix64(session.hi ^ mix64(session.lo));
    SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, static_cast<uint32>(key >> 32),
                         static_cast<uint32>(key), 7);
    (void)LockAcquire(&tag, mode, false, false);
}

}  // namespace tix::pg
