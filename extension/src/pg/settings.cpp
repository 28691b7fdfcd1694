// The settings of tix: every limit has a name, a unit, a default and bounds.

#include "rate_limit.hpp"

namespace tix::pg {

Settings settings;

namespace {

struct IntSetting {
    const char* name;
    const char* text;
    int* value;
    int initial, min, max;
    GucContext context;
    int flags;
};

bool check_power_of_two(int* value, void**, GucSource) {
    if ((*value & (*value - 1)) == 0) return true;
    GUC_check_errdetail("The value must be a power of two.");
    return false;
}

const IntSetting kIntSettings[] = {
    {"tix.memory", "Shared memory of the seat arena; a seat costs about 128 bytes.",
     &settings.memory_mb, 128, 8, 65536, PGC_POSTMASTER, GUC_UNIT_MB},
    {"tix.partitions", "Partitions of the arena, each with a lock; a power of two.",
     &settings.partitions, kPartitionsDefault, kPartitionsMin, kPartitionsMax, PGC_POSTMASTER, 0},
    {"tix.max_sessions", "Sessions the directory can hold.", &settings.max_sessions, 1024, 1, 65536,
     PGC_POSTMASTER, 0},
    {"tix.change_ring_size", "Seat changes kept for tix_changes(); a power of two.",
     &settings.change_ring_size, 65536, 1024, 16777216, PGC_POSTMASTER, 0},
    {"tix.expiry_workers", "Workers that tidy expired holds.", &settings.expiry_workers, 1, 0,
     kExpiryWorkersMax, PGC_POSTMASTER, 0},
    {"tix.max_xact_changes", "Seat changes one transaction may make.", &settings.max_xact_changes,
     10000, 1024, kXactChangesMax, PGC_POSTMASTER, 0},
    {"tix.lock_ttl", "How long a hold lasts when the call names no TTL.", &settings.lock_ttl_s, 120,
     1, 86400, PGC_USERSET, GUC_UNIT_S},
    {"tix.lock_lifetime_max", "Longest life of a hold, extensions included.",
     &settings.lock_lifetime_max_s, 1800, 1, 86400, PGC_SUSET, GUC_UNIT_S},
    {"tix.order_ttl", "How long an order may wait for its payment.", &settings.order_ttl_s, 600, 1,
     86400, PGC_USERSET, GUC_UNIT_S},
    {"tix.in_doubt_max", "How long a seat is shielded while its payment's outcome is unknown.",
     &settings.in_doubt_max_s, 86400, 1, 604800, PGC_USERSET, GUC_UNIT_S},
    {"tix.waitlist_grace",
     "How long a seat that is given back is kept for the waiting list; 0: not at all.",
     &settings.waitlist_grace_s, 300, 0, 86400, PGC_USERSET, GUC_UNIT_S},
    {"tix.waitlist_offer_ttl", "How long an offer to the waiting list holds its seats.",
     &settings.waitlist_offer_ttl_s, 900, 1, 86400, PGC_USERSET, GUC_UNIT_S},
    {"tix.max_seats_per_lock", "Seats one lock may hold.", &settings.max_seats_per_lock, 200, 1,
     kSeatsPerLockMax, PGC_SUSET, 0},
    {"tix.max_batch_requests", "Requests one call of tix_lock_batch() may have.",
     &settings.max_batch_requests, 1000, 1, 10000, PGC_SUSET, 0},
    {"tix.max_loaders", "Sessions that may be loading at once.", &settings.max_loaders, 2, 1, 64,
     PGC_SIGHUP, 0},
    {"tix.load_wait", "How long a call waits for a session to load before it says rebuilding.",
     &settings.load_wait_ms, 50, 0, 10000, PGC_USERSET, GUC_UNIT_MS},
    {"tix.load_timeout", "How long a call that needs the session waits for it to load.",
     &settings.load_timeout_ms, 10000, 100, 600000, PGC_USERSET, GUC_UNIT_MS},
    {"tix.expiry_naptime", "Pause between two rounds of an expiry worker.",
     &settings.expiry_naptime_ms, 100, 10, 60000, PGC_SIGHUP, GUC_UNIT_MS},
    {"tix.confirm_timeout",
     "How long a transaction may be confirming seats before an expiry worker ends it; 0: for ever.",
     &settings.confirm_timeout_s, 60, 0, 86400, PGC_SIGHUP, GUC_UNIT_S},
    {"tix.rate_limit_keys", "Buckets of tix_rate_limit() that may be in use; a power of two.",
     &settings.rate_limit_keys, kRateKeysDefault, kRateKeysMin, kRateKeysMax, PGC_POSTMASTER, 0},
};

}  // namespace

void define_settings() {
    for (const IntSetting& s : kIntSettings) {
        const bool power = s.value == &settings.partitions ||
                           s.value == &settings.change_ring_size ||
                           s.value == &settings.rate_limit_keys;
        DefineCustomIntVariable(s.name, s.text, nullptr, s.value, s.initial, s.min, s.max,
                                s.context, s.flags, power ? check_power_of_two : nullptr, nullptr,
                                nullptr);
    }
    DefineCustomBoolVariable("tix.hold_journal", "Write every hold to the journal tix.holds.",
                             "Off, holds do not survive a crash of the server.",
                             &settings.hold_journal, true, PGC_SUSET, 0, nullptr, nullptr, nullptr);
    DefineCustomStringVariable(
        "tix.seat_loader", "The function that lists the seats of a session.",
        "(session_id uuid) -> (seat_id, area_id, row_label, position, x, y, category, accessible, "
        "sold, seat_number[, user_id of who has a sold seat][, focal_x, focal_y]), in ordinal "
        "order.",
        &settings.seat_loader, "tix.load_seats", PGC_SUSET, 0, nullptr, nullptr, nullptr);
    MarkGUCPrefixReserved("tix");
}

}  // namespace tix::pg
