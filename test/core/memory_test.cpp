// Tokens, the arena, its heap, the directory, the label index, eviction.

#include <map>
#include <random>

#include "fixture.hpp"

namespace tix::test {

TEST(Token, grows_with_generation_and_sequence_whatever_the_home) {
    EXPECT_LT(Token::make(1, 1, 127), Token::make(1, 2, 0));
    EXPECT_LT(Token::make(1, (u64{1} << 40) - 1, 127), Token::make(2, 1, 0));
    EXPECT_GT(static_cast<i64>(Token::make(1, 1, 0)), 0);
    EXPECT_GT(static_cast<i64>(Token::make(0x7FFF, (u64{1} << 40) - 1, 127)), 0);
    EXPECT_GT(static_cast<i64>(Token::make(Token::kGenerationMax, 1, 0)), 0);
}

TEST(Token, gives_back_home_and_generation) {
    const u64 t = Token::make(513, 77, 101);
    EXPECT_EQ(Token::home(t), 101u);
    EXPECT_EQ(Token::generation(t), 513u);
    EXPECT_EQ(t, (u64{513} << 47) | (77 << 7) | 101);
}

TEST(Token, home_slot_of_a_stored_token_never_changes) {
    EXPECT_EQ(home_slot({1, 2}, {"A", 1}), 75u);
    EXPECT_EQ(home_slot({0x123456789abcdef0, 42}, {"Sector 12", 9}), 120u);
}

TEST(Token, seats_see_strictly_growing_tokens) {
    World w;
    u64 last = 0;
    for (int i = 0; i < 20; i++) {
        const u64 t = w.lock(w.a, {static_cast<Ordinal>(i % 3)}, kAnn, kSecond).lock_id;
        EXPECT_GT(t, last);
        last = t;
        w.abort(w.a);
    }
    w.generation++;
    EXPECT_GT(w.lock(w.a, {0}, kAnn).lock_id, last);
}

TEST(Arena, refuses_memory_that_its_fixed_parts_fill) {
    const ArenaConfig want{1 << 20, 4, 8, 256};
    Memory m(4 << 20);
    const u64 fixed = Arena::fixed_bytes(want);
    ASSERT_LT(fixed, want.bytes);
    EXPECT_TRUE(Arena::format(m.at.get(), want));
    EXPECT_TRUE(Arena(m.at.get()).valid());
    EXPECT_EQ(Arena(m.at.get()).header().heap_bytes, want.bytes - fixed);
    EXPECT_FALSE(Arena::format(m.at.get(), {4096, 4, 8, 256}));
    EXPECT_FALSE(Arena().valid());
}

TEST(Arena, parts_are_aligned_and_do_not_overlap) {
    World w;
    const ArenaHeader& h = w.arena.header();
    const u64 at[] = {sizeof(ArenaHeader), h.databases_at, h.directory_at,
                      h.partitions_at,     h.latencies_at, h.wheels_at,
                      h.index_at,          h.ring_at,      h.heap_at};
    const u64 size[] = {0,
                        sizeof(Database) * kDatabasesMax,
                        sizeof(DirEntry) * h.directory_slots,
                        sizeof(Partition) * h.partitions,
                        sizeof(PartitionLatency) * h.partitions,
                        u64{h.partitions} * kWheelSlots * sizeof(Ref),
                        u64{h.partitions} * h.buckets * sizeof(Ref),
                        u64{h.ring_slots} * sizeof(RingSlot),
                        0};
    for (int i = 1; i < 9; i++) {
        EXPECT_EQ(at[i] % 64, 0u);
        EXPECT_GE(at[i], at[i - 1] + size[i - 1]);
    }
}

TEST(Arena, memory_of_another_format_is_not_valid) {
    World w;
    w.arena.header().format++;
    EXPECT_FALSE(w.arena.valid());
}

TEST(Heap, gives_back_what_it_was_given_whatever_the_order) {
    World w;
    const u64 used = w.arena.header().heap_used;
    std::mt19937 rng(7);
    std::map<Ref, u64> live;
    for (int i = 0; i < 4000; i++) {
        if (live.empty() || rng() % 2 == 0) {
            const u64 bytes = 1 + rng() % 5000;
            const Ref r = w.arena.allocate(bytes);
            ASSERT_NE(r, kNoRef);
            const auto next = live.lower_bound(r);
            if (next != live.end()) {
                ASSERT_LE(u64{r} * 64 + bytes, u64{next->first} * 64);
            }
            if (next != live.begin()) {
                const auto before = std::prev(next);
                ASSERT_LE(u64{before->first} * 64 + before->second, u64{r} * 64);
            }
            live[r] = bytes;
        } else {
            auto it = live.begin();
            std::advance(it, rng() % live.size());
            w.arena.release(it->first, it->second);
            live.erase(it);
        }
    }
    for (const auto& [r, bytes] : live)
        w.arena.release(r, bytes);
    EXPECT_EQ(w.arena.header().heap_used, used);
    // All one chunk again: the whole rest can be had at once.
    EXPECT_NE(w.arena.allocate(w.arena.header().heap_bytes - used), kNoRef);
    EXPECT_EQ(w.arena.allocate(1), kNoRef);
}

TEST(Databases, are_found_again_until_the_table_is_full) {
    World w;
    for (u32 oid = 1; oid <= kDatabasesMax; oid++)
        ASSERT_NE(w.arena.add_database(oid), nullptr);
    EXPECT_EQ(w.arena.add_database(5), w.arena.find_database(5));
    EXPECT_EQ(w.arena.add_database(kDatabasesMax + 1), nullptr);
    EXPECT_EQ(w.arena.find_database(999), nullptr);
}

TEST(Directory, stays_whole_when_entries_leave_in_any_order) {
    Memory m(4 << 20);
    ASSERT_TRUE(Arena::format(m.at.get(), {m.bytes, 4, 64, 256}));
    const Arena arena(m.at.get());
    std::mt19937 rng(3);
    std::map<u64, bool> in;
    for (int i = 0; i < 20000; i++) {
        const u64 n = rng() % 100;
        const Uuid id{n, n * n};
        DirEntry* e = directory_find(arena, 7, id);
        ASSERT_EQ(e != nullptr, in.count(n) == 1);
        if (e != nullptr) {
            directory_remove(arena, e);
            in.erase(n);
        } else if (directory_add(arena, 7, id) != nullptr) {
            in[n] = true;
        } else {
            ASSERT_EQ(in.size(), 64u);
        }
        ASSERT_EQ(arena.header().sessions, in.size());
    }
    EXPECT_EQ(directory_find(arena, 8, {1, 1}), nullptr) << "another database's session";
}

TEST(Labels, every_seat_is_found_by_its_label_and_no_other) {
    World w(5, 7, 30);
    for (Ordinal o = 0; o < w.block->seats; o++)
        ASSERT_EQ(session_find(*w.block, w.block->label(o)), o);
    EXPECT_EQ(session_find(*w.block, {"A0-0-99", 7}), kNoSeat);
    EXPECT_EQ(session_find(*w.block, {"", 0}), kNoSeat);
    EXPECT_EQ(session_find(*w.block, {"A0-0-0 ", 7}), kNoSeat);
    EXPECT_EQ(session_find_area(*w.block, {"A4", 2}), 4);
    EXPECT_EQ(session_find_area(*w.block, {"A", 1}), -1);
    EXPECT_EQ(session_find_category(*w.block, {"A", 1}), 0);
    EXPECT_EQ(session_find_category(*w.block, {"B", 1}), -1);
}

TEST(Labels, in_steps_the_same_seats_are_found) {
    World w(5, 7, 30);
    const auto find = [&](Text label) {
        const Ordinal guess = session_guess(*w.block, label_hash(*w.block, label));
        session_ask(*w.block, guess);
        return session_settle(*w.block, label, guess);
    };
    for (Ordinal o = 0; o < w.block->seats; o++)
        ASSERT_EQ(find(w.block->label(o)), o);
    for (u32 i = 0; i < 2000; i++) {
        const std::string other = "A0-0-9" + std::to_string(i);
        ASSERT_EQ(find({other.data(), static_cast<u32>(other.size())}), kNoSeat);
    }
    // Another seat with the same hash was guessed.
    EXPECT_EQ(session_settle(*w.block, w.block->label(7), 8), 7u);
    EXPECT_EQ(session_settle(*w.block, {"A0-0-99", 7}, 8), kNoSeat);
}

TEST(Session, costs_at_most_64_bytes_a_seat_beside_its_hold_entry) {
    const World w;
    Layout big = Layout::grid(40, 25, 40);
    const LayoutInput in = big.input({1, 1});
    EXPECT_LE(session_bytes(w.arena, in) / in.seats, 64u + 64u);
}

TEST(Session, sold_seats_are_sold_from_the_start) {
    World w;
    Layout plan = Layout::grid(2, 1, 3);
    w.block = w.load(plan, {6, 6}, {false, true, false, false, false, true});
    EXPECT_EQ(w.states(), "fsfffs");
    EXPECT_EQ(w.audit(), "");
}

TEST(Session, a_load_that_does_not_fit_changes_nothing) {
    World w;
    Layout big = Layout::grid(100, 40, 40);
    const u64 used = w.arena.header().heap_used;
    EXPECT_EQ(w.arena.allocate(session_bytes(w.arena, big.input({6, 6}))), kNoRef);
    EXPECT_EQ(w.arena.header().heap_used, used);
}

TEST(Session, is_idle_only_without_holds_and_without_transactions) {
    World w;
    EXPECT_TRUE(session_idle(*w.block));
    const u64 token = w.lock(w.a, {0}, kAnn).lock_id;
    EXPECT_FALSE(session_idle(*w.block));
    EXPECT_EQ(w.commit(w.a), 0u);
    EXPECT_FALSE(session_idle(*w.block)) << "a committed hold is not to be missed";
    (void)w.confirm(w.a, token, kAnn);
    EXPECT_FALSE(session_idle(*w.block));
    EXPECT_EQ(w.commit(w.a), 0u);
    EXPECT_TRUE(session_idle(*w.block));
    (void)w.free_sold(w.a, {0});
    EXPECT_FALSE(session_idle(*w.block)) << "a pending free lives in the block only";
    w.abort(w.a);
    EXPECT_TRUE(session_idle(*w.block));
}

TEST(Session, a_pin_keeps_the_block_until_its_subtransaction_ends) {
    World w;
    xact_pin(w.arena, w.a.log, *w.block);
    xact_pin(w.arena, w.a.log, *w.block);
    EXPECT_EQ(w.block->pins.load(), 1u);
    w.begin_sub(w.a);
    xact_pin(w.arena, w.a.log, *w.block);
    EXPECT_EQ(w.block->pins.load(), 2u);
    w.abort_sub(w.a);
    EXPECT_EQ(w.block->pins.load(), 1u);
    EXPECT_FALSE(xact_uses_holds(w.a.log));
    EXPECT_FALSE(session_idle(*w.block));
    EXPECT_EQ(w.commit(w.a), 0u);
    EXPECT_TRUE(session_idle(*w.block));
}

TEST(Session, the_least_recently_used_idle_one_is_evicted) {
    World w;
    Layout plan = Layout::grid(1, 1, 3);
    SessionBlock* old = w.load(plan, {6, 6});
    SessionBlock* young = w.load(plan, {7, 7});
    w.block->last_used = 1;
    old->last_used = 2;
    young->last_used = 3;
    directory_find(w.arena, 7, {5, 5})->pinned = 1;
    DirEntry* e = directory_idle(w.arena);
    ASSERT_NE(e, nullptr);
    EXPECT_EQ(e->session, (Uuid{6, 6}));
    const u64 used = w.arena.header().heap_used, bytes = old->bytes;
    session_evict(w.arena, e);
    EXPECT_EQ(w.arena.header().heap_used, used - bytes);
    EXPECT_EQ(directory_find(w.arena, 7, {6, 6}), nullptr);
    w.block = young;
    (void)w.lock(w.a, {0}, kAnn);
    EXPECT_EQ(directory_idle(w.arena), nullptr);
}

}  // namespace tix::test
