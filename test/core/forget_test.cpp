// Dropped extensions and databases: what memory forgets, when, and what it gives back.

#include "forget.hpp"
#include "fixture.hpp"

namespace tix::test {

namespace {

// The database of the world's sessions; see World::access.
constexpr u32 kHere = 7, kThere = 8;

DirEntry* entry_of(World& w) {
    return directory_find(w.arena, kHere, w.block->session);
}

}  // namespace

TEST(Forget, ends_holds_frees_blocks_and_closes_the_database) {
    World w;
    w.arena.add_database(kHere)->generation = 5;
    const u64 before = w.arena.header().heap_used;
    Layout other = Layout::grid(1, 1, 3);
    ASSERT_NE(w.load(other, {9, 9}), nullptr);
    const u64 token = w.lock(w.a, {0, 1, 11}, kAnn).lock_id;
    w.commit(w.a);
    w.sell(w.a, {2}, kBob);
    EXPECT_TRUE(forget_sessions(w.arena, kHere));
    EXPECT_EQ(w.arena.header().sessions, 0u);
    EXPECT_EQ(w.arena.header().heap_used, 0u);
    EXPECT_GT(before, 0u);
    EXPECT_EQ(hold_find(w.arena, token), nullptr);
    for (u32 p = 0; p < w.partitions; p++)
        EXPECT_EQ(w.arena.partition(p).live_holds, 0u);
    EXPECT_EQ(w.sweep(), 0u);
    EXPECT_EQ(w.arena.find_database(kHere)->generation, 0u);
    EXPECT_EQ(w.arena.find_database(kHere)->floor, 5u);
}

TEST(Forget, leaves_other_databases_alone) {
    World w;
    const u64 token = w.lock(w.a, {0}, kAnn).lock_id;
    w.commit(w.a);
    w.arena.add_database(kThere);
    forget_database(w.arena, kThere);
    EXPECT_NE(hold_find(w.arena, token), nullptr);
    EXPECT_EQ(entry_of(w)->state, DirState::ready);
    EXPECT_EQ(w.arena.find_database(kThere), nullptr);
}

TEST(Forget, waits_for_the_transaction_that_lists_the_block) {
    World w;
    const u64 settled = w.lock(w.a, {0}, kAnn).lock_id;
    w.commit(w.a);
    const u64 open = w.lock(w.b, {1}, kBob).lock_id;
    EXPECT_FALSE(forget_sessions(w.arena, kHere));
    EXPECT_EQ(entry_of(w)->state, DirState::dropped);
    EXPECT_EQ(hold_find(w.arena, settled), nullptr);
    EXPECT_NE(hold_find(w.arena, open), nullptr);
    EXPECT_FALSE(forget_dropped(w.arena, entry_of(w)));
    EXPECT_EQ(w.audit(), "");
    EXPECT_EQ(w.commit(w.b), 0u);
    EXPECT_TRUE(forget_dropped(w.arena, entry_of(w)));
    EXPECT_EQ(hold_find(w.arena, open), nullptr);
    EXPECT_EQ(w.arena.header().heap_used, 0u);
}

TEST(Forget, gives_the_slot_of_a_dropped_database_to_the_next) {
    World w;
    u32 oid = 100;
    while (w.arena.add_database(oid) != nullptr)
        oid++;
    forget_database(w.arena, 110);
    EXPECT_EQ(w.arena.find_database(110), nullptr);
    EXPECT_NE(w.arena.find_database(111), nullptr);
    ASSERT_NE(w.arena.add_database(5000), nullptr);
    EXPECT_EQ(w.arena.find_database(5000)->generation, 0u);
    EXPECT_EQ(w.arena.add_database(5001), nullptr);
}

TEST(Forget, keeps_the_slot_of_a_database_that_a_transaction_still_uses) {
    World w;
    w.arena.add_database(kHere)->generation = 5;
    (void)w.lock(w.a, {0}, kAnn);
    forget_database(w.arena, kHere);
    ASSERT_NE(w.arena.find_database(kHere), nullptr);
    EXPECT_EQ(w.arena.find_database(kHere)->floor, 5u);
    w.abort(w.a);
    forget_database(w.arena, kHere);
    EXPECT_EQ(w.arena.find_database(kHere), nullptr);
    EXPECT_EQ(w.arena.header().sessions, 0u);
}

TEST(Forget, of_a_database_that_never_had_a_slot_frees_its_sessions) {
    World w;
    ASSERT_EQ(w.arena.find_database(kHere), nullptr);
    forget_database(w.arena, kHere);
    EXPECT_EQ(w.arena.header().sessions, 0u);
    EXPECT_EQ(w.arena.find_database(kHere), nullptr);
}

TEST(Forget, entries_of_every_state_go_wherever_they_lie) {
    World w;
    for (u64 i = 0; i < 3; i++) {
        directory_add(w.arena, kHere, {i, i})->state = DirState::failed;
        directory_add(w.arena, kThere, {i, i});
    }
    EXPECT_TRUE(forget_sessions(w.arena, kHere));
    EXPECT_EQ(w.arena.header().sessions, 3u);
    for (u64 i = 0; i < 3; i++)
        EXPECT_NE(directory_find(w.arena, kThere, {i, i}), nullptr);
}

}  // namespace tix::test
