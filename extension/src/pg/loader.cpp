// The loader worker: brings one session from the tables into the arena, and the database's
// generation before anything is granted.
//
// Locking. Exclusive advisory lock of the session, then a fresh READ COMMITTED snapshot, then the
// arena's locks one stage at a time: reserve, build unseen, restore holds, publish.
// Failure. Whatever ends the worker early marks the directory entry failed; it is retried on
// demand.

#include "loader.hpp"
#include "rules_tables.hpp"

extern "C" PGDLLEXPORT void tix_loader_main(Datum database);

namespace tix::pg {

namespace {

constexpr int kClusterChangedStep = 1000;
constexpr const char* kWorkMem = "65536";  // kB: a big layout is sorted and handed over in memory
Uuid loading;

void mark(DirState state, u32 error) {
    LWLockAcquire(directory_lock(), LW_EXCLUSIVE);
    DirEntry* e = directory_find(arena(), MyDatabaseId, loading);
    // Once published and unloaded again, it may be another worker that is loading the session now.
    if (e != nullptr && e->state == DirState::loading &&
        e->loader_pid == static_cast<u32>(MyProcPid)) {
        e->state = state;
        e->error = error;
        e->since = arena_now();
        e->loader_pid = 0;
    }
    LWLockRelease(directory_lock());
    ConditionVariableBroadcast(&shared->loaded);
}

void on_exit(int, Datum) {
    mark(DirState::failed, ERRCODE_INTERNAL_ERROR);
}

// Keeps the message of the error under way for those who asked for the session.
void remember_failure() {
    const MemoryContext old = MemoryContextSwitchTo(TopMemoryContext);
    const ErrorData* e = CopyErrorData();
    MemoryContextSwitchTo(old);
    LWLockReleaseAll();
    LWLockAcquire(directory_lock(), LW_EXCLUSIVE);
    const bool full = e->sqlerrcode == sqlstate_of(Error::memory_full);
    char text[sizeof(Shared::LoadFailure::text)];
    snprintf(text, sizeof text, "%s%s%s", full ? "" : e->message, full || !e->detail ? "" : ". ",
             e->detail ? e->detail : "");
    remember_load_failure(loading, text);
    LWLockRelease(directory_lock());
    mark(DirState::failed, static_cast<u32>(e->sqlerrcode));
}

// Compiling a plan takes longer than a session's load.
void choose_settings() {
    SetConfigOption("jit", "off", PGC_SUSET, PGC_S_OVERRIDE);
    SetConfigOption("work_mem", kWorkMem, PGC_SUSET, PGC_S_OVERRIDE);
}

void begin() {
    SetCurrentStatementStartTimestamp();
    StartTransactionCommand();
    XactIsoLevel = XACT_READ_COMMITTED;
    XactReadOnly = false;
}

// The new generation, from the row that has the last one; 0 when there is none of this cluster.
int next_generation(const Datum* cluster) {
    Oid types[] = {INT4OID, INT8OID, INT4OID};
    Datum args[] = {cluster[0], cluster[1], cluster[2]};
    const int result = SPI_execute_with_args(
        "UPDATE tix.generation SET timeline = $1, generation = generation + CASE"
        " WHEN timeline OPERATOR(pg_catalog.=) $1 THEN 1 ELSE $3 END"
        " WHERE system_identifier OPERATOR(pg_catalog.=) $2 RETURNING generation",
        3, types, args, nullptr, false, 0);
    bool null;
    if (result != SPI_OK_UPDATE_RETURNING || SPI_processed > 1)
        ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
                        errmsg("tix.generation must have exactly one row")));
    if (SPI_processed == 0) return 0;
    return DatumGetInt32(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &null));
}

// The last generation of this database before the extension was dropped from it, 0 if it was not.
int32 floor_of_database() {
    LWLockAcquire(directory_lock(), LW_SHARED);
    const Database* d = arena().find_database(MyDatabaseId);
    const u32 floor = d == nullptr ? 0 : d->floor;
    LWLockRelease(directory_lock());
    return static_cast<int32>(floor);
}

// As next_generation, where the row is missing or another cluster's: reads the whole journal.
int first_generation(const Datum* cluster) {
    Oid types[] = {INT4OID, INT8OID, INT4OID, INT4OID};
    Datum args[] = {cluster[0], cluster[1], cluster[2], Int32GetDatum(floor_of_database() + 1)};
    const int result = SPI_execute_with_args(
        "INSERT INTO tix.generation AS g (generation, timeline, system_identifier)"
        " SELECT greatest(coalesce(max(lock_id) >> 47, 0) + 1, $4), $1, $2 FROM tix.holds"
        " ON CONFLICT (one) DO UPDATE SET generation = greatest(excluded.generation,"
        " g.generation + $3), timeline = $1, system_identifier = $2 RETURNING generation",
        4, types, args, nullptr, false, 0);
    if (result != SPI_OK_INSERT_RETURNING || SPI_processed != 1)
        elog(ERROR, "could not write tix.generation");
    bool null;
    return DatumGetInt32(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &null));
}

