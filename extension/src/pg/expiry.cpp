// The expiry workers: walk the timing wheels, free what is due, tell who waits.
//
// Nothing depends on them: a deadline is exact because it is decided when a seat is looked at.
// Locking. One partition at a time; a hold that lies in several is ended under all of them.
// Failure. State comes from shared memory alone; SIGTERM ends the loop, the postmaster's death too.

#include "loader.hpp"

extern "C" PGDLLEXPORT void tix_expiry_main(Datum index);

namespace tix::pg {

namespace {

constexpr u32 kSweepBudget = 256;

}  // namespace

u32 sweep_partition(u32 p) {
    PartitionSet one;
    one.add(p);
    u32 freed = 0;
    for (;;) {
        lock_partitions(one, LW_EXCLUSIVE);
        const Sweep sweep = wheel_sweep(arena(), p, arena_now(), kSweepBudget);
        unlock_partitions(one);
        freed += sweep.freed;
        if (sweep.stuck != 0) {
            lock_partitions(sweep.need, LW_EXCLUSIVE);
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
    const u32 first = static_cast<u32>(DatumGetInt32(index));
    while (!ShutdownRequestPending) {
        u32 freed = 0;
        for (u32 p = first; p < static_cast<u32>(settings.partitions) && !RecoveryInProgress();
             p += static_cast<u32>(settings.expiry_workers))
            freed += sweep_partition(p);
        if (freed > 0) announce_changes();
        (void)WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
                        settings.expiry_naptime_ms, PG_WAIT_EXTENSION);
        ResetLatch(MyLatch);
        CHECK_FOR_INTERRUPTS();
        if (ConfigReloadPending) {
            ConfigReloadPending = false;
            ProcessConfigFile(PGC_SIGHUP);
        }
    }
    proc_exit(0);
}
