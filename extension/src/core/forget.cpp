// Ending what a database that is gone has in memory.

#include "forget.hpp"

namespace tix::core {

namespace {

// Ends the holds that no transaction is changing.
void end_settled_holds(const Arena& arena, SessionBlock& b) {
    for (Ordinal o = 0; o < b.seats; o++) {
        Hold& h = b.hold(o);
        if (h.lock_id != 0 && h.writer == 0) hold_end(arena, h, SeatState::free);
    }
}

}  // namespace

void end_holds(const Arena& arena, SessionBlock& b) {
    for (Ordinal o = 0; o < b.seats; o++)
        if (b.hold(o).lock_id != 0) hold_end(arena, b.hold(o), SeatState::free);
}

bool forget_dropped(const Arena& arena, DirEntry* e) {
    auto* b = arena.ref<SessionBlock>(e->block);
    if (b->pins.load(std::memory_order_acquire) != 0) return false;
    end_holds(arena, *b);
    session_evict(arena, e);
    return true;
}

bool forget_sessions(const Arena& arena, u32 database) {
    bool all_gone = true;
    DirEntry* all = arena.directory();
    for (u32 i = 0; i < arena.header().directory_slots; i++) {
        // Removing an entry may move the next one into its place.
        while (all[i].state != DirState::empty && all[i].database == database) {
            DirEntry* e = &all[i];
            if (e->state == DirState::ready) {
                end_settled_holds(arena, *arena.ref<SessionBlock>(e->block));
                e->state = DirState::dropped;
            }
            if (e->state != DirState::dropped) {
                directory_remove(arena, e);
            } else if (!forget_dropped(arena, e)) {
                all_gone = false;
                break;
            }
        }
    }
    if (Database* d = arena.find_database(database)) {
        const u32 generation = d->generation.exchange(0, std::memory_order_acq_rel);
        if (generation > d->floor) d->floor = generation;
    }
    return all_gone;
}

void forget_database(const Arena& arena, u32 database) {
    if (!forget_sessions(arena, database)) return;
    Database* d = arena.find_database(database);
    if (d == nullptr) return;
    d->floor = 0;
    d->oid = 0;
}

}  // namespace tix::core
