// Seats of the waiting list: what is given up is nobody's to snatch for a grace, exactly, and comes
// back to everybody after it.

#include "fixture.hpp"

namespace tix::test {

namespace {

constexpr Micros kGrace = 30 * kSecond;

struct List : World {
    List() { set(Rule::list_grace, kGrace), set(Rule::list_end, now + 3600 * kSecond); }
    void set(Rule which, i64 value) {
        EXPECT_EQ(set_rule(access(c, {}), *block, which, value), Status::ok);
        EXPECT_EQ(commit(c), 0u);
    }
    HoldAnswer offer(Backend& who, const Seats& seats, const Uuid& owner) {
        why.assign(seats.size(), Reason::none);
        LockCall call{block, seats.data(), static_cast<u32>(seats.size()),
                      owner, 60 * kSecond, generation,
                      0};
        call.caller.from_list = true;
        return run(who, {}, [&](const Access& x) { return lock_seats(x, call, why.data()); });
    }
    u64 hold(const Seats& seats, Micros ttl = 60 * kSecond) {
        const u64 token = lock(a, seats, kAnn, ttl).lock_id;
        EXPECT_EQ(commit(a), 0u);
        (void)ring();
        return token;
    }
    std::string first(u32 n) { return states().substr(0, n); }
};

}  // namespace

TEST(Waitlist, an_overdue_hold_is_the_lists_for_the_grace_to_the_microsecond) {
    List w;
    w.hold({0, 1}, 10 * kSecond);
    const Micros deadline = w.now + 10 * kSecond;
    w.now = deadline - 1;
    EXPECT_EQ(w.first(3), "hhf");
    w.now = deadline;
    EXPECT_EQ(w.first(3), "bbf");
    EXPECT_EQ(w.lock(w.b, {0}, kBob).reason, Reason::blocked);
    w.now = deadline + kGrace - 1;
    EXPECT_EQ(w.lock(w.b, {1}, kBob).reason, Reason::blocked);
    w.now = deadline + kGrace;
    EXPECT_EQ(w.first(3), "fff");
    EXPECT_EQ(w.lock(w.b, {0, 1}, kBob).status, Status::ok);
    EXPECT_EQ(w.audit(), "");
}

TEST(Waitlist, it_does_not_matter_whether_somebody_looked) {
    List w;
    w.hold({0, 5, 10}, 10 * kSecond);
    const Micros deadline = w.now + 10 * kSecond;
    w.now = deadline + 5 * kSecond;
    EXPECT_EQ(w.sweep(), 1u);
    EXPECT_EQ(w.ring(), "0blocked 5blocked 10blocked");
    EXPECT_EQ(w.sweep(), 0u);
    EXPECT_EQ(w.audit(), "");
    w.now = deadline + kGrace - 1;
    EXPECT_EQ(w.state(5), SeatState::blocked);
    EXPECT_EQ(w.sweep(), 0u);
    w.now = deadline + kGrace;
    EXPECT_EQ(w.state(5), SeatState::free);
    EXPECT_EQ(w.sweep(), 3u);
    EXPECT_EQ(w.ring(), "10free 5free 0free");
    EXPECT_EQ(w.audit(), "");
}

TEST(Waitlist, released_and_refunded_seats_are_the_lists_from_commit_on) {
    List w;
    const u64 token = w.hold({0, 1, 2});
    (void)w.sell(w.a, {7}, kAnn);
    EXPECT_EQ(w.release(w.a, token, kAnn, {0, 2}).status, Status::ok);
    EXPECT_EQ(w.remove_ticket(w.a, 7), Status::ok);
    EXPECT_EQ(w.first(8), "hhhffffs");
    EXPECT_EQ(w.commit(w.a), 0u);
    EXPECT_EQ(w.first(8), "bhbffffb");
    EXPECT_EQ(w.audit(), "");
    EXPECT_EQ(w.lock(w.b, {7}, kBob).reason, Reason::blocked);
    w.now += kGrace;
    EXPECT_EQ(w.first(8), "fhffffff");
}

TEST(Waitlist, an_offer_takes_them_and_nobody_else_does) {
    List w;
    (void)w.release(w.a, w.hold({0, 1}), kAnn);
    EXPECT_EQ(w.commit(w.a), 0u);
    EXPECT_EQ(w.offer(w.b, {0, 1, 2}, kEve).status, Status::ok);
    EXPECT_EQ(w.commit(w.b), 0u);
    EXPECT_EQ(w.first(3), "hhh");
    EXPECT_EQ(w.offer(w.b, {0}, kBob).reason, Reason::held);
    EXPECT_EQ(w.block_seats(w.c, {5}).status, Status::ok);
    EXPECT_EQ(w.commit(w.c), 0u);
    EXPECT_EQ(w.offer(w.b, {5}, kBob).reason, Reason::blocked);
    EXPECT_EQ(w.audit(), "");
}

TEST(Waitlist, an_offer_takes_an_overdue_hold_apart) {
    List w;
    w.hold({0, 1, 2}, 10 * kSecond);
    w.now += 10 * kSecond;
    EXPECT_EQ(w.offer(w.b, {1}, kEve).status, Status::ok);
    EXPECT_EQ(w.commit(w.b), 0u);
    EXPECT_EQ(w.first(3), "bhb");
    EXPECT_EQ(w.audit(), "");
}

TEST(Waitlist, an_offer_that_is_rolled_back_is_the_lists_again) {
    List w;
    (void)w.release(w.a, w.hold({0, 1}), kAnn);
    EXPECT_EQ(w.commit(w.a), 0u);
    EXPECT_EQ(w.offer(w.b, {0, 1}, kEve).status, Status::ok);
    w.abort(w.b);
    EXPECT_EQ(w.first(2), "bb");
    EXPECT_EQ(w.lock(w.b, {3}, kBob).status, Status::ok);
    w.abort(w.b);
    EXPECT_EQ(w.state(3), SeatState::free);
    EXPECT_EQ(w.audit(), "");
}

TEST(Waitlist, an_offer_that_lapses_goes_to_the_next) {
    List w;
    (void)w.release(w.a, w.hold({0}), kAnn);
    EXPECT_EQ(w.commit(w.a), 0u);
    EXPECT_EQ(w.offer(w.b, {0}, kEve).status, Status::ok);
    EXPECT_EQ(w.commit(w.b), 0u);
    w.now += 60 * kSecond;
    EXPECT_EQ(w.lock(w.a, {0}, kAnn).reason, Reason::blocked);
    EXPECT_EQ(w.offer(w.b, {0}, kBob).status, Status::ok);
}

TEST(Waitlist, no_seat_is_kept_beyond_the_end_of_the_sale) {
    List w;
    const u64 token = w.hold({0});
    w.hold({1}, 10 * kSecond);
    w.set(Rule::list_end, w.now + 15 * kSecond);
    (void)w.release(w.a, token, kAnn);
    EXPECT_EQ(w.commit(w.a), 0u);
    w.now += 15 * kSecond - 1;
    EXPECT_EQ(w.first(2), "bb");
    w.now++;
    EXPECT_EQ(w.first(2), "ff");
    const u64 late = w.hold({2});
    (void)w.release(w.a, late, kAnn);
    EXPECT_EQ(w.commit(w.a), 0u);
    EXPECT_EQ(w.state(2), SeatState::free);
}

TEST(Waitlist, an_organiser_blocks_and_unblocks_what_the_list_has) {
    List w;
    (void)w.release(w.a, w.hold({0, 1, 2}), kAnn);
    EXPECT_EQ(w.commit(w.a), 0u);
    EXPECT_EQ(w.block_seats(w.c, {0}, 600 * kSecond).status, Status::ok);
    EXPECT_EQ(w.unblock(w.c, {1}).status, Status::ok);
    EXPECT_EQ(w.offer(w.b, {1}, kEve).reason, Reason::blocked);
    EXPECT_EQ(w.commit(w.c), 0u);
    EXPECT_EQ(w.first(3), "bfb");
    EXPECT_EQ(w.offer(w.b, {0}, kEve).reason, Reason::blocked);
    EXPECT_EQ(w.unblock(w.c, {2}).status, Status::ok);
    EXPECT_EQ(w.block_seats(w.c, {2}, 600 * kSecond).status, Status::ok);
    EXPECT_EQ(w.commit(w.c), 0u);
    EXPECT_EQ(w.offer(w.b, {2}, kEve).reason, Reason::blocked);
    w.now += kGrace;
    EXPECT_EQ(w.first(3), "bfb");
    EXPECT_EQ(w.audit(), "");
}

TEST(Waitlist, best_available_does_not_find_them) {
    List w;
    w.hold({0, 1, 2, 3, 4}, 10 * kSecond);
    w.now += 10 * kSecond;
    const PartitionSet all = w.all();
    EXPECT_EQ(free_overdue(w.access(w.b, all), all).status, Status::ok);
    EXPECT_EQ(w.block->area(0).count[static_cast<u32>(SeatState::blocked)], 5u);
    EXPECT_EQ(w.audit(), "");
}

}  // namespace tix::test
