// Blocks, forced releases, sale windows, channels and limits: what an organiser may change.

#include "fixture.hpp"

namespace tix::test {

namespace {

constexpr u32 kFrom = static_cast<u32>(Rule::sale_from);
constexpr u32 kUntil = static_cast<u32>(Rule::sale_until);
constexpr u32 kGate = static_cast<u32>(Rule::gate);
constexpr u32 kPerUser = static_cast<u32>(Rule::seats_per_user);
constexpr u32 kPerLock = static_cast<u32>(Rule::seats_per_lock);

Text key(const char* s) {
    return {s, static_cast<u32>(std::string(s).size())};
}

// A world whose callers have a wall clock and keys.
struct Sale : World {
    i64 wall = 100;
    std::vector<Text> keys;
    bool admitted = false;

    HoldAnswer buy(Backend& who, const Seats& seats, const Uuid& owner, u64 into = 0) {
        why.assign(seats.size(), Reason::none);
        LockCall call{block,      seats.data(), static_cast<u32>(seats.size()), owner, kSecond * 60,
                      generation, into};
        call.caller = {wall, keys.data(), static_cast<u32>(keys.size()), false, admitted};
        return run(who, all(), [&](const Access& x) { return lock_seats(x, call, why.data()); });
    }
    Status channel(Backend& who, const char* name, i64 from, i64 until, const Seats& seats) {
        return set_channel(access(who, all()), *block, key(name), from, until, seats.data(),
                           static_cast<u32>(seats.size()));
    }
    void rule_now(u32 which, i64 value) {
        EXPECT_EQ(set_rule(access(c, {}), *block, static_cast<Rule>(which), value), Status::ok);
        EXPECT_EQ(commit(c), 0u);
    }
};

}  // namespace

TEST(Rules, a_window_opens_and_closes_to_the_microsecond) {
    Sale w;
    w.rule_now(kFrom, 100);
    w.rule_now(kUntil, 200);
    w.wall = 99;
    EXPECT_EQ(w.buy(w.a, {0}, kAnn).reason, Reason::not_on_sale);
    w.wall = 100;
    EXPECT_EQ(w.buy(w.a, {0}, kAnn).status, Status::ok);
    w.wall = 199;
    EXPECT_EQ(w.buy(w.a, {1}, kAnn).status, Status::ok);
    w.wall = 200;
    EXPECT_EQ(w.buy(w.a, {2}, kAnn).reason, Reason::sale_ended);
    EXPECT_EQ(w.states(), "hhffffffffffffffffffffffffffffffffffffff");
}

TEST(Rules, count_from_commit_and_not_after_a_rollback) {
    Sale w;
    EXPECT_EQ(set_rule(w.access(w.b, {}), *w.block, Rule::gate, kGatePaused), Status::ok);
    EXPECT_EQ(w.buy(w.a, {0}, kAnn).status, Status::ok);
    w.abort(w.b);
    EXPECT_EQ(w.buy(w.a, {1}, kAnn).status, Status::ok);
    w.rule_now(kGate, kGatePaused);
    EXPECT_EQ(w.buy(w.a, {2}, kAnn).reason, Reason::paused);
    EXPECT_EQ(w.block->pins, w.a.log.size);
}

TEST(Rules, a_waiting_room_lets_in_who_is_admitted_also_before_the_sale) {
    Sale w;
    const u64 token = w.buy(w.a, {0}, kAnn).lock_id;
    EXPECT_EQ(w.commit(w.a), 0u);
    w.channel(w.b, "fans", 0, 1000, {5});
    w.commit(w.b);
    w.keys = {key("fans")};
    w.rule_now(static_cast<u32>(Rule::queued), 1);
    EXPECT_EQ(w.buy(w.a, {1}, kAnn).reason, Reason::queued);
    EXPECT_EQ(w.buy(w.a, {5}, kAnn).reason, Reason::queued);
    EXPECT_EQ(w.buy(w.a, {0}, kAnn).lock_id, token);
    w.admitted = true;
    EXPECT_EQ(w.buy(w.a, {1}, kAnn).status, Status::ok);
    w.rule_now(kFrom, w.wall + 1);
    EXPECT_EQ(w.buy(w.a, {2}, kAnn).reason, Reason::not_on_sale);
    EXPECT_EQ(w.buy(w.a, {5}, kAnn).status, Status::ok);
    w.rule_now(kGate, kGatePaused);
    EXPECT_EQ(w.buy(w.a, {3}, kAnn).reason, Reason::paused);
}

TEST(Rules, a_stop_ends_extensions_and_orders_a_pause_does_not) {
    Sale w;
    const u64 token = w.buy(w.a, {0}, kAnn).lock_id;
    w.rule_now(kGate, kGatePaused);
    EXPECT_EQ(w.extend(w.a, token, kAnn, 90 * kSecond).status, Status::ok);
    w.rule_now(kGate, kGateStopped);
    EXPECT_EQ(w.extend(w.a, token, kAnn, 99 * kSecond).reason, Reason::paused);
    EXPECT_EQ(w.hand_over(w.a, token, kAnn, 99 * kSecond).reason, Reason::paused);
    EXPECT_EQ(w.confirm(w.a, token, kAnn).status, Status::ok);
}

TEST(Channels, are_for_those_who_know_the_key_until_they_end) {
    Sale w;
    EXPECT_EQ(w.channel(w.c, "fans", 50, 150, {0, 1}), Status::ok);
    EXPECT_EQ(w.buy(w.a, {0}, kAnn).status, Status::ok);  // not before commit
    w.abort(w.a);
    EXPECT_EQ(w.commit(w.c), 0u);
    EXPECT_EQ(w.buy(w.a, {2, 0}, kAnn).reason, Reason::channel);
    EXPECT_EQ(w.why[0], Reason::none);
    EXPECT_EQ(w.why[1], Reason::channel);
    w.keys = {key("fan"), key("fanss")};
    EXPECT_EQ(w.buy(w.a, {0}, kAnn).reason, Reason::channel);
    w.keys = {key("x"), key("fans")};
    w.wall = 49;
    EXPECT_EQ(w.buy(w.a, {0}, kAnn).reason, Reason::channel);
    w.wall = 50;
    EXPECT_EQ(w.buy(w.a, {0}, kAnn).status, Status::ok);
    w.keys.clear();
    w.wall = 149;
    EXPECT_EQ(w.buy(w.a, {1}, kBob).reason, Reason::channel);
    w.wall = 150;
    EXPECT_EQ(w.buy(w.a, {1}, kBob).status, Status::ok);
}

TEST(Channels, open_before_the_general_sale_for_their_seats_only) {
    Sale w;
    EXPECT_EQ(w.channel(w.c, "fans", 50, 300, {0, 1}), Status::ok);
    EXPECT_EQ(w.commit(w.c), 0u);
    w.rule_now(kFrom, 200);
    w.keys = {key("fans")};
    EXPECT_EQ(w.buy(w.a, {0, 1}, kAnn).status, Status::ok);
    w.abort(w.a);
    EXPECT_EQ(w.buy(w.a, {0, 2}, kAnn).reason, Reason::not_on_sale);
    w.rule_now(kGate, kGatePaused);
    EXPECT_EQ(w.buy(w.a, {0}, kAnn).reason, Reason::paused);
}

TEST(Channels, give_their_room_back_when_no_seat_is_in_them) {
    Sale w;
    const auto fill = [&](int round, Ordinal seat) {
        const std::string name = "k" + std::to_string(round);
        return w.channel(w.c, name.c_str(), 0, 1000, {seat});
    };
    for (u32 i = 0; i < kChannelsPerSessionMax; i++)
        EXPECT_EQ(fill(static_cast<int>(i), i), Status::ok);
    EXPECT_EQ(fill(99, 39), Status::no_memory);
    w.abort(w.c);
    for (int round = 0; round < 100; round++) {
        EXPECT_EQ(fill(round, 7), Status::ok) << round;
        EXPECT_EQ(w.commit(w.c), 0u);
    }
    // The same key again, with other times: a seat that stays is in the new one.
    EXPECT_EQ(w.channel(w.c, "k99", 0, 2000, {7, 8}), Status::ok);
    EXPECT_EQ(w.commit(w.c), 0u);
    w.wall = 1500;
    EXPECT_EQ(w.buy(w.a, {7}, kAnn).reason, Reason::channel);
    EXPECT_EQ(w.channel(w.c, "k99", 0, 2000, {}), Status::ok);
    EXPECT_EQ(w.commit(w.c), 0u);
    EXPECT_EQ(w.buy(w.a, {7, 8}, kAnn).status, Status::ok);
    for (u8 i = 1; i <= kChannelsPerSessionMax; i++)
        EXPECT_EQ(w.block->channel(i).seats, 0u);
}

TEST(Limits, count_live_holds_and_sold_seats_of_one_owner) {
    Sale w;
    w.rule_now(kPerUser, 3);
    const u64 token = w.buy(w.a, {0, 10}, kAnn).lock_id;
    EXPECT_EQ(w.buy(w.a, {1, 2}, kAnn).reason, Reason::limit);
    EXPECT_EQ(w.buy(w.a, {1, 2}, kAnn, token).reason, Reason::limit);
    EXPECT_EQ(w.buy(w.a, {1}, kAnn, token).status, Status::ok);
    EXPECT_EQ(w.buy(w.a, {0}, kAnn).lock_id, token);
    EXPECT_EQ(w.confirm(w.a, token, kAnn).status, Status::ok);
    EXPECT_EQ(w.commit(w.a), 0u);
    EXPECT_EQ(owner_seats(*w.block, kAnn, w.now), 3u);
    EXPECT_EQ(w.buy(w.a, {2}, kAnn).reason, Reason::limit);
    EXPECT_EQ(w.buy(w.a, {2, 3, 4}, kBob).status, Status::ok);
    EXPECT_EQ(w.free_sold(w.a, {10}), 1u);
    EXPECT_EQ(w.buy(w.a, {5}, kAnn).reason, Reason::limit);  // freed at commit
    EXPECT_EQ(w.commit(w.a), 0u);
    EXPECT_EQ(w.buy(w.a, {5}, kAnn).status, Status::ok);
    EXPECT_EQ(w.audit(), "");
}

TEST(Limits, and_all_other_refusals_are_counted_once) {
    Sale w;
    const auto refusals = [&w] {
        u64 n = 0;
        for (u32 p = 0; p < w.partitions; p++)
            n += w.arena.partition(p).counts[static_cast<u32>(Count::refusals)];
        return n;
    };
    w.rule_now(kPerUser, 3);
    const u64 token = w.buy(w.a, {0, 10}, kAnn).lock_id;
    EXPECT_EQ(w.commit(w.a), 0u);
    EXPECT_EQ(refusals(), 0u);
    EXPECT_EQ(w.buy(w.a, {1, 2}, kAnn).reason, Reason::limit);
    EXPECT_EQ(refusals(), 1u);
    EXPECT_EQ(w.buy(w.a, {1, 2}, kAnn, token).reason, Reason::limit);
    EXPECT_EQ(refusals(), 2u);
    w.rule_now(kPerLock, 2);
    EXPECT_EQ(w.buy(w.a, {1, 2, 3}, kBob).reason, Reason::too_many);
    EXPECT_EQ(w.buy(w.a, {1}, kAnn, token).reason, Reason::too_many);
    EXPECT_EQ(refusals(), 4u);
    // Another transaction is at work on the hold; it was never there; it is being sold.
    EXPECT_EQ(w.extend(w.b, token, kAnn, 90 * kSecond).status, Status::ok);
    EXPECT_EQ(w.extend(w.a, token, kAnn, 95 * kSecond).status, Status::busy);
    EXPECT_EQ(w.hand_over(w.a, token, kAnn, 95 * kSecond).status, Status::busy);
    EXPECT_EQ(w.buy(w.a, {0}, kAnn).status, Status::busy);
    EXPECT_EQ(refusals(), 7u);
    EXPECT_EQ(w.buy(w.a, {1}, kAnn, token + 128).reason, Reason::expired);
    EXPECT_EQ(refusals(), 8u);
    EXPECT_EQ(w.confirm(w.b, token, kAnn).status, Status::ok);
    EXPECT_EQ(w.extend(w.b, token, kAnn, 95 * kSecond).status, Status::busy);
    EXPECT_EQ(refusals(), 9u);
    w.abort(w.b);
    // Its life is over.
    EXPECT_EQ(w.extend(w.a, token, kAnn, 90 * kSecond, 60 * kSecond).reason, Reason::lifetime);
    EXPECT_EQ(refusals(), 10u);
    EXPECT_EQ(w.audit(), "");
}

TEST(Limits, let_go_of_overdue_holds_nobody_has_tidied) {
    Sale w;
    w.rule_now(kPerUser, 2);
    EXPECT_EQ(w.lock(w.a, {0, 1}, kAnn, kSecond).status, Status::ok);
    EXPECT_EQ(w.commit(w.a), 0u);
    EXPECT_EQ(w.buy(w.a, {2}, kAnn).reason, Reason::limit);
    w.now += kSecond;
    EXPECT_EQ(w.buy(w.a, {2, 3}, kAnn).status, Status::ok);
    EXPECT_EQ(w.sweep(), 1u);
    EXPECT_EQ(owner_seats(*w.block, kAnn, w.now), 2u);
    EXPECT_EQ(w.audit(), "");
}

TEST(Limits, follow_holds_whose_head_seat_leaves) {
    Sale w;
    const u64 token = w.buy(w.a, {0, 1, 2}, kAnn).lock_id;
    EXPECT_EQ(w.commit(w.a), 0u);
    EXPECT_EQ(w.release(w.a, token, kAnn, {0}).status, Status::ok);
    EXPECT_EQ(w.commit(w.a), 0u);
    EXPECT_EQ(owner_seats(*w.block, kAnn, w.now), 2u);
    EXPECT_EQ(w.audit(), "");
    w.rule_now(kPerLock, 3);
    EXPECT_EQ(w.buy(w.a, {3, 4}, kAnn, token).reason, Reason::too_many);
    EXPECT_EQ(w.buy(w.a, {3, 4, 5, 6}, kBob).reason, Reason::too_many);
    EXPECT_EQ(w.buy(w.a, {3}, kAnn, token).status, Status::ok);
}

TEST(Blocks, are_all_or_none_and_end_at_their_deadline) {
    World w;
    EXPECT_EQ(w.lock(w.a, {2}, kAnn, 5 * kSecond).status, Status::ok);
    EXPECT_EQ(w.commit(w.a), 0u);
    EXPECT_EQ(w.block_seats(w.c, {0, 2}, 9 * kSecond).reason, Reason::held);
    EXPECT_EQ(w.state(0), SeatState::free);
    w.now += 5 * kSecond;
    EXPECT_EQ(w.block_seats(w.c, {0, 2}, 9 * kSecond).status, Status::ok);
    EXPECT_EQ(w.out, (Seats{0, 2}));
    EXPECT_EQ(w.commit(w.c), 0u);
    EXPECT_EQ(w.block_seats(w.c, {0, 1}).status, Status::ok);
    EXPECT_EQ(w.out, (Seats{1}));
    w.abort(w.c);
    EXPECT_EQ(w.state(1), SeatState::free);
    // Whoever guesses the token of a block has no hold.
    const u64 token = w.block->hold(0).lock_id;
    EXPECT_EQ(w.extend(w.a, token, Uuid{}, kSecond).status, Status::lost);
    EXPECT_EQ(w.arena.partition(w.block->area_of(0).home & 3).live_holds, 0u);
    w.now += 9 * kSecond;
    EXPECT_EQ(w.state(0), SeatState::free);
    EXPECT_EQ(w.lock(w.a, {0}, kAnn).status, Status::ok);
    EXPECT_EQ(w.sweep(), 1u);
    EXPECT_EQ(w.audit(), "");
}

TEST(Blocks, leave_nothing_behind_when_their_session_is_evicted) {
    World w;
    EXPECT_EQ(w.block_seats(w.a, {0, 7, 30}).status, Status::ok);
    EXPECT_EQ(w.commit(w.a), 0u);
    const u64 token = w.block->hold(7).lock_id;
    EXPECT_TRUE(session_idle(*w.block));
    session_evict(w.arena, directory_find(w.arena, 7, {5, 5}));
    EXPECT_EQ(hold_find(w.arena, token), nullptr);
    for (u32 p = 0; p < w.partitions; p++)
        for (u32 slot = 0; slot < kWheelSlots; slot++)
            EXPECT_EQ(w.arena.wheel(p)[slot], kNoRef);
    w.block = w.load(w.layout, {5, 5});
    w.now += 100 * kSecond;
    EXPECT_EQ(w.sweep(), 0u);
    EXPECT_EQ(w.lock(w.a, {7}, kAnn).status, Status::ok);
    EXPECT_EQ(w.audit(), "");
}

TEST(Blocks, given_back_and_taken_again_in_one_transaction_have_the_new_end) {
    World w;
    EXPECT_EQ(w.block_seats(w.a, {0}, 9 * kSecond).status, Status::ok);
    EXPECT_EQ(w.commit(w.a), 0u);
    EXPECT_EQ(w.unblock(w.a, {0}).status, Status::ok);
    EXPECT_EQ(w.block_seats(w.b, {0, 1}).reason, Reason::busy);
    EXPECT_EQ(w.block_seats(w.a, {0}, 20 * kSecond).status, Status::ok);
    EXPECT_EQ(w.out, (Seats{0}));
    w.abort(w.a);
    EXPECT_EQ(w.block->hold(0).deadline, w.now + 9 * kSecond);
    EXPECT_EQ(w.unblock(w.a, {0}).status, Status::ok);
    EXPECT_EQ(w.block_seats(w.a, {0}, 20 * kSecond).status, Status::ok);
    EXPECT_EQ(w.commit(w.a), 0u);
    w.now += 19 * kSecond;
    EXPECT_EQ(w.state(0), SeatState::blocked);
    w.now += kSecond;
    EXPECT_EQ(w.state(0), SeatState::free);
    EXPECT_EQ(w.audit(), "");
}

TEST(Blocks, say_of_every_seat_why_it_cannot_be) {
    World w;
    (void)w.sell(w.a, {1}, kAnn);
    EXPECT_EQ(w.lock(w.a, {2}, kBob).status, Status::ok);
    EXPECT_EQ(w.block_seats(w.c, {0, 1, 2}).reason, Reason::sold) << "the first of them";
    EXPECT_EQ(w.why, (std::vector<Reason>{Reason::none, Reason::sold, Reason::held}));
    EXPECT_EQ(w.states().substr(0, 3), "fsh");
}

TEST(Blocks, end_an_overdue_hold_of_several_areas_under_all_its_locks) {
    World w;
    const Ordinal far = w.block->seats - 1;
    ASSERT_NE(seat_partition(w.arena, *w.block, 0), seat_partition(w.arena, *w.block, far));
    EXPECT_EQ(w.lock(w.a, {0, far}, kAnn, kSecond).status, Status::ok);
    EXPECT_EQ(w.commit(w.a), 0u);
    w.now += kSecond;
    EXPECT_EQ(w.block_seats(w.c, {0}).status, Status::ok);
    EXPECT_EQ(w.rounds, 2u);
    EXPECT_EQ(w.out, (Seats{0}));
    EXPECT_EQ(w.block->slot(far).head, kNoSeat) << "the hold has ended everywhere";
    EXPECT_EQ(w.audit(), "");
}

TEST(Blocks, being_changed_by_another_are_busy) {
    World w;
    EXPECT_EQ(w.block_seats(w.a, {0, 1}).status, Status::ok);
    EXPECT_EQ(w.block_seats(w.c, {2, 1}).reason, Reason::busy);
    EXPECT_EQ(w.unblock(w.c, {1}).status, Status::busy);
    EXPECT_EQ(w.unblock(w.a, {1}).status, Status::ok);
    EXPECT_EQ(w.commit(w.a), 0u);
    EXPECT_EQ(w.states().substr(0, 3), "bff");
    w.now += 60 * kSecond;
    EXPECT_EQ(w.unblock(w.a, {0}).status, Status::ok);
    EXPECT_TRUE(w.out.empty());
}

TEST(Blocks, and_changes_need_room_in_the_log) {
    World w;
    Backend small(7, 3);
    EXPECT_EQ(w.block_seats(small, {0, 1, 2, 3}).status, Status::log_full);
    EXPECT_EQ(w.block_seats(small, {0, 1}).status, Status::log_full);
    EXPECT_EQ(w.block_seats(small, {0}).status, Status::ok);
    EXPECT_EQ(w.lock(small, {1, 2}, kBob).status, Status::ok);
    EXPECT_EQ(w.unblock(small, {0}).status, Status::ok);
    EXPECT_EQ(w.unblock(small, {0}).status, Status::log_full);
    EXPECT_EQ(set_rule(w.access(small, {}), *w.block, Rule::gate, 1), Status::log_full);
    EXPECT_EQ(set_channel(w.access(small, w.all()), *w.block, key("k"), 0, 1, Seats{5}.data(), 1),
              Status::log_full);
    EXPECT_EQ(w.lock(w.a, {5}, kAnn).status, Status::ok);
    EXPECT_EQ(w.commit(w.a), 0u);
    EXPECT_EQ(w.force_release(small, 5).status, Status::log_full);
    EXPECT_EQ(w.states().substr(0, 6), "bhhffh");
}

TEST(Force, ends_a_hold_seat_by_seat_at_commit) {
    World w;
    const u64 token = w.lock(w.a, {0, 1}, kAnn).lock_id;
    EXPECT_EQ(w.force_release(w.c, 0).status, Status::busy);
    EXPECT_EQ(w.commit(w.a), 0u);
    const HoldAnswer h = w.force_release(w.c, 0);
    EXPECT_EQ(h.lock_id, token);
    EXPECT_EQ(h.owner, kAnn);
    EXPECT_EQ(w.extend(w.a, token, kAnn, 90 * kSecond).status, Status::busy);
    EXPECT_EQ(w.commit(w.c), 0u);
    EXPECT_EQ(w.states().substr(0, 2), "fh");
    EXPECT_EQ(w.extend(w.a, token, kAnn, 90 * kSecond).status, Status::ok);
    EXPECT_EQ(w.force_release(w.c, 5).lock_id, 0u);
    EXPECT_EQ(w.audit(), "");
}

}  // namespace tix::test
