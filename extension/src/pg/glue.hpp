// What the files of the glue share: settings, shared memory, locks, errors and conversions.
#pragma once

#include "pg.hpp"
#include "points.hpp"

namespace tix::pg {

using namespace tix::core;

// Settings (settings.cpp). Units as named; the table in the README is tested against pg_settings.
struct Settings {
    int memory_mb, partitions, max_sessions, change_ring_size, expiry_workers, max_xact_changes;
    int lock_ttl_s, lock_lifetime_max_s, order_ttl_s, in_doubt_max_s;
    int waitlist_grace_s, waitlist_offer_ttl_s;
    int max_seats_per_lock, max_batch_requests, max_loaders, load_wait_ms, load_timeout_ms,
        expiry_naptime_ms, confirm_timeout_s, rate_limit_keys;
    bool hold_journal;
    char* seat_loader;
};
extern Settings settings;
void define_settings();

// Errors (errors.cpp): the only place that raises class TX.
enum class Error {
#define TIX_ERROR(sqlstate, name, http, message, hint) name,
#define TIX_CONDITION(sqlstate, name, message, hint) name,
#include "../core/errors.def"
};
[[noreturn]] void raise(Error error);
int sqlstate_of(Error error);
// `detail` becomes the DETAIL, which is JSON.
[[noreturn]] void raise_detail(Error error, const char* detail);
// TX001 with the seat and the reason.
[[noreturn]] void raise_seat_unavailable(const Text& seat, const char* reason);
const char* reason_name(Reason reason);
// Raises a refusal, as the list of errors says; `detail` as for raise_detail.
[[noreturn]] void raise_reason(const char* reason, const char* detail);
const char* state_name(SeatState state);

// Shared memory (shmem.cpp).
constexpr uint32 kLoadFailuresKept = 32;
constexpr int kExpiryWorkersMax = 8;

// What an expiry worker shows of itself; it alone writes. pid 0: it is not running.
enum class ExpiryState : uint32 { standby, sweeping, sleeping };
struct ExpiryWorker {
    pg_atomic_uint32 pid, state;
    pg_atomic_uint64 rounds, swept, freed, ended;
    pg_atomic_uint64 round_at;  // arena time of the end of the last round
};

struct Shared {
    ConditionVariable changed;  // the change ring has news
    ConditionVariable loaded;   // a directory entry has changed its state
    pg_atomic_uint32 change_waiters;
    // Wall clock minus arena clock, microseconds: now, and the extremes since the server started.
    pg_atomic_uint64 wall_offset, wall_offset_lowest, wall_offset_highest;
    // Why the last loads failed, the oldest overwritten first; under the directory lock.
    struct LoadFailure {
        Oid database;
        Uuid session;
        char text[256];
    } load_failure[kLoadFailuresKept];
    uint32 load_failures;  // so far
    ExpiryWorker expiry[kExpiryWorkersMax];
    pg_atomic_uint64 stats_reset;  // wall clock
};
extern Shared* shared;
void install_shmem_hooks();
Arena arena();
LWLock* directory_lock();
void lock_partitions(const PartitionSet& set, LWLockMode mode);
void unlock_partitions(const PartitionSet& set);
PartitionSet all_partitions();
// For each process by its number, since when its transaction has been confirming seats; 0: it is
// not, or its COMMIT has begun.
pg_atomic_uint64* confirming_since();
int confirming_slots();

// Wait events (waits.cpp): what pg_stat_activity shows; from PostgreSQL 17 each has a name.
enum class Wait { changes, session_load };
uint32 wait_event(Wait wait);

// Time. The arena's clock is CLOCK_BOOTTIME, microseconds; the wall clock is for people.
Micros arena_now();
TimestampTz wall_time(Micros arena_time);
// A wall-clock end as a deadline of the arena; infinity is a century, and -infinity is over.
Micros arena_deadline(TimestampTz until);
// Wall clock minus arena clock. The extremes differ from `now` when the wall clock has been set.
struct WallOffsets {
    int64 now, lowest, highest;
};
WallOffsets wall_offsets();
// The two clocks are not read at one instant: smaller differences are noise, and the same deadline
// must read the same every time.
constexpr int64 kWallJitterMicros = 5000;

// Whom the waiting room let into a session, in this transaction (admissions.cpp).
bool is_admitted(const Uuid& session, const Uuid& owner);
void install_admission_callbacks();

// The transaction (xact.cpp).
XactLog& xact_log();
void install_xact_callbacks();
// The transaction is confirming seats from now on.
void note_confirming();
Access access_to(const PartitionSet& held);

// Counts a duration in the first of the partitions, which are held exclusively. Costs no clock.
void note_latency(const PartitionSet& held, Latency kind, Micros took);

// Wakes the readers that wait for changes; called after every publication, outside locks.
void announce_changes();

// Frees what is due in one partition, holds that reach into others included (expiry.cpp). Returns
// how many holds.
u32 sweep_partition(u32 partition);

// Sessions (sessions.cpp).
enum class Found { ready, rebuilding, unknown, failed, no_worker };
// Finds the session; on `ready` the directory lock is held shared and must be released by the
// caller. Otherwise it has asked for a load and waited up to `wait_ms`.
Found open_session(const Uuid& session, int wait_ms, SessionBlock** block, bool patient = true);
// When the last open_session of this process began: a reading of the clock for those who need one.
Micros session_asked_at();
// As open_session for calls that need the session: raises TX015, 22023, TX013, 53400 or 55000.
// When no background worker is free to load it, it goes on asking for wait_ms if `patient`.
SessionBlock* require_session(const Uuid& session, int wait_ms, bool patient = true);
inline void close_session() {
    LWLockRelease(directory_lock());
}
// As require_session, with the session's advisory lock shared until the transaction ends, so that
// nobody loads it meanwhile, and the block pinned.
SessionBlock* enter_session(const Uuid& session);
[[noreturn]] void raise_unknown_session(const Uuid& session);
[[noreturn]] void raise_no_worker();
[[noreturn]] void raise_load_failure(const Uuid& session);
// The message of a session's last failed load, empty when it is no longer known; and what keeps it.
// Both require the directory lock, the latter exclusive.
const char* load_failure_of(const Uuid& session);
void remember_load_failure(const Uuid& session, const char* text);
// Forgets that a load failed a moment ago: what was missing may be there now.
void forget_load_failure(const Uuid& session);
u32 database_generation();

// Forgets what memory has of an extension or a database when its drop commits (dropping.cpp).
void install_drop_hook();

// Advisory locks of our own class, transaction-level: they show in pg_locks with objsubid 7.
void advisory_lock(const Uuid& session, LOCKMODE mode);
// In place of a session: shared by every load, in mode RowExclusiveLock of who writes many rules.
constexpr Uuid kEverySession = {0, 1};

// The journal: writing (journal.cpp).
struct JournalRow {
    char kind;
    u64 lock_id;
    Uuid session;
    Uuid owner;
    u16 version;
    Micros deadline;          // 0: NULL
    TimestampTz acquired_at;  // 0: NULL
    const Uuid* order;
    Datum seats;  // text[]
};
// The row of a hold as a core call left it. Kinds a, e and o must list all its seats.
JournalRow journal_row(char kind, const HoldAnswer& h, Datum seats);
// The rows of one change, all with the same time and, if several, one WAL record a page.
void journal_write(const JournalRow* row, int n);
inline void journal_write(const JournalRow& row) {
    journal_write(&row, 1);
}
void install_journal_callbacks();

// What a reader of tables sees: all that is committed by now, or, where no lock keeps the tables
// from changing in between, what the running statement sees.
enum class AsOf { now, statement };

// The journal: reading (journal_read.cpp).
struct JournalEntry {
    u64 lock_id;
    Uuid owner;
    u16 version;
    char kind;
    TimestampTz at, expires_at, acquired_at;  // acquired_at 0: NULL
    ArrayType* seats;
};
// Visits the rows of a session whose deadline is after `after`, in the order of their deadlines.
void journal_read(const Uuid& session, TimestampTz after,
                  void (*visit)(void* context, const JournalEntry& entry), void* context,
                  AsOf as_of = AsOf::now);
// The sessions that have such rows, palloc'd; costs two index probes for each session in the
// journal.
u32 journal_live_sessions(TimestampTz after, Uuid** sessions, AsOf as_of = AsOf::now);

// Conversions (convert.cpp).
Uuid uuid_arg(Datum d);
Datum uuid_datum(const Uuid& u);
constexpr Micros kTtlMaxMicros = INT64CONST(7) * 86400 * 1000000;
Micros ttl_arg(FunctionCallInfo fcinfo, int arg, int default_seconds);
// Element pointers of a text[]; raises 22023 for NULL, empty and NULL elements.
struct TextList {
    Text* text;
    int n;
};
TextList text_list_arg(FunctionCallInfo fcinfo, int arg, const char* name, int n_max);
// A uuid[], checked likewise; its elements stay where they are.
struct UuidList {
    const char* bytes;
    int n;

