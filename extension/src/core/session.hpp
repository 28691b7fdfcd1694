// A session block: the layout of one session, loaded once, and the state of its seats.
//
// One allocation holds, in order: header | areas | rows | row bits | seat layout | seats behind |
// label index | strings | channels | owner chains | hold entries (one a seat, so a sale never meets
// "full") | state slots.
// The layout never changes after publication; slots, hold entries, row bits and the counters of an
// area change only under that area's partition lock, rules and channels as rules.hpp says, chains
// as owners.hpp says.
#pragma once

#include "arena.hpp"

namespace tix::core {

struct SeatLayout {
    float x, y;
    u32 label;        // offset into strings
    u32 number : 31;  // printed seat number, offset into strings
    u32 accessible : 1;
    u32 row : 20;
    u32 area : 12;
    u16 position;
    u16 category : 10;
    u16 label_last : 6;  // bytes of the label, less one

    u32 label_size() const { return label_last + 1u; }
};
static_assert(sizeof(SeatLayout) == 24);
static_assert(kSeatsPerSessionMax <= 1u << 20 && kAreasPerSessionMax <= 1u << 12);
static_assert(kCategoriesPerSessionMax <= 1u << 10 && kSeatIdBytesMax <= 1u << 6);

enum SlotFlag : u8 {
    kPendingRelease = 1,  // of a held or confirming seat: freed when its transaction commits
    kPendingFree = 2,     // of a sold seat: freed when its transaction commits
};

struct SeatSlot {
    Ordinal head;  // the seat whose hold entry this seat belongs to; kNoSeat when none
    Ordinal next;  // the next seat of that hold; of a sold seat: the writer freeing it
    SeatState state;
    u8 flags;
    u8 channel;  // counted from 1; 0 = in none
    u8 spare;
};
static_assert(sizeof(SeatSlot) == 12);

// A hold lives in the entry of its head seat: every live hold has a seat, so there is always room.
struct alignas(64) Hold {
    u64 lock_id;  // 0: no hold here
    Uuid owner;
    Micros deadline;
    u32 acquired_ms;  // low bits of now / 1000 at first acquisition, for the lifetime cap
    Ref block;
    Ref chain;  // next in its bucket of the lock index
    Ref wheel_next, wheel_prev;
    u32 writer;  // the transaction with uncommitted changes on it; 0 = none
    u16 seats;
    u16 pending;      // how many uncommitted changes
    u16 version;      // grows with every journalled change
    SeatState state;  // held, confirming, or blocked: the house's
    u8 flags;
};
static_assert(sizeof(Hold) == 64);

enum HoldFlag : u8 {
    kPinned = 1,   // PRE_COMMIT passed: not to be expired until the commit callback
    kOrdered = 2,  // handed over to an order: no lifetime cap
    kListed = 4,   // a block of the waiting list, or a hold that was made of its seats
};

struct AreaInfo {
    u32 id;  // offset into strings
    u32 id_size;
    Ordinal first_seat;
    u32 seats;
    u32 first_row;
    u32 rows;
    u32 home;        // 7-bit home slot
    float distance;  // of its centre to the focal point
    float pitch;     // mean distance of neighbours; 0 when the layout has no coordinates
    u32 accessible;  // places
    u32 count[kSeatStates];
};

// An allotment: until its end its seats are for those who know the key, from its beginning on.
struct Channel {
    i64 from, until;         // wall clock, microseconds
    std::atomic<u32> seats;  // in it, or about to be
    u8 key_size;
    char key[kChannelKeyBytesMax];
};
static_assert(sizeof(Channel) == 64);

// A seat's place in the chain of its owner.
struct OwnerLink {
    Ordinal next, prev;
};

enum class Rule : u32 {
    sale_from,
    sale_until,
    gate,
    seats_per_user,
    seats_per_lock,
    queued,
    list_grace,
    list_end,
    last
};
// list_grace: how long a seat that is given back is the waiting list's, Micros, 0: there is none;
// and not beyond list_end, Micros, when the sale ends.
constexpr u32 kRules = static_cast<u32>(Rule::last);
// Values of Rule::gate. Stopped ends extensions and new orders too.
constexpr i64 kGateOpen = 0, kGatePaused = 1, kGateStopped = 2;

constexpr u16 kNoneBehind = 0xFFFF;
constexpr u16 kMixedCategories = 0xFFFF;

// The loader fills the first three; describe_rows() the rest.
struct RowInfo {
    Ordinal first_seat;
    u32 seats;
    u32 label;                        // offset into strings
    u32 bits = 0;                     // its first RowBits
    u32 rank = 0;                     // in its area, 0 is the best; segments of one label share it
    Ordinal behind = kNoSeat;         // the first seat of the next rank; kNoSeat: none
    u16 category = kMixedCategories;  // of all its seats
};

// 64 seats of a row, one bit each, so that a search looks at words and not at seats. A row begins
// with a word of its own, so each word lies under one partition lock.
struct RowBits {
    u64 free;        // by state: an overdue hold's seats are not, until it is ended
    u64 held;        // held or confirming: may come back
    u64 accessible;  // the layout, from here on
    u64 joined;      // the neighbour of the seat before it
};

inline u32 row_words(const RowInfo& row) {
    return (row.seats + 63) / 64;
}

struct alignas(64) SessionBlock {
    Uuid session;
    u32 database;
    u32 layout_version;
    u64 generation;  // distinguishes this block from any other at this place
    u64 bytes;
    u32 seats, areas, rows, categories;
    u32 index_slots;
    u32 areas_at, rows_at, bits_at, categories_at, layout_at, behind_at, index_at, strings_at,
        holds_at, slots_at;
    u32 channels_at, owner_heads_at, owner_links_at;
    u32 owner_chains;             // a power of two
    std::atomic<u32> channelled;  // seats in channels
    float focal_x, focal_y;
    std::atomic<u32> pins;  // transactions' list entries that name this block
    std::atomic<u32> ready;
    std::atomic<i64> last_used;
    PartitionSet partitions;
    std::atomic<i64> rules[kRules];  // limits of 0 do not limit