// The generation is above every lock_id of the journal without a look at it: none is granted before
// its generation is flushed, so whatever keeps a row of the journal (the WAL up to any point, a
// dump's snapshot) keeps that generation as well. Only data that came from another cluster may have
// been put together by hand, and there the journal is asked.
int raise_stored_generation() {
    const Datum cluster[] = {Int32GetDatum(static_cast<int32>(GetWALInsertionTimeLine())),
                             Int64GetDatum(static_cast<int64>(GetSystemIdentifier())),
                             Int32GetDatum(kClusterChangedStep)};
    int next = next_generation(cluster);
    if (next == 0) next = first_generation(cluster);
    if (next > static_cast<int>(Token::kGenerationMax))
        ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
                        errmsg("lock generations of this database are used up"),
                        errhint("Drop and create the extension tix when no hold is live.")));
    return next;
}

// Raises the generation of this database, once a server start, on disk before it is used.
void raise_generation() {
    begin();
    advisory_lock({0, 0}, ExclusiveLock);
    TIX_POINT(generation_begun);
    PushActiveSnapshot(GetTransactionSnapshot());
    SPI_connect();
    int next = 0;
    if (database_generation() == 0) {
        next = raise_stored_generation();
        TIX_POINT(generation_written);
        ForceSyncCommit();
    }
    SPI_finish();
    PopActiveSnapshot();
    CommitTransactionCommand();
    if (next == 0) return;
    TIX_POINT(generation_committed);
    LWLockAcquire(directory_lock(), LW_EXCLUSIVE);
    Database* d = arena().add_database(MyDatabaseId);
    // Another loader may have raised it further between our commit and here.
    if (d != nullptr && d->generation.load(std::memory_order_relaxed) < static_cast<u32>(next))
        d->generation.store(static_cast<u32>(next), std::memory_order_release);
    LWLockRelease(directory_lock());
    if (d == nullptr)
        ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
                        errmsg("more than %u databases use tix", kDatabasesMax)));
}

// Room for a block, made by evicting idle sessions if need be.
Ref reserve(u64 bytes) {
    const Arena a = arena();
    LWLockAcquire(directory_lock(), LW_EXCLUSIVE);
    Ref room = a.allocate(bytes);
    while (room == kNoRef) {
        const PartitionSet all = all_partitions();
        lock_partitions(all, LW_EXCLUSIVE);
        TIX_POINT(evicting);
        DirEntry* idle = directory_idle(a);
        if (idle != nullptr) session_evict(a, idle);
        TIX_POINT(evicted);
        unlock_partitions(all);
        if (idle == nullptr) break;
        room = a.allocate(bytes);
    }
    LWLockRelease(directory_lock());
    return room;
}

void restore_holds(SessionBlock& b, const TableSession& t) {
    for (u32 i = 0; i < t.holds; i++) {
        const TableHold& h = t.hold[i];
        PartitionSet set;
        set.add(arena().partition_of(Token::home(h.spec.lock_id)));
        set.add(owner_partition(arena(), h.spec.owner));
        for (u32 s = 0; s < h.seats; s++)
            set.add(seat_partition(arena(), b, h.seat[s]));
        lock_partitions(set, LW_EXCLUSIVE);
        restore_hold({arena(), nullptr, arena_now(), set}, b, h.spec, h.ordered, h.version, h.seat,
                     h.seats);
        unlock_partitions(set);
        TIX_POINT(loader_hold_restored);
    }
}

void judge_by(SessionBlock& b, const TableRules& rules) {
    lock_partitions(b.partitions, LW_EXCLUSIVE);
    apply_rules({arena(), nullptr, arena_now(), b.partitions, MyDatabaseId}, b, rules,
                database_generation());
    unlock_partitions(b.partitions);
}

// Frees a block that nobody can see.
void discard(SessionBlock& b) {
    const PartitionSet all = all_partitions();
    lock_partitions(all, LW_EXCLUSIVE);
    end_holds(arena(), b);
    b.generation = 0;
    arena().release(arena().ref_of(&b), b.bytes);
    unlock_partitions(all);
}

