// Carving the arena, and the first-fit heap its session blocks come from.

#include "arena.hpp"

#include <cstring>
#include <new>

namespace tix::core {

namespace {

struct Chunk {
    u64 bytes;
    Ref next;
};

u64 aligned(u64 n) {
    return (n + kLine - 1) & ~u64{kLine - 1};
}

u32 power_of_two_at_least(u64 n) {
    u32 p = 1;
    while (p < n)
        p <<= 1;
    return p;
}

struct Carving {
    u64 databases_at, directory_at, partitions_at, latencies_at, wheels_at, index_at, ring_at,
        heap_at;
    u32 directory_slots, buckets;
};

Carving carve(const ArenaConfig& c) {
    Carving k;
    k.directory_slots = power_of_two_at_least(u64{c.max_sessions} * 2);
    // One bucket for every 256 bytes of arena: half a bucket a seat when the arena is full.
    k.buckets = power_of_two_at_least(c.bytes / 256 / c.partitions);
    k.databases_at = aligned(sizeof(ArenaHeader));
    k.directory_at = aligned(k.databases_at + sizeof(Database) * kDatabasesMax);
    k.partitions_at = aligned(k.directory_at + sizeof(DirEntry) * k.directory_slots);
    k.latencies_at = k.partitions_at + sizeof(Partition) * c.partitions;
    k.wheels_at = k.latencies_at + sizeof(PartitionLatency) * c.partitions;
    k.index_at = k.wheels_at + u64{c.partitions} * kWheelSlots * sizeof(Ref);
    k.ring_at = aligned(k.index_at + u64{c.partitions} * k.buckets * sizeof(Ref));
    k.heap_at = aligned(k.ring_at + u64{c.ring_slots} * sizeof(RingSlot));
    return k;
}

}  // namespace

u64 Arena::fixed_bytes(const ArenaConfig& config) {
    return carve(config).heap_at;
}

bool Arena::format(void* base, const ArenaConfig& config) {
    const Carving k = carve(config);
    if (config.bytes < k.heap_at + kLine) return false;
    std::memset(base, 0, k.heap_at);
    auto* h = new (base) ArenaHeader();
    h->magic = kArenaMagic;
    h->format = kArenaFormat;
    h->partitions = config.partitions;
    h->bytes = config.bytes;
    h->databases_at = k.databases_at;
    h->directory_at = k.directory_at;
    h->partitions_at = k.partitions_at;
    h->latencies_at = k.latencies_at;
    h->wheels_at = k.wheels_at;
    h->index_at = k.index_at;
    h->ring_at = k.ring_at;
    h->heap_at = k.heap_at;
    h->directory_slots = k.directory_slots;
    h->max_sessions = config.max_sessions;
    h->buckets = k.buckets;
    h->ring_slots = config.ring_slots;
    h->heap_bytes = (config.bytes - k.heap_at) & ~u64{kLine - 1};

    Arena arena(base);
    arena.header().heap_free = static_cast<Ref>(k.heap_at / kLine);
    auto* first = arena.at<Chunk>(k.heap_at);
    first->bytes = h->heap_bytes;
    first->next = kNoRef;
    return true;
}

Ref Arena::allocate(u64 bytes) const {
    const u64 want = aligned(bytes);
    Ref* link = &header().heap_free;
    while (*link != kNoRef) {
        auto* chunk = ref<Chunk>(*link);
        if (chunk->bytes >= want) {
            const Ref found = *link;
            if (chunk->bytes > want) {
                auto* rest = ref<Chunk>(found + static_cast<Ref>(want / kLine));
                rest->bytes = chunk->bytes - want;
                rest->next = chunk->next;
                *link = ref_of(rest);
            } else {
                *link = chunk->next;
            }
            header().heap_used += want;
            return found;
        }
        link = &chunk->next;
    }
    return kNoRef;
}

void Arena::release(Ref block, u64 bytes) const {
    const u64 size = aligned(bytes);
    header().heap_used -= size;
    Ref* link = &header().heap_free;
    Chunk* before = nullptr;
    while (*link != kNoRef && *link < block) {
        before = ref<Chunk>(*link);
        link = &before->next;
    }
    auto* chunk = ref<Chunk>(block);
    chunk->bytes = size;
    chunk->next = *link;
    *link = block;
    if (chunk->next != kNoRef && block + size / kLine == chunk->next) {
        const auto* after = ref<Chunk>(chunk->next);
        chunk->bytes += after->bytes;
        chunk->next = after->next;
    }
    if (before != nullptr && ref_of(before) + before->bytes / kLine == block) {
        before->bytes += chunk->bytes;
        before->next = chunk->next;
    }
}

Database* Arena::find_database(u32 oid) const {
    Database* all = databases();
    for (u32 i = 0; i < kDatabasesMax; i++)
        if (all[i].oid == oid) return &all[i];
    return nullptr;
}

Database* Arena::add_database(u32 oid) const {
    if (Database* known = find_database(oid)) return known;
    Database* all = databases();
    for (u32 i = 0; i < kDatabasesMax; i++) {
        if (all[i].oid != 0) continue;
        all[i].oid = oid;
        return &all[i];
    }
    return nullptr;
}

}  // namespace tix::core
