// Deadlines: exact without any worker; the wheel only tidies.

#include "fixture.hpp"

namespace tix::test {

TEST(Expiry, a_seat_is_anyones_at_its_deadline_and_not_a_microsecond_before) {
    World w;
    const HoldAnswer h = w.lock(w.a, {0}, kAnn, 10 * kSecond);
    EXPECT_EQ(w.commit(w.a), 0u);
    w.now = h.deadline - 1;
    EXPECT_EQ(w.state(0), SeatState::held);
    EXPECT_EQ(w.lock(w.b, {0}, kBob).reason, Reason::held);
    EXPECT_EQ(w.sweep(), 0u);
    EXPECT_EQ(lock_get(w.access(w.a, w.all()), h.lock_id, kAnn).status, Status::ok);
    w.now = h.deadline;
    EXPECT_EQ(w.state(0), SeatState::free);
    EXPECT_EQ(lock_get(w.access(w.a, w.all()), h.lock_id, kAnn).status, Status::lost);
    const HoldAnswer taken = w.lock(w.b, {0}, kBob);
    EXPECT_EQ(taken.status, Status::ok);
    EXPECT_GT(taken.lock_id, h.lock_id);
}

TEST(Expiry, the_owner_too_gets_a_new_token_for_an_overdue_seat) {
    World w;
    const u64 old = w.lock(w.a, {0, 11}, kAnn, kSecond).lock_id;
    EXPECT_EQ(w.commit(w.a), 0u);
    w.now += kSecond;
    const HoldAnswer h = w.lock(w.a, {0}, kAnn);
    EXPECT_GT(h.lock_id, old);
    EXPECT_EQ(h.journal, Journal::grant);
    EXPECT_EQ(w.state(11), SeatState::free);
    EXPECT_EQ(w.audit(), "");
}

TEST(Expiry, an_overdue_hold_in_more_partitions_is_ended_under_all_of_them) {
    World w;
    (void)w.lock(w.a, {0, 11, 22, 33}, kAnn, kSecond);
    EXPECT_EQ(w.commit(w.a), 0u);
    w.now += kSecond;
    PartitionSet one;
    one.add(seat_partition(w.arena, *w.block, 33));
    const Ordinal seat = 33;
    Reason why;
    const LockCall call{w.block, &seat, 1, kBob, kSecond, 1, 0};
    const HoldAnswer first = lock_seats(w.access(w.b, one), call, &why);
    EXPECT_EQ(first.status, Status::need_partitions);
    EXPECT_TRUE(first.need.covers(w.block->partitions));
    EXPECT_EQ(w.block->slot(0).state, SeatState::held);
    EXPECT_EQ(w.lock(w.b, {33}, kBob).status, Status::ok);
    EXPECT_EQ(w.rounds, 2u);
    EXPECT_EQ(w.block->slot(0).state, SeatState::free);
    EXPECT_EQ(w.audit(), "");
}

TEST(Expiry, a_pinned_hold_is_not_expired_before_its_commit) {
    World w;
    const u64 token = w.lock(w.a, {0}, kAnn, 10 * kSecond).lock_id;
    w.now += 10 * kSecond - 1;
    EXPECT_EQ(xact_check_and_pin(w.arena, w.a.log, w.now), 0u);
    w.now += 60 * kSecond;
    EXPECT_EQ(w.sweep(), 0u);
    EXPECT_EQ(w.lock(w.b, {0}, kBob).reason, Reason::held);
    xact_commit(w.arena, w.a.log, w.now);
    EXPECT_EQ(hold_find(w.arena, token), nullptr) << "it is due, and nothing shields it now";
    EXPECT_EQ(w.state(0), SeatState::free);
    EXPECT_EQ(w.audit(), "");
}

TEST(Expiry, a_confirming_hold_never_expires) {
    World w;
    const u64 token = w.lock(w.a, {0}, kAnn, kSecond).lock_id;
    EXPECT_EQ(w.commit(w.a), 0u);
    (void)w.confirm(w.a, token, kAnn);
    w.now += 100000 * kSecond;
    EXPECT_EQ(w.sweep(), 0u);
    EXPECT_EQ(w.lock(w.b, {0}, kBob).reason, Reason::held);
    EXPECT_EQ(w.commit(w.a), 0u);
    EXPECT_EQ(w.state(0), SeatState::sold);
}

TEST(Expiry, a_confirming_hold_past_its_deadline_is_freed_by_its_abort) {
    World w;
    const u64 token = w.lock(w.a, {0}, kAnn, kSecond).lock_id;
    EXPECT_EQ(w.commit(w.a), 0u);
    (void)w.confirm(w.a, token, kAnn);
    w.now += 2 * kSecond;
    (void)w.ring();
    w.abort(w.a);
    EXPECT_EQ(w.ring(), "0held 0free");
}

TEST(Wheel, frees_holds_in_the_order_of_their_ticks) {
    World w(1, 1, 5);
    for (const Ordinal o : {3u, 1u, 4u, 0u, 2u}) {
        (void)w.lock(w.a, {o}, kAnn, (o + 1) * kSecond);
        EXPECT_EQ(w.commit(w.a), 0u);
    }
    (void)w.ring();
    w.now += 3 * kSecond;
    EXPECT_EQ(w.sweep(), 3u);
    EXPECT_EQ(w.ring(), "0free 1free 2free");
    w.now += 2 * kSecond;
    EXPECT_EQ(w.sweep(), 2u);
    EXPECT_EQ(w.audit(), "");
}

TEST(Wheel, finds_every_hold_however_late_and_however_far) {
    World w(2, 5, 40);
    const Micros start = w.now;
    for (Ordinal o = 0; o < 400; o++) {
        (void)w.lock(w.a, {o}, kAnn, 1 + o * 777777);  // up to 311 s, four turns and a half
        EXPECT_EQ(w.commit(w.a), 0u);
    }
    u32 freed = 0;
    const Micros jumps[] = {1, 5, 16384, 3 * kSecond, 70 * kSecond, 1, 68 * kSecond, 300 * kSecond};
    for (const Micros jump : jumps) {
        w.now += jump;
        freed += w.sweep();
        u32 due = 0;
        for (Ordinal o = 0; o < 400; o++)
            due += start + 1 + o * 777777 <= w.now;
        ASSERT_EQ(freed, due) << "at " << w.now - start;
    }
    EXPECT_EQ(freed, 400u);
}

TEST(Wheel, an_extended_hold_moves_to_its_new_tick) {
    World w;
    const u64 token = w.lock(w.a, {0}, kAnn, kSecond).lock_id;
    (void)w.extend(w.a, token, kAnn, 200 * kSecond);
    EXPECT_EQ(w.commit(w.a), 0u);
    w.now += 199 * kSecond;
    EXPECT_EQ(w.sweep(), 0u);
    w.now += kSecond;
    EXPECT_EQ(w.sweep(), 1u);
}

TEST(Wheel, stops_when_its_budget_is_spent_and_goes_on_from_there) {
    World w(1, 1, 10, 1);
    for (Ordinal o = 0; o < 10; o++)
        (void)w.lock(w.a, {o}, kAnn, kSecond);
    EXPECT_EQ(w.commit(w.a), 0u);
    w.now += 2 * kSecond;
    Sweep s = wheel_sweep(w.arena, 0, w.now, 4);
    EXPECT_EQ(s.freed, 4u);
    EXPECT_TRUE(s.more);
    s = wheel_sweep(w.arena, 0, w.now, 6);
    EXPECT_EQ(s.freed, 6u);
    EXPECT_FALSE(s.more);
    EXPECT_EQ(w.arena.partition(0).live_holds, 0u);
    EXPECT_EQ(w.arena.partition(0).counts[static_cast<u32>(Count::expirations)], 10u);
}

TEST(Wheel, names_the_hold_that_needs_more_locks) {
    World w;
    const u64 token = w.lock(w.a, {0, 11, 22, 33}, kAnn, kSecond).lock_id;
    EXPECT_EQ(w.commit(w.a), 0u);
    w.now += kSecond;
    const u32 home = w.arena.partition_of(Token::home(token));
    const Sweep s = wheel_sweep(w.arena, home, w.now, 9);
    EXPECT_EQ(s.stuck, token);
    EXPECT_EQ(s.freed, 0u);
    PartitionSet own;
    own.add(home);
    EXPECT_FALSE(hold_expire(w.arena, token, w.now, own));
    EXPECT_TRUE(hold_expire(w.arena, token, w.now - 1, s.need)) << "not due: nothing to do";
    EXPECT_NE(hold_find(w.arena, token), nullptr);
    EXPECT_TRUE(hold_expire(w.arena, token, w.now, s.need));
    EXPECT_EQ(hold_find(w.arena, token), nullptr);
    EXPECT_EQ(wheel_sweep(w.arena, home, w.now, 9).stuck, 0u);
}

TEST(Expiry, overdue_holds_of_many_owners_never_need_the_locks_of_all) {
    World w(1, 4, 10, 8);
    for (Ordinal o = 0; o < 40; o++)
        (void)w.lock(w.a, {o}, {o + 1, 99}, kSecond);
    EXPECT_EQ(w.commit(w.a), 0u);
    w.now += kSecond;
    PartitionSet home;
    home.add(seat_partition(w.arena, *w.block, 0));
    for (HoldAnswer h; (h = free_overdue(w.access(w.a, home), home)).status != Status::ok;) {
        ASSERT_EQ(h.status, Status::need_partitions);
        EXPECT_LE(__builtin_popcountll(h.need.word[0] & ~home.word[0]), 1);
        ASSERT_TRUE(hold_expire(w.arena, h.lock_id, w.now, h.need));
    }
    EXPECT_EQ(w.block->area(0).count[static_cast<u32>(SeatState::free)], 40u);
    EXPECT_EQ(w.audit(), "");
}

}  // namespace tix::test
