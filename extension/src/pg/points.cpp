// The stop points of a build for tests: what is to happen at which, set from SQL, in shared memory.
//
// An action strikes once, at the nth pass after it was set. Locking. None: words are atomic, and
// one test sets them. Failure. A crash of any backend wipes the actions, too.

#ifdef TIX_POINTS

#include "../core/step.hpp"
#include "glue.hpp"

namespace tix::pg {

namespace {

enum class Kind { open, held, nofail };
enum class Action : u32 { none, wait, error, cancel, terminate, sleep, kill };
const char* const kActions[] = {"none", "wait", "error", "cancel", "terminate", "sleep", "kill"};
constexpr long kSleepMicros = 100000;
constexpr long kWaitMicros = 1000;

const struct {
    const char* name;
    Kind kind;
    const char* what;
} kPoints[] = {
#define TIX_POINT_NAME(name, kind, what) {#name, Kind::kind, what},
#include "points.def"
};

struct PointState {
    pg_atomic_uint32 action;
    pg_atomic_uint32 left;    // passes until it strikes
    pg_atomic_uint32 pid;     // of whom; 0 = anybody
    pg_atomic_uint32 waiter;  // who waits there
};

PointState* state = nullptr;
u64 hits[lengthof(kPoints)];  // of this process
shmem_request_hook_type next_request_hook = nullptr;
shmem_startup_hook_type next_startup_hook = nullptr;

void request() {
    if (next_request_hook) next_request_hook();
    RequestAddinShmemSpace(sizeof(PointState) * lengthof(kPoints));
}

void startup() {
    if (next_startup_hook) next_startup_hook();
    bool found;
    LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
    state = static_cast<PointState*>(
        ShmemInitStruct("tix points", sizeof(PointState) * lengthof(kPoints), &found));
    for (u32 i = 0; i < lengthof(kPoints) && !found; i++) {
        pg_atomic_init_u32(&state[i].action, 0);
        pg_atomic_init_u32(&state[i].left, 0);
        pg_atomic_init_u32(&state[i].pid, 0);
        pg_atomic_init_u32(&state[i].waiter, 0);
    }
    LWLockRelease(AddinShmemInitLock);
}

void look_for_interrupts(Kind kind) {
    if (kind == Kind::open) CHECK_FOR_INTERRUPTS();
}

void wait_there(PointState* p, Kind kind) {
    pg_atomic_write_u32(&p->waiter, static_cast<u32>(MyProcPid));
    while (pg_atomic_read_u32(&p->action) == static_cast<u32>(Action::wait) &&
           PostmasterIsAlive()) {
        pg_usleep(kWaitMicros);
        look_for_interrupts(kind);
    }
    pg_atomic_write_u32(&p->waiter, 0);
}

void strike(u32 at, Action action) {
    PointState* p = &state[at];
    if (action != Action::wait) pg_atomic_write_u32(&p->action, 0);
    switch (action) {
        case Action::none:
            return;
        case Action::wait:
            wait_there(p, kPoints[at].kind);
            return;
        case Action::error:
            ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR),
                            errmsg("error at point %s", kPoints[at].name)));
            return;
        case Action::cancel:
        case Action::terminate:
            kill(MyProcPid, action == Action::cancel ? SIGINT : SIGTERM);
            look_for_interrupts(kPoints[at].kind);
            return;
        case Action::sleep:
            pg_usleep(kSleepMicros);
            return;
        case Action::kill:
            kill(MyProcPid, SIGKILL);
            pg_usleep(kSleepMicros);
            return;
    }
}

void pass_step(Step step) {
    switch (step) {
        case Step::group_half_held:
            pass_point(Point::group_half_held);
            return;
        case Step::ring_claimed:
            pass_point(Point::ring_claimed);
            return;
        case Step::sale_half_kept:
            pass_point(Point::sale_half_kept);
            return;
        case Step::undo_half_done:
            pass_point(Point::undo_half_done);
            return;
    }
}

u32 index_arg(Datum name, const char* const* names, Size stride, u32 n, const char* what) {
    const char* wanted = TextDatumGetCString(name);
    for (u32 i = 0; i < n; i++)
        if (strcmp(wanted, *reinterpret_cast<const char* const*>(
                               reinterpret_cast<const char*>(names) + i * stride)) == 0)
            return i;
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                    errmsg("%s \"%s\" is unknown", what, wanted)));
    return 0;
}

}  // namespace

// Misplaced points are a PANIC: the list would promise what is not so.
void pass_point(Point point) {
    const u32 at = static_cast<u32>(point);
    const bool held = InterruptHoldoffCount > 0 || CritSectionCount > 0;
    if (held != (kPoints[at].kind == Kind::held))
        elog(PANIC, "point %s is passed with interrupts %s", kPoints[at].name,
             held ? "held off" : "on");
    hits[at]++;
    PointState* p = &state[at];
    const u32 action = pg_atomic_read_u32(&p->action);
    const u32 pid = pg_atomic_read_u32(&p->pid);
    if (action == 0 || (pid != 0 && pid != static_cast<u32>(MyProcPid))) return;
    if (pg_atomic_fetch_sub_u32(&p->left, 1) == 1) strike(at, static_cast<Action>(action));
}

void install_points() {
    next_request_hook = shmem_request_hook;
    shmem_request_hook = request;
    next_startup_hook = shmem_startup_hook;
    shmem_startup_hook = startup;
    on_step = pass_step;
}

}  // namespace tix::pg

using namespace tix::pg;

// tix_point_set(name text, action text, nth integer, pid integer) -> void: pid 0 is anybody.
TIX_FUNCTION(tix_point_set) {
    const u32 at = index_arg(PG_GETARG_DATUM(0), &kPoints[0].name, sizeof kPoints[0],
                             lengthof(kPoints), "point");
    const u32 action =
        index_arg(PG_GETARG_DATUM(1), kActions, sizeof kActions[0], lengthof(kActions), "action");
    if (static_cast<Action>(action) == Action::error && kPoints[at].kind != Kind::open)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("nothing may fail at point \"%s\"", kPoints[at].name)));
    PointState* p = &state[at];
    pg_atomic_write_u32(&p->action, 0);
    pg_atomic_write_u32(&p->left, static_cast<u32>(PG_GETARG_INT32(2)));
    pg_atomic_write_u32(&p->pid, static_cast<u32>(PG_GETARG_INT32(3)));
    pg_atomic_write_u32(&p->waiter, 0);
    pg_atomic_write_u32(&p->action, action);
    PG_RETURN_VOID();
}

// tix_points() -> (name, kind, what text, hits bigint of this process, waiter integer).
TIX_FUNCTION(tix_points) {
    static const char* const kKinds[] = {"open", "held", "nofail"};
    ReturnSetInfo* rows = begin_rows(fcinfo);
    for (u32 i = 0; i < lengthof(kPoints); i++) {
        Datum values[5] = {CStringGetTextDatum(kPoints[i].name),
                           CStringGetTextDatum(kKinds[static_cast<int>(kPoints[i].kind)]),
                           CStringGetTextDatum(kPoints[i].what),
                           Int64GetDatum(static_cast<int64>(hits[i])),
                           Int32GetDatum(static_cast<int32>(pg_atomic_read_u32(&state[i].waiter)))};
        bool nulls[5] = {};
        put_row(rows, values, nulls);
    }
    return Datum(0);
}

#endif
