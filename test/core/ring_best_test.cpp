// The change ring under overrun, and the choice of the best block.

#include <set>

#include "fixture.hpp"

namespace tix::test {

namespace {

struct RingWorld {
    RingWorld() : memory(1 << 20) {
        EXPECT_TRUE(Arena::format(memory.at.get(), {memory.bytes, 1, 2, 16}));
        arena = Arena(memory.at.get());
    }
    void publish(u32 n) {
        for (u32 i = 0; i < n; i++)
            ring_publish(arena, {1, 2}, 7, 3, next++, SeatState::held);
    }
    Memory memory;
    Arena arena;
    Ordinal next = 1;  // equal to the change's number
    Change c = {};
};

constexpr u64 kWriting = u64{1} << 63;

}  // namespace

TEST(Ring, gives_every_change_in_order_and_whole) {
    RingWorld r;
    r.publish(10);
    for (u64 seq = 1; seq <= 10; seq++) {
        ASSERT_EQ(ring_read(r.arena, seq, &r.c), RingRead::change);
        EXPECT_EQ(r.c.ordinal, seq);
        EXPECT_EQ(r.c.session, (Uuid{1, 2}));
        EXPECT_EQ(r.c.database, 7u);
        EXPECT_EQ(r.c.layout_version, 3u);
        EXPECT_EQ(r.c.state, SeatState::held);
    }
    EXPECT_EQ(ring_read(r.arena, 11, &r.c), RingRead::end);
}

TEST(Ring, tells_a_reader_that_fell_behind_to_resync) {
    RingWorld r;
    r.publish(20);  // 16 slots
    EXPECT_EQ(ring_read(r.arena, 4, &r.c), RingRead::resync);
    EXPECT_EQ(ring_read(r.arena, 5, &r.c), RingRead::change);
    EXPECT_EQ(r.c.ordinal, 5u);
}

TEST(Ring, a_reader_waits_for_a_writer_that_has_claimed_its_number) {
    RingWorld r;
    r.publish(3);
    r.arena.header().ring_next++;  // number 4 is claimed
    EXPECT_EQ(ring_read(r.arena, 4, &r.c), RingRead::end);
    r.arena.ring()[4].seq = kWriting | 4;
    EXPECT_EQ(ring_read(r.arena, 4, &r.c), RingRead::end);
    r.next = 5;
    r.publish(1);
    EXPECT_EQ(ring_read(r.arena, 5, &r.c), RingRead::change);
}

TEST(Ring, a_lapped_writer_loses_changes_and_says_so) {
    RingWorld r;
    r.publish(3);
    r.arena.header().ring_next++;
    r.arena.ring()[4].seq = kWriting | 4;
    r.next = 5;
    r.publish(16);  // number 20 needs the slot of 4
    EXPECT_EQ(r.arena.header().ring_lost.load(), 20u);
    EXPECT_EQ(ring_read(r.arena, 4, &r.c), RingRead::resync);
    EXPECT_EQ(ring_read(r.arena, 19, &r.c), RingRead::resync);
    r.arena.ring()[4].seq = 4;  // the writer wakes up and finishes
    r.publish(16);
    EXPECT_EQ(ring_read(r.arena, 36, &r.c), RingRead::change);
    EXPECT_EQ(r.c.ordinal, 36u);
}

TEST(Ring, tells_what_a_sale_did) {
    World w;
    w.sell(w.a, {0}, kAnn);
    EXPECT_EQ(w.free_sold(w.a, {0}), 1u);
    EXPECT_EQ(w.commit(w.a), 0u);
    EXPECT_EQ(w.ring(), "0held 0confirming 0sold 0free");
}

namespace {

// One row of `n` seats; those in `gap` are one position further away from the seat before them.
Layout row_of(u32 n, const std::set<u32>& gap = {}, const std::set<u32>& accessible = {}) {
    Layout plan;
    plan.area("X");
    plan.row("1");
    u16 position = 0;
    for (u32 i = 0; i < n; i++) {
        position = static_cast<u16>(position + 1 + gap.count(i));
        plan.seat("S" + std::to_string(i), position, i < 4 ? "A" : "B", accessible.count(i) != 0);
    }
    return plan;
}

// Every first seat that some throw of the dice gives; -1 when nothing is found.
std::set<int> firsts(World& w, u32 quantity, u32 tier_max, u32 tier,
                     const u64* categories = nullptr) {
    std::set<int> found;
    for (u64 dice = 0; dice < kBestChoices * 3; dice++) {
        const BestCall call{w.block, quantity, categories, dice};
        const BestBlock b = best_in_area(w.access(w.a, w.all()), call, 0, tier_max);
        found.insert(b.found ? static_cast<int>(b.first) : -1);
        if (b.found) {
            EXPECT_EQ(b.tier, tier);
        }
    }
    return found;
}

}  // namespace

TEST(Best, tier_one_leaves_no_single_seat_alone) {
    World w;
    Layout plan = row_of(6);
    w.block = w.load(plan, {6, 6});
    EXPECT_EQ(firsts(w, 2, 2, 1), (std::set<int>{0, 2, 4}));
    EXPECT_EQ(firsts(w, 3, 2, 1), (std::set<int>{0, 3}));
    EXPECT_EQ(firsts(w, 6, 2, 1), (std::set<int>{0}));
    EXPECT_EQ(firsts(w, 7, 2, 1), (std::set<int>{-1}));
}

TEST(Best, tier_two_is_taken_only_when_asked_for) {
    World w;
    Layout plan = row_of(3);
    w.block = w.load(plan, {6, 6});
    EXPECT_EQ(firsts(w, 2, 1, 1), (std::set<int>{-1}));
    EXPECT_EQ(firsts(w, 2, 2, 2), (std::set<int>{0, 1}));
}

TEST(Best, neighbours_are_positions_not_numbers) {
    World w;
    Layout plan = row_of(6, {2});  // an aisle after the first two
    w.block = w.load(plan, {6, 6});
    EXPECT_EQ(firsts(w, 2, 1, 1), (std::set<int>{0, 2, 4}));
    EXPECT_EQ(firsts(w, 4, 2, 1), (std::set<int>{2}));
    EXPECT_EQ(firsts(w, 5, 2, 1), (std::set<int>{-1}));
}

TEST(Best, accessible_places_are_never_given) {
    World w;
    Layout plan = row_of(6, {}, {2});
    w.block = w.load(plan, {6, 6});
    EXPECT_EQ(firsts(w, 1, 2, 1).count(2), 0u);
    EXPECT_EQ(firsts(w, 4, 2, 1), (std::set<int>{-1}));
}

TEST(Best, only_the_wanted_categories_are_given) {
    World w;
    Layout plan = row_of(8);
    w.block = w.load(plan, {6, 6});
    u64 bits[kCategoriesPerSessionMax / 64] = {};
    bits[0] = 2;  // B: seats 4 to 7
    EXPECT_EQ(firsts(w, 4, 2, 1, bits), (std::set<int>{4}));
    EXPECT_EQ(firsts(w, 5, 2, 1, bits), (std::set<int>{-1}));
}

TEST(Best, held_seats_are_counted_and_overdue_ones_given) {
    World w;
    Layout plan = row_of(4);
    w.block = w.load(plan, {6, 6});
    (void)w.lock(w.a, {1}, kAnn, kSecond);
    EXPECT_EQ(w.commit(w.a), 0u);
    const BestCall call{w.block, 3, nullptr, 0};
    BestBlock b = best_in_area(w.access(w.a, w.all()), call, 0, 2);
    EXPECT_FALSE(b.found);
    EXPECT_EQ(b.free, 3u);
    EXPECT_EQ(b.held, 1u);
    w.now += kSecond;
    b = best_in_area(w.access(w.a, w.all()), call, 0, 2);
    EXPECT_TRUE(b.found);
}

TEST(Best, every_area_is_offered_once_and_near_ones_first) {
    World w(4, 1, 3);
    u64 left[kAreasPerSessionMax / 64] = {0xF};
    std::set<int> seen;
    for (int a; (a = best_next_area(*w.block, left, 42)) >= 0; left[0] &= ~(u64{1} << a))
        EXPECT_TRUE(seen.insert(a).second);
    EXPECT_EQ(seen.size(), 4u);
}

}  // namespace tix::test
