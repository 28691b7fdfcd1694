// Building, searching and evicting session blocks; the directory that finds them.

#include "session.hpp"

#include <cmath>
#include <cstring>
#include <new>

#include "hold.hpp"
#include "owners.hpp"

namespace tix::core {

namespace {

struct Parts {
    u32 areas, rows, bits, categories, layout, behind, index, strings, channels, heads, links;
    u32 holds, slots;
    u32 index_slots, chains, words;
    u64 bytes;
};

u64 aligned(u64 n) {
    return (n + kLine - 1) & ~u64{kLine - 1};
}

Parts plan(const Arena& arena, const LayoutInput& in) {
    Parts p;
    p.chains = arena.header().partitions;
    while (p.chains < in.seats / 4)
        p.chains *= 2;
    u64 at = aligned(sizeof(SessionBlock));
    const auto take = [&at](u64 bytes) {
        const u64 here = at;
        at = (at + bytes + 7) & ~u64{7};
        return static_cast<u32>(here);
    };
    p.index_slots = in.seats + in.seats / 4 + 1;
    p.words = 0;
    for (u32 r = 0; r < in.rows; r++)
        p.words += row_words(in.row[r]);
    p.areas = take(sizeof(AreaInfo) * in.areas);
    p.rows = take(sizeof(RowInfo) * in.rows);
    p.bits = take(sizeof(RowBits) * p.words);
    p.categories = take(sizeof(u32) * in.categories);
    p.layout = take(sizeof(SeatLayout) * in.seats);
    p.behind = take(sizeof(u16) * in.seats);
    p.index = take(sizeof(u32) * p.index_slots);
    p.strings = take(in.strings_size);
    p.channels = take(sizeof(Channel) * kChannelsPerSessionMax);
    p.heads = take(sizeof(Ordinal) * p.chains);
    p.links = take(sizeof(OwnerLink) * in.seats);
    at = aligned(at);
    p.holds = take(sizeof(Hold) * in.seats);
    p.slots = take(sizeof(SeatSlot) * in.seats);
    p.bytes = aligned(at);
    return p;
}

// Where the search for a label begins, and what is remembered of its hash beside the ordinal, so
// that a seat with another label is hardly ever looked at.
struct IndexPlace {
    u32 slot, tag;
};

constexpr u32 kIndexEmpty = 0xFFFFFFFFu;
constexpr u32 kIndexOrdinalBits = 20;
constexpr u32 kIndexOrdinalMask = (1u << kIndexOrdinalBits) - 1;
static_assert(kSeatsPerSessionMax < kIndexOrdinalMask);

IndexPlace index_place(const SessionBlock& b, u64 h) {
    return {static_cast<u32>((h >> 32) * b.index_slots >> 32),
            static_cast<u32>(h) & ~kIndexOrdinalMask};
}

bool same(Text a, const char* b, u32 b_size) {
    return a.size == b_size && std::memcmp(a.data, b, b_size) == 0;
}

void find_focal_point(SessionBlock& b) {
    float x0 = 0, x1 = 0, y0 = 0, y1 = 0;
    for (Ordinal o = 0; o < b.seats; o++) {
        const SeatLayout& s = b.layout(o);
        if (o == 0 || s.x < x0) x0 = s.x;
        if (o == 0 || s.x > x1) x1 = s.x;
        if (o == 0 || s.y < y0) y0 = s.y;
        if (o == 0 || s.y > y1) y1 = s.y;
    }
    b.focal_x = (x0 + x1) / 2;
    b.focal_y = (y0 + y1) / 2;
}

void place_area(SessionBlock& b, AreaInfo& area, const Arena& arena) {
    area.home = home_slot(b.session, {b.string(area.id), area.id_size});
    b.partitions.add(arena.partition_of(area.home));
    float x = 0, y = 0;
    for (u32 i = 0; i < area.seats; i++) {
        const SeatLayout& s = b.layout(area.first_seat + i);
        x += s.x / static_cast<float>(area.seats);
        y += s.y / static_cast<float>(area.seats);
    }
    area.distance = std::hypot(x - b.focal_x, y - b.focal_y);
}

u32 directory_home(const Arena& arena, u32 database, const Uuid& session) {
    const u64 h = mix64(session.hi ^ mix64(session.lo ^ database));
    return static_cast<u32>(h) & (arena.header().directory_slots - 1);
}

}  // namespace

u64 session_bytes(const Arena& arena, const LayoutInput& in) {
    return plan(arena, in).bytes;
}

SessionBlock* session_build(const Arena& arena, Ref at, const LayoutInput& in) {
    const Parts p = plan(arena, in);
    auto* b = new (arena.ref<void>(at)) SessionBlock();
    b->session = in.session;
    b->database = in.database;
    b->layout_version = in.layout_version;
    b->generation = arena.header().block_generation.fetch_add(1) + 1;
    b->bytes = p.bytes;
    b->seats = in.seats;
    b->areas = in.areas;
    b->rows = in.rows;
    b->categories = in.categories;
    b->index_slots = p.index_slots;
    b->areas_at = p.areas;
    b->rows_at = p.rows;
    b->bits_at = p.bits;
    b->categories_at = p.categories;
    b->layout_at = p.layout;
    b->behind_at = p.behind;
    b->index_at = p.index;
    b->strings_at = p.strings;
    b->holds_at = p.holds;
    b->slots_at = p.slots;
    b->channels_at = p.channels;
    b->owner_heads_at = p.heads;
    b->owner_links_at = p.links;
    b->owner_chains = p.chains;
    b->rules[static_cast<u32>(Rule::sale_from)] = INT64_MIN;
    b->rules[static_cast<u32>(Rule::sale_until)] = INT64_MAX;
    std::memcpy(b->part<AreaInfo>(p.areas), in.area, sizeof(AreaInfo) * in.areas);
    std::memcpy(b->part<RowInfo>(p.rows), in.row, sizeof(RowInfo) * in.rows);
    std::memcpy(b->part<u32>(p.categories), in.category, sizeof(u32) * in.categories);
    std::memcpy(b->part<SeatLayout>(p.layout), in.seat, sizeof(SeatLayout) * in.seats);
    std::memcpy(b->part<char>(p.strings), in.strings, in.strings_size);
    std::memset(b->part<void>(p.bits), 0, sizeof(RowBits) * p.words);
    std::memset(b->part<void>(p.holds), 0, sizeof(Hold) * in.seats);
    std::memset(b->part<void>(p.channels), 0, sizeof(Channel) * kChannelsPerSessionMax);
    std::memset(b->part<void>(p.heads), 0xFF, sizeof(Ordinal) * p.chains);

    auto* index = b->part<u32>(p.index);
    std::memset(index, 0xFF, sizeof(u32) * p.index_slots);
    for (Ordinal o = 0; o < in.seats; o++) {
        const IndexPlace at = index_place(*b, hash_text(b->label(o), 0));
        u32 i = at.slot;
        while (index[i] != kIndexEmpty)
            i = i + 1 == p.index_slots ? 0 : i + 1;
        index[i] = at.tag | o;
    }
    if (in.has_focal) {
        b->focal_x = in.focal_x;
        b->focal_y = in.focal_y;
    } else {
        find_focal_point(*b);
    }
    for (u32 a = 0; a < in.areas; a++)
        place_area(*b, b->area(a), arena);
    u32 words = 0;
    for (u32 r = 0; r < in.rows; words += row_words(in.row[r]), r++)
        b->part<RowInfo>(p.rows)[r].bits = words;
    describe_rows(*b);
    for (Ordinal o = 0; o < in.seats; o++) {
        SeatSlot& s = b->slot(o);
        s = {kNoSeat, kNoSeat, in.sold[o] ? SeatState::sold : SeatState::free, 0, 0, 0};
        b->area_of(o).count[static_cast<u32>(s.state)]++;
        if (in.sold[o]) owner_keeps_sold(*b, o, in.owner == nullptr ? Uuid{} : in.owner[o]);
        note_state(*b, o, s.state);
    }
    return b;
}

Ordinal session_find(const SessionBlock& b, Text label) {
    const auto* index = b.part<u32>(b.index_at);
    const IndexPlace at = index_place(b, hash_text(label, 0));
    for (u32 i = at.slot; index[i] != kIndexEmpty; i = i + 1 == b.index_slots ? 0 : i + 1) {
        if ((index[i] & ~kIndexOrdinalMask) != at.tag) continue;
        const Ordinal o = index[i] & kIndexOrdinalMask;
        const Text have = b.label(o);
        if (same(label, have.data, have.size)) return o;
    }
    return kNoSeat;
}

u64 label_hash(const SessionBlock& b, Text label) {
    const u64 h = hash_text(label, 0);
    __builtin_prefetch(&b.part<u32>(b.index_at)[index_place(b, h).slot]);
    return h;
}

Ordinal session_guess(const SessionBlock& b, u64 hash) {
    const auto* index = b.part<u32>(b.index_at);
    const IndexPlace at = index_place(b, hash);
    u32 i = at.slot;
    while (index[i] != kIndexEmpty && (index[i] & ~kIndexOrdinalMask) != at.tag)
        i = i + 1 == b.index_slots ? 0 : i + 1;
    if (index[i] == kIndexEmpty) return kNoSeat;
    const Ordinal o = index[i] & kIndexOrdinalMask;
    __builtin_prefetch(&b.layout(o));
    return o;
}

void session_ask(const SessionBlock& b, Ordinal guess) {
    if (guess == kNoSeat) return;
    __builtin_prefetch(b.label(guess).data);
    __builtin_prefetch(&b.row(b.layout(guess).row));
}

Ordinal session_settle(SessionBlock& b, Text label, Ordinal guess) {
    if (guess == kNoSeat) return kNoSeat;
    const Text have = b.label(guess);
    const Ordinal o = same(label, have.data, have.size) ? guess : session_find(b, label);
    if (o == kNoSeat) return kNoSeat;
    const RowInfo& row = b.row(b.layout(o).row);
    __builtin_prefetch(&b.slot(o), 1);
    __builtin_prefetch(&b.hold(o), 1);
    owner_ask(b, o);
    __builtin_prefetch(&b.bits(row)[(o - row.first_seat) >> 6], 1);
    return o;
}

int session_find_area(SessionBlock& b, Text id) {
    for (u32 a = 0; a < b.areas; a++)
        if (same(id, b.string(b.area(a).id), b.area(a).id_size)) return static_cast<int>(a);
    return -1;
}

int session_find_category(const SessionBlock& b, Text name) {
    for (u32 c = 0; c < b.categories; c++) {
        const char* have = b.string(b.category(c));
        if (same(name, have, static_cast<u32>(std::strlen(have)))) return static_cast<int>(c);
    }
    return -1;
}

DirEntry* directory_find(const Arena& arena, u32 database, const Uuid& session) {
    const u32 mask = arena.header().directory_slots - 1;
    DirEntry* all = arena.directory();
    for (u32 i = directory_home(arena, database, session);; i = (i + 1) & mask) {
        if (all[i].state == DirState::empty) return nullptr;
        if (all[i].database == database && all[i].session == session) return &all[i];
    }
}

DirEntry* directory_add(const Arena& arena, u32 database, const Uuid& session) {
    if (DirEntry* known = directory_find(arena, database, session)) return known;
    ArenaHeader& h = arena.header();
    if (h.sessions >= h.max_sessions) return nullptr;
    const u32 mask = h.directory_slots - 1;
    DirEntry* all = arena.directory();
    u32 i = directory_home(arena, database, session);
    while (all[i].state != DirState::empty)
        i = (i + 1) & mask;
    all[i] = DirEntry{};
    all[i].session = session;
    all[i].database = database;
    all[i].state = DirState::loading;
    h.sessions++;
    return &all[i];
}

void directory_remove(const Arena& arena, DirEntry* entry) {
    ArenaHeader& h = arena.header();
    const u32 mask = h.directory_slots - 1;
    DirEntry* all = arena.directory();
    u32 hole = static_cast<u32>(entry - all);
    h.sessions--;
    for (u32 i = (hole + 1) & mask; all[i].state != DirState::empty; i = (i + 1) & mask) {
        const u32 home = directory_home(arena, all[i].database, all[i].session);
        // An entry may fill the hole only if that does not put it before its home.
        if (((i - home) & mask) < ((i - hole) & mask)) continue;
        all[hole] = all[i];
        hole = i;
    }
    all[hole] = DirEntry{};
}

bool session_idle(SessionBlock& b) {
    if (b.pins.load(std::memory_order_acquire) != 0) return false;
    for (u32 a = 0; a < b.areas; a++) {
        const u32* count = b.area(a).count;
        if (count[static_cast<u32>(SeatState::held)] != 0) return false;
        if (count[static_cast<u32>(SeatState::confirming)] != 0) return false;
    }
    return true;
}

DirEntry* directory_idle(const Arena& arena) {
    DirEntry* best = nullptr;
    i64 best_used = 0;
    DirEntry* all = arena.directory();
    for (u32 i = 0; i < arena.header().directory_slots; i++) {
        DirEntry& e = all[i];
        if (e.state != DirState::ready || e.pinned != 0) continue;
        auto* b = arena.ref<SessionBlock>(e.block);
        const i64 used = b->last_used.load(std::memory_order_relaxed);
        if (best != nullptr && used >= best_used) continue;
        if (!session_idle(*b)) continue;
        best = &e;
        best_used = used;
    }
    return best;
}

void session_evict(const Arena& arena, DirEntry* entry) {
    auto* b = arena.ref<SessionBlock>(entry->block);
    // What is left are blocks of the house: the next load reads them again.
    for (Ordinal o = 0; o < b->seats; o++)
        if (b->hold(o).lock_id != 0) hold_forget(arena, b->hold(o));
    b->ready.store(0, std::memory_order_release);
    b->generation = 0;
    arena.release(entry->block, b->bytes);
    directory_remove(arena, entry);
}

}  // namespace tix::core
