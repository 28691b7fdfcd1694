// The orphan rule for chosen seats, and general admission.

#include <algorithm>
#include <random>
#include <set>

#include "best_reference.hpp"

namespace tix::test {

namespace {

HoldAnswer choose(World& w, const Seats& seats, const Uuid& owner = kAnn, u64 into = 0) {
    PartitionSet all = w.all();
    w.why.assign(seats.size(), Reason::none);
    LockCall call{w.block,      seats.data(), static_cast<u32>(seats.size()), owner, 60 * kSecond,
                  w.generation, into};
    call.avoid_orphans = true;
    return w.run(w.a, all, [&](const Access& x) { return lock_seats(x, call, w.why.data()); });
}

// The first seat left alone, or -1.
int orphan_of(World& w, const Seats& seats) {
    const std::string before = w.states();
    const HoldAnswer h = choose(w, seats);
    if (h.status == Status::ok) {
        w.abort(w.a);
        return -1;
    }
    EXPECT_EQ(h.reason, Reason::orphan);
    EXPECT_EQ(w.states(), before);
    return static_cast<int>(h.orphan);
}

}  // namespace

TEST(Orphan, a_single_seat_is_not_left_alone) {
    World w(1, 1, 8);
    EXPECT_EQ(orphan_of(w, {1, 2}), 0) << "at the end of the row";
    EXPECT_EQ(orphan_of(w, {0, 2}), 1) << "between the chosen ones";
    EXPECT_EQ(orphan_of(w, {0, 1}), -1);
    EXPECT_EQ(orphan_of(w, {2, 3}), -1);
    EXPECT_EQ(orphan_of(w, {6, 5}), 7);
    w.sell(w.a, {3}, kAnn);
    EXPECT_EQ(orphan_of(w, {0, 1}), 2) << "beside a sold one";
}

TEST(Orphan, is_left_when_the_row_has_nothing_better_for_as_many) {
    World w(1, 1, 8);
    w.sell(w.a, {3}, kAnn);  // three and four seats are left
    EXPECT_EQ(orphan_of(w, {4, 5, 6}), 7) << "the first three leave none";
    EXPECT_EQ(orphan_of(w, {0, 1}), 2);
    w.sell(w.a, {4, 5, 6, 7}, kAnn);
    EXPECT_EQ(orphan_of(w, {0, 1}), -1) << "two of three leave one, whichever they are";
    EXPECT_EQ(orphan_of(w, {1}), 0);
}

TEST(Orphan, every_row_of_a_group_is_looked_at) {
    World w(2, 2, 5);
    EXPECT_EQ(orphan_of(w, {0, 1, 10, 11}), -1);
    EXPECT_EQ(orphan_of(w, {0, 1, 6, 7}), 5);
    EXPECT_EQ(orphan_of(w, {0, 1, 17, 18}), 19);
}

TEST(Orphan, aisles_end_a_row_and_accessible_places_are_none) {
    World w;
    Layout plan;
    plan.area("X");
    plan.row("1");
    for (const u16 position : {1, 2, 3, 5, 6, 7, 8})
        plan.seat(std::to_string(position), position, "A", position == 5);
    w.block = w.load(plan, {6, 6});
    EXPECT_EQ(orphan_of(w, {0, 1}), 2) << "5 to 8 have two pairs, one of them without orphan";
    EXPECT_EQ(orphan_of(w, {4, 5}), 6);
    EXPECT_EQ(orphan_of(w, {5, 6}), -1) << "a seat beside an accessible place has company";
    EXPECT_EQ(orphan_of(w, {4, 5, 6}), -1) << "an accessible place is no orphan";
}

TEST(Orphan, overdue_seats_are_free_and_ones_own_are_taken) {
    World w(1, 1, 6);
    const u64 token = w.lock(w.a, {2}, kAnn, kSecond).lock_id;
    EXPECT_EQ(choose(w, {0}, kAnn, token).orphan, 1u);
    EXPECT_EQ(choose(w, {0, 1}, kAnn, token).status, Status::ok);
    EXPECT_EQ(choose(w, {0, 1}, kAnn).status, Status::ok) << "a relock takes nothing";
    w.abort(w.a);
    (void)w.lock(w.a, {2}, kBob, kSecond);
    EXPECT_EQ(w.commit(w.a), 0u);
    EXPECT_EQ(orphan_of(w, {0}), 1);
    w.now += kSecond;
    EXPECT_EQ(orphan_of(w, {0}), -1);
}

TEST(Orphan, the_rule_is_that_of_a_naive_check) {
    std::mt19937_64 random(7);
    u32 refused = 0, given = 0, excused = 0;
    for (u64 seed = 0; seed < 300; seed++) {
        World w;
        House house(seed);
        w.block = w.load(house.layout, {6, 6}, house.sold);
        const PlainBest plain{house.seats, 0};
        for (u32 round = 0; round < 10; round++) {
            Seats seats;
            for (Ordinal o = 0; o < house.seats.size(); o++)
                if (house.seats[o].free && random() % 4 == 0) seats.push_back(o);
            if (seats.empty()) continue;
            bool refuse = false;
            for (size_t i = 0, end; i < seats.size(); i = end) {
                const auto row = [&](size_t k) { return w.block->layout(seats[k]).row; };
                for (end = i + 1; end < seats.size() && row(end) == row(i); end++) {
                }
                const Seats part(seats.begin() + static_cast<long>(i),
                                 seats.begin() + static_cast<long>(end));
                if (!plain.leaves_orphan(part)) continue;
                const bool better = plain.has_better_block(part);
                refuse = refuse || better;
                excused += !better;
            }
            std::shuffle(seats.begin(), seats.end(), random);
            ASSERT_EQ(orphan_of(w, seats) >= 0, refuse) << "seed " << seed << " round " << round;
            (refuse ? refused : given)++;
        }
    }
    EXPECT_GT(refused, 100u);
    EXPECT_GT(given, 100u);
    EXPECT_GT(excused, 100u);
}

namespace {

struct Places {
    bool found;
    Seats seats;
    BestTotals totals;
};

Places any(World& w, u32 quantity, u64 random) {
    Places p = {false, Seats(quantity), {}};
    const BestCall call{w.block, quantity, 0, false, nullptr, random, p.seats.data()};
    const BestBlock b = any_in_area(call, 0);
    p.found = b.tier > 0;
    p.totals = b.totals;
    return p;
}

}  // namespace

TEST(Area, gives_free_places_until_the_last_and_no_accessible_one) {
    World w;
    Layout plan;
    plan.area("X");
    for (u32 r = 0; r < 3; r++) {
        plan.row(std::to_string(r));
        for (u32 i = 0; i < 150; i++)
            plan.seat(std::to_string(r * 150 + i), static_cast<u16>(i + 1), "A", i == 70);
    }
    w.block = w.load(plan, {6, 6});
    std::mt19937_64 random(1);
    std::set<Ordinal> given, firsts;
    for (u32 left = 447; left > 0;) {
        const u32 n = left < 7 ? left : 7;
        const Places p = any(w, n, random());
        ASSERT_TRUE(p.found) << left;
        firsts.insert(p.seats[0]);
        for (const Ordinal o : p.seats) {
            ASSERT_FALSE(w.block->layout(o).accessible);
            ASSERT_TRUE(given.insert(o).second);
        }
        ASSERT_EQ(w.lock(w.a, p.seats, kAnn).status, Status::ok);
        left -= n;
    }
    const Places none = any(w, 1, random());
    EXPECT_FALSE(none.found);
    EXPECT_EQ(none.totals.held, 447u);
    EXPECT_EQ(none.totals.accessible, 3u);
}

TEST(Area, starts_at_a_random_place) {
    World w;
    Layout plan = Layout::grid(1, 8, 200);
    w.block = w.load(plan, {6, 6});
    std::mt19937_64 random(1);
    std::set<Ordinal> firsts;
    for (u32 i = 0; i < 200; i++)
        firsts.insert(any(w, 2, random()).seats[0]);
    EXPECT_GT(firsts.size(), 20u);
}

}  // namespace tix::test
