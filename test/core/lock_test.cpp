// Acquiring and extending: all or none, in any order, for the owner only.

#include <algorithm>

#include "fixture.hpp"

namespace tix::test {

TEST(Lock, a_group_is_held_whole_in_any_order) {
    World w;  // 4 areas of 10 seats
    Seats seats = {0, 11, 22, 33};
    std::sort(seats.begin(), seats.end());
    do {
        const HoldAnswer h = w.lock(w.a, seats, kAnn);
        ASSERT_EQ(h.status, Status::ok);
        for (const Ordinal o : seats)
            ASSERT_EQ(w.state(o), SeatState::held);
        ASSERT_EQ(w.audit(), "");
        w.abort(w.a);
        ASSERT_EQ(w.states(), std::string(40, 'f'));
    } while (std::next_permutation(seats.begin(), seats.end()));
}

TEST(Lock, a_group_with_a_taken_seat_takes_nothing_and_says_which) {
    World w;
    w.sell(w.a, {7}, kAnn);
    (void)w.lock(w.a, {22}, kAnn);
    const std::string before = w.states();
    const HoldAnswer h = w.lock(w.b, {0, 22, 33, 7}, kBob);
    EXPECT_EQ(h.status, Status::refused);
    EXPECT_EQ(h.reason, Reason::held);
    const std::vector<Reason> want = {Reason::none, Reason::held, Reason::none, Reason::sold};
    EXPECT_EQ(w.why, want);
    EXPECT_EQ(w.states(), before);
    EXPECT_EQ(w.b.log.size, 0u);
}

TEST(Lock, again_by_the_owner_gives_the_same_token_and_deadline) {
    World w;
    const HoldAnswer first = w.lock(w.a, {0, 11}, kAnn);
    w.now += kSecond;
    for (const Seats& again : {Seats{0, 11}, Seats{11}, Seats{0}}) {
        const HoldAnswer h = w.lock(w.a, again, kAnn);
        EXPECT_EQ(h.status, Status::ok);
        EXPECT_EQ(h.lock_id, first.lock_id);
        EXPECT_EQ(h.deadline, first.deadline);
        EXPECT_EQ(h.journal, Journal::none);
    }
    EXPECT_EQ(w.commit(w.a), 0u);
    EXPECT_EQ(w.lock(w.b, {0, 11}, kAnn).lock_id, first.lock_id);
    EXPECT_EQ(w.lock(w.b, {0}, kBob).reason, Reason::held);
}

TEST(Lock, ones_own_seats_mixed_with_others_are_refused) {
    World w;
    (void)w.lock(w.a, {0}, kAnn);
    EXPECT_EQ(w.lock(w.a, {0, 1}, kAnn).reason, Reason::held);
    EXPECT_EQ(w.why, (std::vector<Reason>{Reason::held, Reason::none}));
    (void)w.lock(w.a, {2}, kAnn);
    EXPECT_EQ(w.lock(w.a, {0, 2}, kAnn).reason, Reason::held) << "two holds are not one";
}

TEST(Lock, a_hold_with_uncommitted_changes_is_busy_for_the_owners_other_transactions) {
    World w;
    const u64 token = w.lock(w.a, {0}, kAnn).lock_id;
    EXPECT_EQ(w.lock(w.b, {0}, kAnn).status, Status::busy);
    EXPECT_EQ(w.extend(w.b, token, kAnn, kSecond).status, Status::busy);
    EXPECT_EQ(w.release(w.b, token, kAnn).status, Status::busy);
    EXPECT_EQ(w.confirm(w.b, token, kAnn).status, Status::busy);
    EXPECT_EQ(w.hand_over(w.b, token, kAnn, kSecond).status, Status::busy);
    EXPECT_EQ(w.b.log.size, 0u);
}

TEST(Lock, a_stranger_or_a_stale_token_changes_nothing_and_learns_nothing) {
    World w;
    const u64 token = w.lock(w.a, {0, 11}, kAnn).lock_id;
    EXPECT_EQ(w.commit(w.a), 0u);
    for (const u64 t : {token, token + (1 << 7), u64{0}, ~u64{0} >> 1}) {
        for (const HoldAnswer& h :
             {w.extend(w.b, t, kEve, kSecond), w.hand_over(w.b, t, kEve, kSecond),
              w.release(w.b, t, kEve), w.confirm(w.b, t, kEve),
              lock_get(w.access(w.b, w.all()), t, kEve), w.lock(w.b, {5}, kEve, kSecond, t)}) {
            if (t == 0 && h.journal == Journal::grant) continue;  // into 0 is a new hold
            EXPECT_EQ(h.status, Status::lost);
            EXPECT_EQ(h.lock_id, 0u);
            EXPECT_EQ(h.deadline, 0);
        }
        w.abort(w.b);
    }
    EXPECT_EQ(w.state(0), SeatState::held);
}

TEST(Lock, a_token_of_another_database_is_unknown) {
    World w;
    const u64 token = w.lock(w.a, {0}, kAnn).lock_id;
    Access x = w.access(w.a, w.all());
    EXPECT_EQ(lock_get(x, token, kAnn).status, Status::ok);
    x.database = 8;
    EXPECT_EQ(lock_get(x, token, kAnn).status, Status::lost);
    EXPECT_EQ(confirm_lock(x, token, kAnn).status, Status::lost);
}

TEST(Lock, a_full_thousand_seats_fit_and_one_more_does_not) {
    World w(2, 20, 30);
    Seats all(kSeatsPerLockMax);
    for (Ordinal o = 0; o < kSeatsPerLockMax; o++)
        all[o] = o;
    const u64 token = w.lock(w.a, all, kAnn).lock_id;
    EXPECT_EQ(w.audit(), "");
    EXPECT_EQ(w.lock(w.a, {1100}, kAnn, kSecond, token).reason, Reason::too_many);
    (void)w.confirm(w.a, token, kAnn);
    EXPECT_EQ(w.commit(w.a), 0u);
    EXPECT_EQ(w.state(999), SeatState::sold);
    EXPECT_EQ(w.audit(), "");
}

TEST(Lock, a_full_log_changes_nothing) {
    World w;
    Backend small(5, 3);
    const u64 token = w.lock(small, {0, 11, 22}, kAnn).lock_id;
    (void)w.lock(small, {1}, kAnn);
    EXPECT_EQ(w.extend(small, token, kAnn, kSecond).status, Status::ok);
    const std::string before = w.states();
    EXPECT_EQ(w.lock(small, {2}, kAnn).status, Status::log_full);
    EXPECT_EQ(w.lock(small, {2}, kAnn, kSecond, token).status, Status::log_full);
    EXPECT_EQ(w.lock(small, {0, 11}, kAnn).status, Status::log_full);
    EXPECT_EQ(w.extend(small, token, kAnn, kSecond).status, Status::log_full);
    EXPECT_EQ(w.release(small, token, kAnn).status, Status::log_full);
    EXPECT_EQ(w.confirm(small, token, kAnn).status, Status::log_full);
    EXPECT_EQ(w.insert_ticket(small, 5, kAnn).status, Status::log_full);
    EXPECT_EQ(w.remove_ticket(small, 5), Status::log_full);
    EXPECT_EQ(w.states(), before);
    EXPECT_EQ(small.log.size, 3u);
    EXPECT_EQ(w.audit(), "");
    w.abort(small);
    EXPECT_EQ(w.states(), std::string(40, 'f'));
}

TEST(Lock, a_call_asks_for_the_partitions_it_lacks_and_changes_nothing) {
    World w;
    const HoldAnswer h = w.lock(w.a, {0, 11, 22, 33}, kAnn);
    const Hold* hold = hold_find(w.arena, h.lock_id);
    const PartitionSet whole = hold_partitions(w.arena, *hold);
    EXPECT_TRUE(whole.covers(w.block->partitions));
    PartitionSet home;
    home.add(w.arena.partition_of(Token::home(h.lock_id)));
    const HoldAnswer first = extend_lock(w.access(w.a, home), h.lock_id, kAnn, kSecond, kSecond);
    EXPECT_EQ(first.status, Status::need_partitions);
    EXPECT_TRUE(first.need.covers(whole) && whole.covers(first.need));
    EXPECT_EQ(w.a.log.size, 1u);
    EXPECT_EQ(w.extend(w.a, h.lock_id, kAnn, 90 * kSecond).status, Status::ok);
    EXPECT_EQ(w.rounds, 2u);
}

TEST(Add, puts_seats_into_the_hold_and_keeps_its_deadline) {
    World w;
    const HoldAnswer h = w.lock(w.a, {0}, kAnn);
    EXPECT_EQ(w.commit(w.a), 0u);
    const HoldAnswer more = w.lock(w.b, {11, 0, 22}, kAnn, 999 * kSecond, h.lock_id);
    EXPECT_EQ(more.lock_id, h.lock_id);
    EXPECT_EQ(more.deadline, h.deadline);
    EXPECT_EQ(more.journal, Journal::add);
    EXPECT_GT(more.version, h.version);
    Ordinal list[kSeatsPerLockMax];
    EXPECT_EQ(lock_seat_list(w.access(w.b, w.all()), h.lock_id, list), 3u);
    w.abort(w.b);
    EXPECT_EQ(lock_seat_list(w.access(w.b, w.all()), h.lock_id, list), 1u);
    EXPECT_EQ(w.state(11), SeatState::free);
    EXPECT_EQ(w.audit(), "");
}

TEST(Add, into_a_confirming_hold_or_with_a_taken_seat_is_refused) {
    World w;
    const u64 token = w.lock(w.a, {0}, kAnn).lock_id;
    (void)w.lock(w.b, {3}, kBob);
    EXPECT_EQ(w.lock(w.a, {1, 3}, kAnn, kSecond, token).reason, Reason::held);
    EXPECT_EQ(w.state(1), SeatState::free);
    (void)w.confirm(w.a, token, kAnn);
    EXPECT_EQ(w.lock(w.a, {1}, kAnn, kSecond, token).status, Status::busy);
}

TEST(Extend, raises_the_deadline_to_now_plus_ttl_and_never_lowers_it) {
    World w;
    const HoldAnswer h = w.lock(w.a, {0}, kAnn, 60 * kSecond);
    EXPECT_EQ(w.extend(w.a, h.lock_id, kAnn, 100 * kSecond).deadline, w.now + 100 * kSecond);
    EXPECT_EQ(w.extend(w.a, h.lock_id, kAnn, 5 * kSecond).deadline, w.now + 100 * kSecond);
    EXPECT_EQ(w.hand_over(w.a, h.lock_id, kAnn, 1).deadline, w.now + 100 * kSecond);
}

TEST(Extend, stops_at_the_lifetime_from_first_acquisition_however_often) {
    World w;
    const Micros start = w.now;
    const u64 token = w.lock(w.a, {0}, kAnn, 60 * kSecond).lock_id;
    Micros deadline = 0;
    for (int i = 0; i < 5; i++) {
        w.now += 50 * kSecond;
        const HoldAnswer h = w.extend(w.a, token, kAnn, 60 * kSecond, 200 * kSecond);
        if (h.status == Status::ok) deadline = h.deadline;
        if (h.status == Status::refused) {
            EXPECT_EQ(h.reason, Reason::lifetime);
            EXPECT_EQ(h.lock_id, token);
        }
    }
    EXPECT_EQ(deadline, start + 200 * kSecond);
    EXPECT_EQ(w.state(0), SeatState::free) << "250 s are past the cap";
}

TEST(Extend, a_hold_handed_to_an_order_has_no_cap) {
    World w;
    const u64 token = w.lock(w.a, {0}, kAnn, 60 * kSecond).lock_id;
    const HoldAnswer h = w.hand_over(w.a, token, kAnn, 9000 * kSecond);
    EXPECT_EQ(h.deadline, w.now + 9000 * kSecond);
    w.now += 8000 * kSecond;
    EXPECT_EQ(w.extend(w.a, token, kAnn, 9000 * kSecond, 200 * kSecond).deadline,
              w.now + 9000 * kSecond);
}

TEST(Extend, and_hand_over_are_undone_by_rollback) {
    World w;
    const HoldAnswer h = w.lock(w.a, {0}, kAnn, 60 * kSecond);
    EXPECT_EQ(w.commit(w.a), 0u);
    (void)w.extend(w.a, h.lock_id, kAnn, 300 * kSecond);
    (void)w.hand_over(w.a, h.lock_id, kAnn, 9000 * kSecond);
    w.abort(w.a);
    EXPECT_EQ(lock_get(w.access(w.a, w.all()), h.lock_id, kAnn).deadline, h.deadline);
    EXPECT_EQ(w.extend(w.a, h.lock_id, kAnn, 300 * kSecond, 90 * kSecond).deadline,
              w.now + 90 * kSecond)
        << "the cap is back";
}

}  // namespace tix::test
