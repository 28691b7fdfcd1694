// Finding a session in the arena, and asking for it to be loaded when it is not there.
//
// Locking. The directory lock is held shared from a successful open_session to close_session.

#include "loader.hpp"

namespace tix::pg {

namespace {

// When the last open_session began.
Micros asked_at = 0;

enum class Look { ready, wait, start, unknown, failed, no_worker, no_room };

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
        case DirState::dropped:
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

// Makes room in the directory: drops the failures that nobody asks about any more and what is left
// of dropped extensions, then one idle session. Requires the directory lock exclusive.
void make_room(Micros now) {
    const Arena a = arena();
    const PartitionSet all = all_partitions();
    lock_partitions(all, LW_EXCLUSIVE);
    for (u32 i = 0; i < a.header().directory_slots; i++) {
        DirEntry& e = a.directory()[i];
        while (e.state == DirState::failed && now - e.since > kLoadRetryMicros)
            directory_remove(a, &e);
        while (e.state == DirState::dropped && forget_dropped(a, &e)) {
        }
    }
    TIX_POINT(evicting);
    DirEntry* idle = a.header().sessions < a.header().max_sessions ? nullptr : directory_idle(a);
    if (idle != nullptr) session_evict(a, idle);
    TIX_POINT(evicted);
    unlock_partitions(all);
}

// Marks the session as loading and answers `start`; or says why not. Requires the directory lock
// exclusive.
Look claim_load(const Uuid& session, Micros now) {
    const Arena a = arena();
    if (loads_under_way(now) >= static_cast<u32>(settings.max_loaders)) return Look::wait;
    DirEntry* e = directory_find(a, MyDatabaseId, session);
    const bool dropped = e != nullptr && e->state == DirState::dropped;
    if (dropped || (e == nullptr && a.header().sessions >= a.header().max_sessions)) make_room(now);
    e = directory_add(a, MyDatabaseId, session);
    if (e == nullptr) return Look::no_room;
    if (e->state == DirState::dropped) return Look::wait;  // a transaction still lists its block
    e->state = DirState::loading;
    e->since = now;
    e->loader_pid = 0;
    e->error = 0;
    e->phase = LoadPhase::waiting;
    e->rows = 0;
    return Look::start;
}

// Asks for a load, unless the session needs none. Answers `wait`, or why it is no use.
Look start_load(const Uuid& session) {
    const Micros now = arena_now();
    LWLockAcquire(directory_lock(), LW_EXCLUSIVE);
    Look claimed = judge(directory_find(arena(), MyDatabaseId, session), now);
    const bool asked = claimed == Look::start;
    if (asked) claimed = claim_load(session, now);
    if (asked && claimed == Look::start) TIX_POINT(load_claiming);
    LWLockRelease(directory_lock());
    if (!asked) return Look::wait;
    if (claimed != Look::start) return claimed;
    TIX_POINT(load_claimed);
    if (start_loader(MyDatabaseId, session)) {
        TIX_POINT(load_requested);
        return Look::wait;
    }
    LWLockAcquire(directory_lock(), LW_EXCLUSIVE);
    DirEntry* e = directory_find(arena(), MyDatabaseId, session);
    if (e != nullptr && e->state == DirState::loading && e->loader_pid == 0)
        directory_remove(arena(), e);
    LWLockRelease(directory_lock());
    return Look::no_worker;
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
    if (seen == Look::ready) TIX_POINT(directory_held);
    return seen;
}

}  // namespace

Found open_session(const Uuid& session, int wait_ms, SessionBlock** block, bool patient) {
    asked_at = arena_now();
    Look seen = look(session, block);
    if (seen == Look::ready) return Found::ready;
    const Micros until = asked_at + static_cast<Micros>(wait_ms) * 1000;
    ConditionVariablePrepareToSleep(&shared->loaded);
    for (;;) {
        const Look asked = seen == Look::start ? start_load(session) : Look::wait;
        seen = look(session, block);
        const Micros left = until - arena_now();
        if (seen == Look::start && asked == Look::no_room) seen = Look::failed;
        if (seen == Look::start && asked == Look::no_worker && (!patient || left <= 0))
            seen = Look::no_worker;
        if ((seen != Look::wait && seen != Look::start) || left <= 0) break;
        ConditionVariableTimedSleep(&shared->loaded, Min(left / 1000 + 1, 100),
                                    wait_event(Wait::session_load));
    }
    ConditionVariableCancelSleep();
    switch (seen) {
        case Look::ready:
            return Found::ready;
        case Look::unknown:
            return Found::unknown;
        case Look::failed:
            return Found::failed;
        case Look::no_worker:
            return Found::no_worker;
        default:
            return Found::rebuilding;
    }
}

Micros session_asked_at() {
    return asked_at;
}

SessionBlock* require_session(const Uuid& session, int wait_ms, bool patient) {
    SessionBlock* block = nullptr;
    switch (open_session(session, wait_ms, &block, patient)) {
        case Found::ready:
            return block;
        case Found::unknown:
            raise_unknown_session(session);
        case Found::failed:
            raise_load_failure(session);
        case Found::no_worker:
            raise_no_worker();
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
    TIX_POINT(ticket_entered);
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

const char* load_failure_of(const Uuid& session) {
    for (const Shared::LoadFailure& f : shared->load_failure)
        if (f.database == MyDatabaseId && f.session == session) return f.text;
    return "";
}

void remember_load_failure(const Uuid& session, const char* text) {
    Shared::LoadFailure* mine = nullptr;
    for (Shared::LoadFailure& f : shared->load_failure)
        if (f.database == MyDatabaseId && f.session == session) mine = &f;
    if (mine == nullptr) mine = &shared->load_failure[shared->load_failures++ % kLoadFailuresKept];
    mine->database = MyDatabaseId;
    mine->session = session;
    strlcpy(mine->text, text, sizeof mine->text);
}

void raise_no_worker() {
    ereport(ERROR,
            (errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
             errmsg("no background worker is free to load the session"),
             errhint("Increase max_worker_processes, which is %d, or retry when other background "
                     "workers have ended.",
                     max_worker_processes)));
    pg_unreachable();
}

void raise_load_failure(const Uuid& session) {
    char message[sizeof(Shared::LoadFailure::text)];
    LWLockAcquire(directory_lock(), LW_SHARED);
    const DirEntry* e = directory_find(arena(), MyDatabaseId, session);
    const int sqlstate = e == nullptr ? 0 : static_cast<int>(e->error);
    const bool full = e == nullptr && arena().header().sessions >= arena().header().max_sessions;
    strlcpy(message, load_failure_of(session), sizeof message);
    LWLockRelease(directory_lock());
    if (full)
        raise_detail(Error::memory_full, psprintf("{\"setting\":\"tix.max_sessions\",\"value\":%d}",
                                                  settings.max_sessions));
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