    template <class T>
    T* part(u32 offset) {
        return reinterpret_cast<T*>(reinterpret_cast<std::byte*>(this) + offset);
    }
    template <class T>
    const T* part(u32 offset) const {
        return reinterpret_cast<const T*>(reinterpret_cast<const std::byte*>(this) + offset);
    }
    AreaInfo& area(u32 i) { return part<AreaInfo>(areas_at)[i]; }
    const RowInfo& row(u32 i) const { return part<RowInfo>(rows_at)[i]; }
    RowBits* bits(const RowInfo& row) { return part<RowBits>(bits_at) + row.bits; }
    u32 category(u32 i) const { return part<u32>(categories_at)[i]; }
    const SeatLayout& layout(Ordinal o) const { return part<SeatLayout>(layout_at)[o]; }
    // The seat behind this one in the next row of its area, or kNoSeat.
    Ordinal behind(Ordinal o) const {
        const u16 further = part<u16>(behind_at)[o];
        return further == kNoneBehind ? kNoSeat : row(layout(o).row).behind + further;
    }
    SeatSlot& slot(Ordinal o) { return part<SeatSlot>(slots_at)[o]; }
    Channel& channel(u8 i) { return part<Channel>(channels_at)[i - 1]; }
    const Channel& channel(u8 i) const { return part<Channel>(channels_at)[i - 1]; }
    Hold& hold(Ordinal head) { return part<Hold>(holds_at)[head]; }
    AreaInfo& area_of(Ordinal o) { return area(layout(o).area); }
    // Strings other than seat labels are NUL-terminated.
    const char* string(u32 offset) const { return part<char>(strings_at) + offset; }
    Text label(Ordinal o) const { return {string(layout(o).label), layout(o).label_size()}; }
};

// What the loader hands over: arrays it owns, in ordinal order. String offsets point into
// `strings`.
struct LayoutInput {
    Uuid session;
    u32 database;
    u32 layout_version;
    u32 seats, areas, rows, categories;
    const SeatLayout* seat;
    const bool* sold;
    const AreaInfo* area;  // id, id_size, first_seat, seats, first_row, rows
    const RowInfo* row;
    const u32* category;
    const char* strings;
    u32 strings_size;
    const Uuid* owner = nullptr;  // of the sold seats; null: not known
    bool has_focal = false;       // false: the centre of all seats
    float focal_x = 0, focal_y = 0;
};

u64 session_bytes(const Arena& arena, const LayoutInput& in);
// Fills a block that nobody else can see yet.
SessionBlock* session_build(const Arena& arena, Ref at, const LayoutInput& in);
// Computes what areas, rows and seats know of each other; requires the layout and RowInfo::bits.
void describe_rows(SessionBlock& block);
// kNoSeat when the session has no seat of that label.
Ordinal session_find(const SessionBlock& block, Text label);
// The same in steps, for who looks for many seats: each step touches memory that the one before it
// has asked for, so that the waiting for one seat is the waiting for all. label_hash() first.
u64 label_hash(const SessionBlock& block, Text label);
// The seat of that hash, most likely; kNoSeat when the session has none.
Ordinal session_guess(const SessionBlock& block, u64 hash);
// Asks for what tells whether it is the one.
void session_ask(const SessionBlock& block, Ordinal guess);
// The seat itself, or kNoSeat; asks for what changes when it is taken.
Ordinal session_settle(SessionBlock& block, Text label, Ordinal guess);
// The index of an area by its id, or -1.
int session_find_area(SessionBlock& block, Text id);
int session_find_category(const SessionBlock& block, Text name);

// Keeps the row bits of a seat that enters a state.
inline void note_state(SessionBlock& b, Ordinal seat, SeatState state) {
    const RowInfo& row = b.row(b.layout(seat).row);
    const u32 i = seat - row.first_seat;
    RowBits& bits = b.bits(row)[i >> 6];
    const u64 one = u64{1} << (i & 63);
    bits.free = state == SeatState::free ? bits.free | one : bits.free & ~one;
    const bool held = state == SeatState::held || state == SeatState::confirming;
    bits.held = held ? bits.held | one : bits.held & ~one;
}

inline u32 seat_partition(const Arena& arena, SessionBlock& block, Ordinal o) {
    return arena.partition_of(block.area_of(o).home);
}

// The directory: (database, session) -> entry. Linear probing, deletion by shifting back.
DirEntry* directory_find(const Arena& arena, u32 database, const Uuid& session);
// The entry, made in state `loading` if absent; null when max_sessions are in use.
DirEntry* directory_add(const Arena& arena, u32 database, const Uuid& session);
void directory_remove(const Arena& arena, DirEntry* entry);
// The least recently used block that nothing needs: no pins, no live holds, not loaded ahead.
// Requires the directory lock exclusive and every partition lock.
DirEntry* directory_idle(const Arena& arena);
// True when nothing in the block would be missed. Same locks.
bool session_idle(SessionBlock& block);
// Frees the block and its entry. Same locks; requires session_idle.
void session_evict(const Arena& arena, DirEntry* entry);

}  // namespace tix::core