    Uuid operator[](int i) const {
        Uuid u;
        memcpy(&u, bytes + i * UUID_LEN, UUID_LEN);
        return u;
    }
};
static_assert(sizeof(Uuid) == UUID_LEN);
UuidList uuid_list_arg(FunctionCallInfo fcinfo, int arg, const char* name);
ArrayType* text_array(const Text* text, int n);
ArrayType* label_array(const SessionBlock& block, const Ordinal* seats, u32 n);
// Raises 55000 unless the SQL of extension tix in this database is of this library's version
// (version.cpp). Looked up once, and again when functions have changed.
extern bool version_known;
void look_up_version();
inline void require_version() {
    if (!version_known) look_up_version();
}
void install_version_callbacks();
// Raises unless this is a preloaded primary outside parallel mode and read-only transactions.
void require_writable(const char* function);
// The same but for the last.
void require_primary(const char* function);
// Raises unless this is preloaded and outside parallel mode; a standby will do.
void require_readable(const char* function);
// Raises 22004 when any argument of the first n is NULL.
void require_arguments(FunctionCallInfo fcinfo, int n, const char* function);
TupleDesc result_desc(FunctionCallInfo fcinfo);
// Starts a materialized set result.
ReturnSetInfo* begin_rows(FunctionCallInfo fcinfo);
inline void put_row(ReturnSetInfo* rows, Datum* values, bool* nulls) {
    tuplestore_putvalues(rows->setResult, rows->setDesc, values, nulls);
}

// Reading a session: its seats through the seat loader by SPI (tables.cpp), its live holds from the
// journal (live_holds.cpp).
struct TableHold {
    HoldSpec spec;
    bool ordered;
    bool
        clamped;  // its row is from the future of the wall clock: `deadline` is the latest possible
    u16 version;
    u32 seats;
    Ordinal* seat;
};
struct TableSession {
    LayoutInput layout;
    u32 holds;
    TableHold* hold;  // the highest token first
};
// Requires SPI_connect and no snapshot older than the advisory lock. `wall_offset` (wall clock
// minus arena clock) turns the journal's deadlines into the arena's. Everything is palloc'd in the
// current context. seats = 0 when the loader knows no such session.
TableSession read_session(const Uuid& session, int64 wall_offset, AsOf as_of = AsOf::now);

// Shows how far a load has come; nothing in a process that is no loader (loader.cpp).
void report_load(LoadPhase phase, u64 rows);

}  // namespace tix::pg
