// The expiry workers: walk the timing wheels, free what is due, tell who waits; the first also ends
// transactions that have been confirming seats for longer than tix.confirm_timeout.
//
// No deadline depends on them: it is exact because it is decided when a seat is looked at.
// Locking. One partition at a time; a hold that lies in several is ended under all of them.
// Failure. State comes from shared memory alone; SIGTERM ends the loop, the postmaster's death too.

#include "loader.hpp"

extern "C" PGDLLEXPORT void tix_expiry_main(Datum index);

namespace tix::pg {

namespace {

constexpr u32 kSweepBudget = 256;
ExpiryWorker* me = nullptr;

void on_exit(int, Datum) {
    pg_atomic_write_u32(&me->pid, 0);
}

void show(ExpiryState state) {
    pg_atomic_write_u32(&me->state, static_cast<uint32>(state));
}

void add(pg_atomic_uint64* counter, u64 n) {
    pg_atomic_write_u64(counter, pg_atomic_read_u64(counter) + n);
}

// Ends the transactions that keep seats confirming for too long. Only their own end frees the
// seats.
void end_stuck_confirmations() {
    if (settings.confirm_timeout_s == 0) return;
    const Micros timeout = static_cast<Micros>(settings.confirm_timeout_s) * 1000000;
    for (int i = 0; i < confirming_slots(); i++) {
        pg_atomic_uint64* since = &confirming_since()[i];
        uint64 began = pg_atomic_read_u64(since);
        if (began == 0 || arena_now() - static_cast<Micros>(began) < timeout) continue;
        const int pid = GetPGProcByNumber(i)->pid;
        // The transaction clears the word when it ends: a change means that it has just done so.
        if (!pg_atomic_compare_exchange_u64(since, &began, 0) || pid == 0) continue;
        if (kill(pid, SIGTERM) != 0) continue;
        add(&me->ended, 1);
        ereport(LOG, (errmsg("terminating process %d: its transaction has been confirming seats "
                             "for longer than tix.confirm_timeout",
                             pid)));
    }
}

// One round over the partitions of this worker. Returns how many holds it freed.
u32 sweep_round(u32 first) {
    u32 freed = 0;
    for (u32 p = first; p < static_cast<u32>(settings.partitions);
         p += static_cast<u32>(settings.expiry_workers)) {
        freed += sweep_partition(p);
        add(&me->swept, 1);
    }
    add(&me->freed, freed);
    add(&me->rounds, 1);
    pg_atomic_write_u64(&me->round_at, static_cast<u64>(arena_now()));
    return freed;
}

}  // namespace

void run_expiry_worker(u32 index) {
    me = &shared->expiry[index];
    pg_atomic_write_u32(&me->pid, static_cast<uint32>(MyProcPid));
    before_shmem_exit(on_exit, 0);
    while (!ShutdownRequestPending) {
        if (RecoveryInProgress()) {
            show(ExpiryState::standby);
        } else {
            show(ExpiryState::sweeping);
            if (sweep_round(index) > 0) announce_changes();
            if (index == 0) end_stuck_confirmations();
            show(ExpiryState::sleeping);
        }
        (void)WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
                        settings.expiry_naptime_ms, PG_WAIT_EXTENSION);
        ResetLatch(MyLatch);
        CHECK_FOR_INTERRUPTS();
        if (ConfigReloadPending) {
            ConfigReloadPending = false;
            ProcessConfigFile(PGC_SIGHUP);
        }
    }
}

u32 sweep_partition(u32 p) {
    PartitionSet one;
    one.add(p);
    u32 freed = 0;
    for (;;) {
        lock_partitions(one, LW_EXCLUSIVE);
        const Sweep sweep = wheel_sweep(arena(), p, arena_now(), kSweepBudget);
        TIX_POINT(sweep_locked);
        unlock_partitions(one);
        freed += sweep.freed;
        if (sweep.stuck != 0) {
            TIX_POINT(sweep_stuck);
            lock_partitions(sweep.need, LW_EXCLUSIVE);
            TIX_POINT(sweep_group_locked);
            hold_expire(arena(), sweep.stuck, arena_now(), sweep.need);
            unlock_partitions(sweep.need);
            freed++;
        } else if (!sweep.more) {
            return freed;
        }
        CHECK_FOR_INTERRUPTS();
    }
}

void register_expiry_workers() {
    for (int i = 0; i < settings.expiry_workers; i++) {
        BackgroundWorker w = {};
        w.bgw_flags = BGWORKER_SHMEM_ACCESS;
        w.bgw_start_time = BgWorkerStart_ConsistentState;
        w.bgw_restart_time = 1;
        w.bgw_main_arg = Int32GetDatum(i);
        strlcpy(w.bgw_library_name, "tix", sizeof w.bgw_library_name);
        strlcpy(w.bgw_function_name, "tix_expiry_main", sizeof w.bgw_function_name);
        snprintf(w.bgw_name, sizeof w.bgw_name, "tix expiry %d", i + 1);
        strlcpy(w.bgw_type, "tix expiry", sizeof w.bgw_type);
        RegisterBackgroundWorker(&w);
    }
}

}  // namespace tix::pg

void tix_expiry_main(Datum index) {
    using namespace tix::pg;
    pqsignal(SIGHUP, SignalHandlerForConfigReload);
    pqsignal(SIGTERM, SignalHandlerForShutdownRequest);
    BackgroundWorkerUnblockSignals();
    run_expiry_worker(static_cast<u32>(DatumGetInt32(index)));
    proc_exit(1);  // so that it is started again unless the server stops
}
