// Shared memory: the arena, its locks, and the words around them that need PostgreSQL's types.
//
// Locking. Tranche tix_directory has one lock, tix_partition one for each partition. Order:
// directory, then partitions ascending.
// Failure. A crash of any backend wipes all of it; the startup hook formats it afresh.

#include "glue.hpp"

namespace tix::pg {

Shared* shared = nullptr;

namespace {

shmem_request_hook_type next_request_hook = nullptr;
shmem_startup_hook_type next_startup_hook = nullptr;
LWLockPadded* directory_tranche = nullptr;
LWLockPadded* partition_tranche = nullptr;
void* arena_base = nullptr;

constexpr int kWallLooks = 10;

bool close_by(int64 a, int64 b) {
    return a - b < kWallJitterMicros && b - a < kWallJitterMicros;
}

// Reads both clocks. False when we lost the processor between the two readings.
bool measure_wall_offset(int64* offset) {
    const Micros before = arena_now();
    *offset = GetCurrentTimestamp() - before;
    return arena_now() - before < kWallJitterMicros;
}

void init_wall_offset() {
    int64 offset;
    for (int look = 0; !measure_wall_offset(&offset) && look < kWallLooks; look++) {
    }
    pg_atomic_init_u64(&shared->wall_offset, static_cast<uint64>(offset));
    pg_atomic_init_u64(&shared->wall_offset_lowest, static_cast<uint64>(offset));
    pg_atomic_init_u64(&shared->wall_offset_highest, static_cast<uint64>(offset));
}

// Replaces an extreme that the new offset passes.
void stretch(pg_atomic_uint64* extreme, int64 offset, bool up) {
    uint64 known = pg_atomic_read_u64(extreme);
    while (up ? offset > static_cast<int64>(known) : offset < static_cast<int64>(known))
        if (pg_atomic_compare_exchange_u64(extreme, &known, static_cast<uint64>(offset))) return;
}

// The offset as known, unless the wall clock has been set since.
int64 wall_offset() {
    const int64 known = static_cast<int64>(pg_atomic_read_u64(&shared->wall_offset));
    if (close_by(GetCurrentTimestamp() - arena_now(), known)) return known;
    for (int look = 0; look < kWallLooks; look++) {
        int64 offset;
        const bool sure = measure_wall_offset(&offset);
        if (close_by(offset, known)) return known;
        if (!sure) continue;
        pg_atomic_write_u64(&shared->wall_offset, static_cast<uint64>(offset));
        stretch(&shared->wall_offset_lowest, offset, false);
        stretch(&shared->wall_offset_highest, offset, true);
        return offset;
    }
    return known;
}

ArenaConfig arena_config() {
    ArenaConfig c;
    c.bytes = static_cast<u64>(settings.memory_mb) << 20;
    c.partitions = static_cast<u32>(settings.partitions);
    c.max_sessions = static_cast<u32>(settings.max_sessions);
    c.ring_slots = static_cast<u32>(settings.change_ring_size);
    return c;
}

// Shared and, behind it, a word for each process.
Size head_bytes() {
    return CACHELINEALIGN(sizeof(Shared) + sizeof(pg_atomic_uint64) * MaxBackends);
}

Size shared_bytes() {
    return head_bytes() + arena_config().bytes + kLine;
}

void request() {
    if (next_request_hook) next_request_hook();
    const u64 fixed = Arena::fixed_bytes(arena_config());
    if (fixed >= arena_config().bytes)
        ereport(FATAL,
                (errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED), errmsg("tix.memory is too small"),
                 errdetail("%llu bytes are needed before any session is loaded.",
                           static_cast<unsigned long long>(fixed)),
                 errhint("Increase tix.memory, or decrease tix.change_ring_size.")));
    RequestAddinShmemSpace(shared_bytes());
    RequestNamedLWLockTranche("tix_directory", 1);
    RequestNamedLWLockTranche("tix_partition", settings.partitions);
}

void startup() {
    if (next_startup_hook) next_startup_hook();
    bool found;
    LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
    auto* memory = static_cast<char*>(ShmemInitStruct("tix", shared_bytes(), &found));
    shared = reinterpret_cast<Shared*>(memory);
    arena_base = reinterpret_cast<void*>(TYPEALIGN(kLine, memory + head_bytes()));
    directory_tranche = GetNamedLWLockTranche("tix_directory");
    partition_tranche = GetNamedLWLockTranche("tix_partition");
    if (!found) {
        memset(memory, 0, head_bytes());
        ConditionVariableInit(&shared->changed);
        ConditionVariableInit(&shared->loaded);
        pg_atomic_init_u32(&shared->change_waiters, 0);
        init_wall_offset();
        pg_atomic_init_u64(&shared->stats_reset, static_cast<uint64>(GetCurrentTimestamp()));
        Arena::format(arena_base, arena_config());
    }
    LWLockRelease(AddinShmemInitLock);
}

}  // namespace

void install_shmem_hooks() {
    next_request_hook = shmem_request_hook;
    shmem_request_hook = request;
    next_startup_hook = shmem_startup_hook;
    shmem_startup_hook = startup;
}

Arena arena() {
    return Arena(arena_base);
}

LWLock* directory_lock() {
    return &directory_tranche->lock;
}

void lock_partitions(const PartitionSet& set, LWLockMode mode) {
    for (int w = 0; w < 2; w++)
        for (u64 left = set.word[w]; left != 0; left &= left - 1) {
            LWLockAcquire(&partition_tranche[w * 64 + __builtin_ctzll(left)].lock, mode);
            TIX_POINT(partition_held);
        }
}

// The last taken first: LWLockRelease looks for a lock among those held from that end.
void unlock_partitions(const PartitionSet& set) {
    for (int w = 1; w >= 0; w--)
        for (u64 left = set.word[w]; left != 0;) {
            const int last = 63 - __builtin_clzll(left);
            left ^= u64{1} << last;
            LWLockRelease(&partition_tranche[w * 64 + last].lock);
        }
}

PartitionSet all_partitions() {
    PartitionSet set;
    for (int p = 0; p < settings.partitions; p++)
        set.add(p);
    return set;
}

pg_atomic_uint64* confirming_since() {
    return reinterpret_cast<pg_atomic_uint64*>(shared + 1);
}

int confirming_slots() {
    return MaxBackends;
}

Micros arena_now() {
    struct timespec t;
    clock_gettime(CLOCK_BOOTTIME, &t);
    return static_cast<Micros>(t.tv_sec) * 1000000 + t.tv_nsec / 1000;
}

TimestampTz wall_time(Micros arena_time) {
    return arena_time + wall_offset();
}

WallOffsets wall_offsets() {
    const int64 now = wall_offset();
    return {now, static_cast<int64>(pg_atomic_read_u64(&shared->wall_offset_lowest)),
            static_cast<int64>(pg_atomic_read_u64(&shared->wall_offset_highest))};
}

Micros arena_deadline(TimestampTz until) {
    if (TIMESTAMP_IS_NOBEGIN(until)) return 0;
    constexpr Micros kCentury = Micros{100} * 365 * 86400 * 1000000;
    const Micros left = until - GetCurrentTimestamp();
    return arena_now() + (TIMESTAMP_IS_NOEND(until) || left > kCentury ? kCentury : left);
}

void announce_changes() {
    if (pg_atomic_read_u32(&shared->change_waiters) > 0)
        ConditionVariableBroadcast(&shared->changed);
}

}  // namespace tix::pg
