// What a load brings back, the chains of what owners have, and damage that the audit must name.

#include "fixture.hpp"

namespace tix::test {

namespace {

bool channel(World& w, const char* key, i64 from, i64 until, const Seats& seats) {
    return restore_channel(*w.block, {key, static_cast<u32>(std::string(key).size())}, from, until,
                           seats.data(), static_cast<u32>(seats.size()));
}

OwnerLink& link_of(World& w, Ordinal entry) {
    return w.block->part<OwnerLink>(w.block->owner_links_at)[entry];
}

// Three holds of Ann's, chained 0, 1, 2; the last one linked stands first.
void lock_three(World& w) {
    for (const Ordinal o : {2, 1, 0})
        EXPECT_EQ(w.lock(w.a, {o}, kAnn).status, Status::ok);
    EXPECT_EQ(w.commit(w.a), 0u);
    EXPECT_EQ(link_of(w, 0).next, 1u);
    EXPECT_EQ(link_of(w, 1).next, 2u);
}

}  // namespace

TEST(Restore, blocks_free_seats_whose_block_has_not_ended) {
    World w;
    (void)w.sell(w.a, {1}, kAnn);
    (void)w.lock(w.a, {2}, kAnn);
    EXPECT_EQ(w.commit(w.a), 0u);
    const Access access = w.access(w.c, w.all());
    for (const Ordinal o : {0, 1, 2})
        restore_block(access, *w.block, o, w.now + kSecond, w.generation);
    restore_block(access, *w.block, 3, w.now, w.generation);
    restore_block(access, *w.block, 4, w.now + 1, w.generation);
    EXPECT_EQ(w.states().substr(0, 5), "bshfb");
    EXPECT_EQ(w.block->slot(3).head, kNoSeat);
    EXPECT_EQ(w.audit(), "");
    w.now += 1;
    EXPECT_EQ(w.states().substr(0, 5), "bshff");
    EXPECT_EQ(w.unblock(w.a, {0}).status, Status::ok);
    EXPECT_EQ(w.commit(w.a), 0u);
    EXPECT_EQ(w.state(0), SeatState::free);
}

TEST(Restore, a_seat_stays_in_the_channel_it_is_in) {
    World w;
    EXPECT_TRUE(channel(w, "fans", 0, 100, {0, 1}));
    EXPECT_TRUE(channel(w, "press", 0, 100, {1, 2}));
    EXPECT_EQ(w.block->slot(1).channel, w.block->slot(0).channel);
    EXPECT_NE(w.block->slot(2).channel, w.block->slot(0).channel);
    EXPECT_EQ(w.block->channel(w.block->slot(0).channel).seats, 2u);
    EXPECT_EQ(w.block->channel(w.block->slot(2).channel).seats, 1u);
    EXPECT_EQ(w.block->channelled, 3u);
}

TEST(Restore, a_channel_without_seats_takes_no_room) {
    World w;
    for (u32 i = 0; i < kChannelsPerSessionMax; i++) {
        EXPECT_TRUE(channel(w, "empty", i, 100, {}));
        EXPECT_TRUE(channel(w, ("k" + std::to_string(i)).c_str(), 0, 100, {i}));
    }
    EXPECT_FALSE(channel(w, "more", 0, 100, {39}));
    EXPECT_EQ(w.block->slot(39).channel, 0u);
    EXPECT_TRUE(channel(w, "more", 0, 100, {}));
    EXPECT_TRUE(channel(w, "k7", 0, 100, {39})) << "a channel that is there takes more seats";
    EXPECT_EQ(w.block->slot(39).channel, w.block->slot(7).channel);
}

TEST(Restore, a_channel_is_its_key_and_its_times) {
    World w;
    EXPECT_TRUE(channel(w, "fans", 0, 100, {0}));
    EXPECT_TRUE(channel(w, "fanz", 0, 100, {1}));
    EXPECT_TRUE(channel(w, "fan", 0, 100, {2}));
    EXPECT_TRUE(channel(w, "fans", 5, 100, {3}));
    EXPECT_TRUE(channel(w, "fans", 0, 200, {4}));
    for (Ordinal o = 0; o < 5; o++)
        EXPECT_EQ(w.block->slot(o).channel, o + 1);
    EXPECT_TRUE(channel(w, "fans", 0, 200, {5}));
    EXPECT_EQ(w.block->slot(5).channel, 5u);
}

TEST(Owners, of_seats_that_were_sold_before_the_load_are_counted) {
    World w;
    Layout plan = Layout::grid(1, 1, 4);
    LayoutInput in = plan.input({6, 6}, {true, true, false, true});
    const Uuid owner[] = {kAnn, kBob, kEve, kAnn};
    in.owner = owner;
    w.block = session_build(w.arena, w.arena.allocate(session_bytes(w.arena, in)), in);
    EXPECT_EQ(owner_seats(*w.block, kAnn, w.now), 2u);
    EXPECT_EQ(owner_seats(*w.block, kBob, w.now), 1u);
    EXPECT_EQ(owner_seats(*w.block, kEve, w.now), 0u) << "hers is not sold";
    EXPECT_EQ(w.audit(), "");
}

TEST(Owners, keep_count_whichever_of_three_holds_ends) {
    for (const Ordinal gone : {0, 1, 2}) {
        World w;
        lock_three(w);
        const u64 token = w.block->hold(gone).lock_id;
        EXPECT_EQ(w.release(w.a, token, kAnn).status, Status::ok);
        EXPECT_EQ(w.commit(w.a), 0u);
        EXPECT_EQ(owner_seats(*w.block, kAnn, w.now), 2u);
        EXPECT_EQ(w.audit(), "");
        const Ordinal head = gone == 0 ? 1 : 0, tail = gone == 2 ? 1 : 2;
        EXPECT_EQ(link_of(w, head).next, tail);
        EXPECT_EQ(link_of(w, head).prev, kNoSeat);
        EXPECT_EQ(link_of(w, tail).prev, head);
        EXPECT_EQ(link_of(w, tail).next, kNoSeat);
    }
}

TEST(Audit, sees_an_owner_whose_chain_misses_an_entry) {
    const char* word = "S12: the owner is not counted";
    World w;
    lock_three(w);
    ASSERT_EQ(w.audit(), "");
    link_of(w, 1).prev = 2;  // the first leads to it, but it does not lead back
    EXPECT_EQ(w.audit(), word);
    link_of(w, 1).prev = 0;
    link_of(w, 0).next = 2;  // passed over
    EXPECT_EQ(w.audit(), word);
    link_of(w, 0).next = 1;
    link_of(w, 2).prev = 0;
    EXPECT_EQ(w.audit(), word);
    link_of(w, 2).prev = 1;
    ASSERT_EQ(w.audit(), "");
    (void)w.sell(w.a, {5}, kBob);
    w.block->hold(5).owner = kEve;
    EXPECT_EQ(w.audit(), word) << "a sold seat in another's chain";
}

TEST(Audit, sees_a_row_whose_bits_differ_from_its_seats) {
    const char* word = "S12: a row's bits differ from its seats";
    World w;
    (void)w.lock(w.a, {1}, kAnn);
    ASSERT_EQ(w.audit(), "");
    RowBits& bits = w.block->bits(w.block->row(0))[0];
    for (u64* field : {&bits.free, &bits.held})
        for (const u64 seat : {u64{1}, u64{2}}) {
            *field ^= seat;
            EXPECT_EQ(w.audit(), word);
            *field ^= seat;
        }
    EXPECT_EQ(w.audit(), "");
}

}  // namespace tix::test
