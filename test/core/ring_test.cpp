// The change ring under overrun.

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

}  // namespace tix::test
