// Reading on a hot standby: nothing is granted there, so each call builds what it was asked about
// from the seat loader, the journal and the rules, as a load after a crash would, and forgets it.
//
// Memory. An arena of its own in the caller's context, with one partition; it costs what the
// session would cost in the primary's.
// Locking. None. All tables are read in the snapshot of the statement, because no advisory lock
// keeps a sale from being replayed between two of them.

#include "standby.hpp"

#include "rules_tables.hpp"

namespace tix::pg {

namespace {

constexpr u32 kRingSlots = 64;  // restored holds are published, to nobody

u64 block_bytes(const LayoutInput& layout, const ArenaConfig& config) {
    ArenaHeader head = {};  // what the size of a block depends on
    head.partitions = config.partitions;
    return session_bytes(Arena(&head), layout);
}

// An arena with room for one block.
StandbySession make_arena(MemoryContext context, u64 bytes, ArenaConfig config) {
    config.bytes = bytes + kLine;
    // The index grows with the arena, and the arena with its index: an eighth is ample for it.
    config.bytes += Arena::fixed_bytes(config) + bytes / 8;
    auto* memory = static_cast<char*>(MemoryContextAllocHuge(context, config.bytes + kLine));
    void* base = reinterpret_cast<void*>(TYPEALIGN(kLine, memory));
    if (!Arena::format(base, config)) elog(ERROR, "arena of a standby is too small");
    return {memory, Arena(base), nullptr};
}

struct Wanted {
    u64 lock_id;
    bool found;
};

void look_for_lock(void* context, const JournalEntry& e) {
    auto* wanted = static_cast<Wanted*>(context);
    if (e.lock_id == wanted->lock_id) wanted->found = true;
}

}  // namespace

StandbySession standby_session(const Uuid& session) {
    const MemoryContext mine = CurrentMemoryContext;
    SPI_connect();
    const TableSession t = read_session(session, wall_offsets().now, AsOf::statement);
    if (t.layout.seats == 0) raise_unknown_session(session);
    const TableRules rules = read_rules(session, AsOf::statement);
    ArenaConfig config;
    config.partitions = 1;
    config.max_sessions = 1;
    config.ring_slots = kRingSlots;
    const u64 bytes = block_bytes(t.layout, config);
    StandbySession s = make_arena(mine, bytes, config);
    const Ref room = s.arena.allocate(bytes);
    if (room == kNoRef) elog(ERROR, "arena of a standby has no room");
    s.block = session_build(s.arena, room, t.layout);
    const Access a = {s.arena, nullptr, arena_now(), s.block->partitions, MyDatabaseId};
    for (u32 i = 0; i < t.holds; i++) {
        const TableHold& h = t.hold[i];
        restore_hold(a, *s.block, h.spec, h.ordered, h.version, h.seat, h.seats);
    }
    apply_rules(a, *s.block, rules, 0);
    SPI_finish();
    return s;
}

bool standby_session_of(u64 lock_id, Uuid* session) {
    const TimestampTz now = GetCurrentTimestamp();
    Uuid* all;
    const u32 n = journal_live_sessions(now, &all, AsOf::statement);
    for (u32 i = 0; i < n; i++) {
        Wanted wanted = {lock_id, false};
        journal_read(all[i], now, look_for_lock, &wanted, AsOf::statement);
        if (!wanted.found) continue;
        *session = all[i];
        return true;
    }
    return false;
}

}  // namespace tix::pg
