// Channels, the beginning of the sale and who is above the rules, where the engine chooses seats.

#include "fixture.hpp"
#include "orphan.hpp"

namespace tix::test {

namespace {

constexpr u32 kGate = static_cast<u32>(Rule::gate);
constexpr u32 kPerUser = static_cast<u32>(Rule::seats_per_user);
constexpr u32 kPerLock = static_cast<u32>(Rule::seats_per_lock);
const Text kFans = {"fans", 4};

// Two areas of two rows of five; seats 1 and 2 are the fans', 50 to 150 on the wall clock.
struct Hall : World {
    Hall() : World(2, 2, 5) { fans({1, 2}); }

    i64 wall = 100;
    bool fan = false, presale = false;
    Seats found;

    void fans(const Seats& seats) {
        EXPECT_EQ(set_channel(access(c, all()), *block, kFans, 50, 150, seats.data(),
                              static_cast<u32>(seats.size())),
                  Status::ok);
        EXPECT_EQ(commit(c), 0u);
    }
    Caller caller() const { return {wall, &kFans, fan ? 1u : 0u}; }
    BestCall wish(u32 quantity) {
        found.assign(quantity, kNoSeat);
        return {block, quantity, 0, true, nullptr, 0, found.data(), caller(), presale};
    }
    BestBlock best(u32 quantity, u32 area = 0) { return best_in_area(wish(quantity), area, 1); }
    BestBlock any(u32 quantity, u32 area = 0) { return any_in_area(wish(quantity), area); }
    HoldAnswer lock_in_order(const Seats& seats) {
        LockCall call{block, seats.data(), static_cast<u32>(seats.size()),
                      kAnn,  kSecond,      generation,
                      0,     true};
        call.caller = caller();
        why.assign(seats.size(), Reason::none);
        return run(a, all(), [&](const Access& x) { return lock_seats(x, call, why.data()); });
    }
};

}  // namespace

TEST(Admission, best_available_chooses_a_channels_seats_for_its_callers_only) {
    Hall w;
    ASSERT_EQ(w.best(5).tier, 1u);
    EXPECT_EQ(w.found, (Seats{5, 6, 7, 8, 9})) << "the first row is not whole for a stranger";
    w.fan = true;
    ASSERT_EQ(w.best(5).tier, 1u);
    EXPECT_EQ(w.found, (Seats{0, 1, 2, 3, 4}));
    w.wall = 49;
    ASSERT_EQ(w.best(5).tier, 1u);
    EXPECT_EQ(w.found, (Seats{5, 6, 7, 8, 9})) << "the channel is not open yet";
    w.wall = 150;
    w.fan = false;
    ASSERT_EQ(w.best(5).tier, 1u);
    EXPECT_EQ(w.found, (Seats{0, 1, 2, 3, 4})) << "its time is over";
}

TEST(Admission, best_available_tells_a_stranger_what_is_his) {
    Hall w;
    (void)w.sell(w.a, {3, 4, 5, 6, 7}, kAnn);
    const BestBlock none = w.best(6);
    EXPECT_EQ(none.tier, 0u);
    EXPECT_EQ(none.totals.free, 3u) << "seats 0, 8 and 9";
    w.fan = true;
    EXPECT_EQ(w.best(6).totals.free, 5u);
    EXPECT_EQ(w.lock_in_order({1, 2}).status, Status::ok);
    EXPECT_EQ(w.best(6).totals.held, 2u);
    w.fan = false;
    EXPECT_EQ(w.best(6).totals.held, 0u) << "what others may get back is not his hope";
}

TEST(Admission, before_the_general_sale_only_opened_seats_are_chosen) {
    Hall w;
    w.presale = true;
    const BestBlock none = w.best(1);
    EXPECT_EQ(none.tier, 0u);
    EXPECT_EQ(none.totals.free, 0u);
    w.fan = true;
    EXPECT_EQ(w.best(2).next, 2u) << "seat 0 is left alone";
    EXPECT_EQ(best_in_area(w.wish(2), 0, 2).tier, 2u);
    EXPECT_EQ(w.found, (Seats{1, 2}));
    EXPECT_EQ(w.best(3).totals.free, 2u);
    EXPECT_EQ(w.best(1, 1).tier, 0u) << "an area without a channel";
    w.wall = 150;
    EXPECT_EQ(w.best(1).tier, 0u) << "a channel that is over opens nothing";
}

TEST(Admission, general_admission_leaves_a_channels_places_to_its_callers) {
    Hall w;
    EXPECT_EQ(w.any(8).tier, kTierMax);
    EXPECT_EQ(w.found, (Seats{0, 3, 4, 5, 6, 7, 8, 9}));
    const BestBlock nine = w.any(9);
    EXPECT_EQ(nine.tier, 0u);
    EXPECT_EQ(nine.totals.free, 8u);
    w.fan = true;
    EXPECT_EQ(w.any(9).tier, kTierMax);
    w.presale = true;
    EXPECT_EQ(w.any(2).tier, kTierMax);
    EXPECT_EQ(w.found, (Seats{1, 2}));
    EXPECT_EQ(w.any(3).totals.free, 2u);
    EXPECT_EQ(w.any(1, 1).tier, 0u);
}

TEST(Admission, a_sold_out_area_offers_no_place_and_no_hope) {
    Hall w;
    (void)w.sell(w.a, {10, 11, 12, 13, 14, 15, 16, 17, 18}, kAnn);
    EXPECT_EQ(w.block_seats(w.a, {19}).status, Status::ok);
    const BestBlock none = w.any(1, 1);
    EXPECT_EQ(none.tier, 0u);
    EXPECT_EQ(none.totals.free + none.totals.held, 0u);
    EXPECT_EQ(w.any(1, 0).tier, kTierMax);
}

TEST(Admission, who_is_above_the_rules_passes_gate_channel_and_limits) {
    Hall w;
    for (const auto& [which, value] : {std::pair{kGate, i64{kGateStopped}},
                                       std::pair{kPerUser, i64{1}}, std::pair{kPerLock, i64{1}}})
        EXPECT_EQ(set_rule(w.access(w.c, {}), *w.block, static_cast<Rule>(which), value),
                  Status::ok);
    EXPECT_EQ(w.commit(w.c), 0u);
    Caller caller = w.caller();
    EXPECT_EQ(sale_closed(*w.block, caller), Reason::paused);
    EXPECT_EQ(admission(*w.block, w.block->slot(1), caller), Admission::barred);
    const Seats seats = {1, 2, 3};
    LockCall call{w.block, seats.data(), 3, kAnn, kSecond, w.generation, 0};
    call.caller.above_rules = true;
    EXPECT_EQ(sale_closed(*w.block, call.caller), Reason::none);
    EXPECT_EQ(admission(*w.block, w.block->slot(1), call.caller), Admission::general);
    w.why.assign(3, Reason::none);
    EXPECT_EQ(lock_seats(w.access(w.a, w.all()), call, w.why.data()).status, Status::ok);
    EXPECT_EQ(w.states().substr(0, 5), "fhhhf");
}

TEST(Admission, seats_a_channel_bars_are_no_better_choice) {
    Hall w;
    EXPECT_EQ(w.lock_in_order({7, 8}).reason, Reason::orphan) << "8 and 9 are better";
    w.fans({5, 9});
    EXPECT_EQ(w.lock_in_order({7, 8}).status, Status::ok) << "6 and 7 leave the fans' 5 alone";
}

TEST(Admission, an_accessible_place_is_a_better_choice_for_who_chose_one) {
    World w;
    Layout plan;
    plan.area("X");
    plan.row("1");
    for (u16 i = 0; i < 4; i++)
        plan.seat("S" + std::to_string(i), i, "A", i < 2);
    w.block = w.load(plan, {6, 6});
    const auto orphan = [&](const Seats& seats) {
        LockCall call{w.block, seats.data(), static_cast<u32>(seats.size()), kAnn, kSecond, 1, 0};
        call.avoid_orphans = true;
        return find_orphan(w.access(w.a, w.all()), call);
    };
    EXPECT_EQ(orphan({1, 2}), 3u) << "0 and 1 leave nobody alone";
    EXPECT_EQ(orphan({2, 3}), kNoSeat);
}

TEST(Admission, rows_of_unwanted_categories_are_passed_over_whole) {
    World w;
    Layout plan;
    plan.area("X");
    for (const char* row : {"A", "B", "C"}) {
        plan.row(row);
        for (u16 i = 0; i < 4; i++)
            plan.seat(row + std::to_string(i), i, row);
    }
    w.block = w.load(plan, {6, 6});
    u64 wanted[kCategoriesPerSessionMax / 64] = {u64{2}};
    Seats seats(4, kNoSeat);
    BestCall call{w.block, 4, 0, true, wanted, 0, seats.data()};
    EXPECT_EQ(best_in_area(call, 0, 1).tier, 1u);
    EXPECT_EQ(seats, (Seats{4, 5, 6, 7}));
    seats.assign(5, kNoSeat);
    call.quantity = 5;
    call.seats = seats.data();
    EXPECT_EQ(best_in_area(call, 0, 1).totals.free, 4u);
    wanted[0] = 8;
    EXPECT_EQ(best_in_area(call, 0, 1).totals.free, 0u) << "nobody is in the fourth category";
}

}  // namespace tix::test
