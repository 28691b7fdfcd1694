// The arena: one fixed run of bytes, carved by offsets, in which everything the engine knows lives.
//
// Layout, in order: header | databases | directory | partitions | latencies | wheels | lock index |
// change ring | heap of session blocks. All offsets are from the start of the arena and 64-byte
// aligned, so the arena may be mapped anywhere and a Ref (offset / 64) fits in 32 bits.
//
// Locking. The caller holds the locks, the core only says which:
//   directory lock   shared to find a session, exclusive to load, publish or evict one;
//   partition lock   exclusive to look at or change seats and holds of the areas hashed to it;
//   order            directory before partitions, partitions ascending.
// A block is freed only under the directory lock exclusive and every partition lock, so either one
// keeps every block in place. A hold is changed under the locks of its home partition, of every
// partition its seats lie in and of its owner's; one of the first two is enough to read it.
#pragma once

#include "latency.hpp"

namespace tix::core {

constexpr u64 kArenaMagic = 0x3158495400414e41ULL;
constexpr u32 kArenaFormat = 1;
constexpr u32 kWheelSlots = 4096;
constexpr u32 kWheelTickShift = 14;  // a tick is 2^14 us = 16.4 ms; a turn is 67 s

struct ArenaConfig {
    u64 bytes = 0;
    u32 partitions = kPartitionsDefault;  // a power of two
    u32 max_sessions = 1024;
    u32 ring_slots = 65536;  // a power of two
};

// `dropped`: of an extension or database that is gone, until the last transaction lets go of it.
enum class DirState : u32 { empty, loading, ready, failed, dropped };

// What the loader is at: `waiting` for a process or for the session's advisory lock.
enum class LoadPhase : u32 { waiting, reading_seats, reading_journal, building };

struct DirEntry {
    Uuid session;
    u32 database;
    DirState state;
    Ref block;
    u32 error;        // SQLSTATE as the server packs it, when failed; 0 = the loader found no seats
    Micros since;     // when it entered the state
    u32 loader_pid;   // for a human who looks at a session that hangs in `loading`
    u32 pinned;       // loaded ahead by hand: never evicted
    LoadPhase phase;  // while loading
    u32 rows;         // read by the loader so far
};
static_assert(sizeof(DirEntry) == 56);

// A database of the cluster that uses tix. Nothing is granted while generation is 0.
struct Database {
    u32 oid;
    std::atomic<u32> generation;
    u32 floor;  // the last generation before the extension was dropped
    u32 spare;
};

enum class Count : u32 {
    grants,
    granted_seats,
    refusals,
    relocks,
    extends,
    releases,
    expirations,
    confirmations,
    sold_seats,
    freed_seats,
    undone,
    lost,
    last
};
constexpr u32 kCounts = static_cast<u32>(Count::last);

struct alignas(64) Partition {
    u64 wheel_cursor;  // the next tick to sweep
    u32 live_holds;
    u32 spare;
    u64 counts[kCounts];

    void count(Count c, u64 n = 1) { counts[static_cast<u32>(c)] += n; }
};

struct RingSlot {
    std::atomic<u64> seq;  // 0 never written; high bit set while its writer is at work
    std::atomic<u64> session_hi;
    std::atomic<u64> session_lo;
    std::atomic<u64> database_layout;  // database oid << 32 | layout version
    std::atomic<u64> ordinal_state;    // ordinal << 8 | state
};
static_assert(sizeof(RingSlot) == 40);

struct alignas(64) ArenaHeader {
    u64 magic;
    u32 format;
    u32 partitions;
    u64 bytes;
    u64 databases_at, directory_at, partitions_at, latencies_at, wheels_at, index_at, ring_at,
        heap_at;
    u32 directory_slots;  // a power of two, at least twice max_sessions
    u32 max_sessions;
    u32 sessions;
    u32 buckets;  // of the lock index, per partition; a power of two
    u32 ring_slots;
    Ref heap_free;  // address-ordered list of free chunks
    u64 heap_bytes, heap_used;
    std::atomic<u64> block_generation;
    alignas(64) std::atomic<u64> sequence;   // the last token sequence granted
    alignas(64) std::atomic<u64> ring_next;  // the last change sequence handed out
    std::atomic<u64> ring_lost;              // changes up to here may have been dropped
};

// Reads a word that is about to be written. On the first touch of a page by a process Linux maps
// the pages around it as well when it is a read, and that page alone when it is a write.
template <class T>
inline void touch(const T& word) {
    (void)*static_cast<const volatile T*>(&word);
}

// A view of an arena that somebody else owns. Trivially copyable; costs nothing to make.
class Arena {
public:
    // Bytes the fixed parts need, without the heap.
    static u64 fixed_bytes(const ArenaConfig& config);
    // Formats the memory. Requires config.bytes > fixed_bytes and base 64-byte aligned.
    static bool format(void* base, const ArenaConfig& config);

    Arena() = default;
    explicit Arena(void* base) : base_(static_cast<std::byte*>(base)) {}

    // True when the memory holds an arena of this layout.
    bool valid() const {
        return base_ != nullptr && header().magic == kArenaMagic && header().format == kArenaFormat;
    }
    ArenaHeader& header() const { return *reinterpret_cast<ArenaHeader*>(base_); }
    template <class T>
    T* at(u64 offset) const {
        return reinterpret_cast<T*>(base_ + offset);
    }
    template <class T>
    T* ref(Ref r) const {
        return at<T>(u64{r} * kLine);
    }
    Ref ref_of(const void* p) const {
        return static_cast<Ref>((static_cast<const std::byte*>(p) - base_) / kLine);
    }
    u32 partition_of(u32 home) const { return home & (header().partitions - 1); }
    Partition& partition(u32 p) const { return at<Partition>(header().partitions_at)[p]; }
    PartitionLatency& latency(u32 p) const {
        return at<PartitionLatency>(header().latencies_at)[p];
    }
    Ref* wheel(u32 p) const { return at<Ref>(header().wheels_at) + u64{p} * kWheelSlots; }
    Ref* index(u32 p) const { return at<Ref>(header().index_at) + u64{p} * header().buckets; }
    DirEntry* directory() const { return at<DirEntry>(header().directory_at); }
    Database* databases() const { return at<Database>(header().databases_at); }
    RingSlot* ring() const { return at<RingSlot>(header().ring_at); }

    // Heap of session blocks. Requires the directory lock exclusive; freeing also every partition.
    // Returns kNoRef when no chunk is large enough.
    Ref allocate(u64 bytes) const;
    void release(Ref block, u64 bytes) const;

    // The slot of a database, made if there is room; null when kDatabasesMax are in use.
    // Requires the directory lock exclusive to make one; to find one's own needs no lock.
    Database* find_database(u32 oid) const;
    Database* add_database(u32 oid) const;

private:
    std::byte* base_ = nullptr;
};

}  // namespace tix::core