void publish(Ref block) {
    const Arena a = arena();
    LWLockAcquire(directory_lock(), LW_EXCLUSIVE);
    DirEntry* e = directory_find(a, MyDatabaseId, loading);
    if (e == nullptr || e->loader_pid != static_cast<u32>(MyProcPid)) {
        discard(*a.ref<SessionBlock>(block));  // the extension was dropped in the meantime
    } else {
        auto* b = a.ref<SessionBlock>(block);
        b->ready.store(1, std::memory_order_release);
        b->last_used.store(arena_now(), std::memory_order_relaxed);
        e->block = block;
        e->state = DirState::ready;
        e->since = arena_now();
        e->loader_pid = 0;
    }
    LWLockRelease(directory_lock());
    ConditionVariableBroadcast(&shared->loaded);
}

void load() {
    begin();
    report_load(LoadPhase::waiting, 0);
    TIX_POINT(loader_waiting);
    advisory_lock(loading, ExclusiveLock);
    advisory_lock(kEverySession, ShareLock);
    TIX_POINT(loader_locked);
    PushActiveSnapshot(GetTransactionSnapshot());
    SPI_connect();
    const TableSession t = read_session(loading, wall_offsets().now);
    TIX_POINT(loader_tables_read);
    if (t.layout.seats == 0) {
        mark(DirState::failed, 0);
    } else {
        const TableRules rules = read_rules(loading);
        const u64 bytes = session_bytes(arena(), t.layout);
        const Ref room = reserve(bytes);
        if (room == kNoRef)
            raise_detail(Error::memory_full,
                         psprintf("{\"bytesNeeded\":" UINT64_FORMAT ",\"seats\":%u}", bytes,
                                  t.layout.seats));
        report_load(LoadPhase::building, t.layout.seats);
        // From here to publication nothing can fail.
        TIX_POINT(loader_reserved);
        SessionBlock* b = session_build(arena(), room, t.layout);
        TIX_POINT(loader_built);
        restore_holds(*b, t);
        judge_by(*b, rules);
        publish(room);
        TIX_POINT(loader_published);
    }
    SPI_finish();
    PopActiveSnapshot();
    CommitTransactionCommand();
}

}  // namespace

const char* phase_name(LoadPhase phase) {
    static const char* const names[] = {"waiting", "reading seats", "reading journal", "building"};
    return names[static_cast<int>(phase)];
}

void report_load(LoadPhase phase, u64 rows) {
    if (loading == Uuid{}) return;
    LWLockAcquire(directory_lock(), LW_EXCLUSIVE);
    DirEntry* e = directory_find(arena(), MyDatabaseId, loading);
    if (e != nullptr && e->loader_pid == static_cast<u32>(MyProcPid)) {
        e->phase = phase;
        e->rows = static_cast<u32>(rows);
    }
    LWLockRelease(directory_lock());
    char text[100];
    snprintf(text, sizeof text, "tix: session %s: %s",
             DatumGetCString(DirectFunctionCall1(uuid_out, uuid_datum(loading))),
             phase_name(phase));
    pgstat_report_activity(STATE_RUNNING, text);
}

bool start_loader(Oid database, const Uuid& session) {
    BackgroundWorker w = {};
    w.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION;
    w.bgw_start_time = BgWorkerStart_RecoveryFinished;
    w.bgw_restart_time = BGW_NEVER_RESTART;
    w.bgw_main_arg = ObjectIdGetDatum(database);
    strlcpy(w.bgw_library_name, "tix", sizeof w.bgw_library_name);
    strlcpy(w.bgw_function_name, "tix_loader_main", sizeof w.bgw_function_name);
    strlcpy(w.bgw_name, "tix loader", sizeof w.bgw_name);
    strlcpy(w.bgw_type, "tix loader", sizeof w.bgw_type);
    memcpy(w.bgw_extra, &session, sizeof session);
    return RegisterDynamicBackgroundWorker(&w, nullptr);
}

}  // namespace tix::pg

void tix_loader_main(Datum database) {
    using namespace tix::pg;
    pqsignal(SIGTERM, die);
    BackgroundWorkerUnblockSignals();
    BackgroundWorkerInitializeConnectionByOid(DatumGetObjectId(database), InvalidOid, 0);
    memcpy(&loading, MyBgworkerEntry->bgw_extra, sizeof loading);
    before_shmem_exit(on_exit, 0);
    TIX_POINT(loader_started);
    LWLockAcquire(directory_lock(), LW_EXCLUSIVE);
    DirEntry* e = directory_find(arena(), MyDatabaseId, loading);
    const bool wanted = e != nullptr && e->state == DirState::loading && e->loader_pid == 0;
    if (wanted) e->loader_pid = static_cast<u32>(MyProcPid);
    LWLockRelease(directory_lock());
    if (!wanted) return;
    report_load(LoadPhase::waiting, 0);
    PG_TRY();
    {
        choose_settings();
        TIX_POINT(loader_claimed);
        if (database_generation() == 0) raise_generation();
        load();
    }
    PG_CATCH();
    {
        remember_failure();
        PG_RE_THROW();
    }
    PG_END_TRY();
}
