// Best available: what each tier promises, and the whole of it against a naive reference.

#include <algorithm>
#include <set>

#include "best_reference.hpp"

namespace tix::test {

namespace {

struct Wish {
    u32 quantity;
    u32 tier_max = kTierMax;
    u32 accessible = 0;
    bool avoid_orphans = true;
    const u64* categories = nullptr;
    u64 random = 0;
};

struct Found {
    u32 tier = 0;
    Seats seats;
    BestTotals totals;
};

// What tix_lock_best does, without locks: worse tiers only when no area has a better one.
Found ask(World& w, const Wish& wish) {
    Found found;
    found.seats.resize(wish.quantity);
    const BestCall call{w.block,         wish.quantity, wish.accessible,   wish.avoid_orphans,
                        wish.categories, wish.random,   found.seats.data()};
    EXPECT_EQ(free_overdue(w.access(w.a, w.all()), w.all()).status, Status::ok);
    std::vector<u32> next(w.block->areas, 1);
    std::vector<u16> areas;
    const u32 first = wish.avoid_orphans || wish.tier_max == 1 ? 1 : 2;
    for (u32 tier = first; tier <= wish.tier_max; tier++)
        for (u16 a = 0; a < w.block->areas; a++) {
            if (next[a] == 0 || next[a] > tier) continue;
            const BestBlock b = best_in_area(call, a, tier);
            found.tier = b.tier;
            if (b.tier > 0) return found;
            next[a] = b.next;
            if (tier == first) found.totals.add(b.totals);
            if (tier == first && b.next > 0) areas.push_back(a);
        }
    if (wish.tier_max == kTierMax &&
        best_anywhere(call, areas.data(), static_cast<u32>(areas.size()))) {
        found.tier = kTierMax;
        return found;
    }
    found.seats.clear();
    return found;
}

Reason refusal(World& w, const Wish& wish) {
    Ordinal unused;
    const Found found = ask(w, wish);
    EXPECT_EQ(found.tier, 0u);
    return best_refusal(
        {w.block, wish.quantity, wish.accessible, true, wish.categories, 0, &unused}, found.totals);
}

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
std::set<int> firsts(World& w, Wish wish, u32 tier) {
    std::set<int> found;
    for (wish.random = 0; wish.random < kBestChoices * 3; wish.random++) {
        const Found f = ask(w, wish);
        found.insert(f.tier > 0 ? static_cast<int>(f.seats[0]) : -1);
        if (f.tier > 0) {
            EXPECT_EQ(f.tier, tier);
        }
    }
    return found;
}

std::vector<bool> sold_but(u32 n, const std::set<u32>& free) {
    std::vector<bool> sold(n, true);
    for (const u32 o : free)
        sold[o] = false;
    return sold;
}

}  // namespace

TEST(Best, tier_one_leaves_no_single_seat_alone) {
    World w;
    Layout plan = row_of(6);
    w.block = w.load(plan, {6, 6});
    EXPECT_EQ(firsts(w, {2, 2}, 1), (std::set<int>{0, 2, 4}));
    EXPECT_EQ(firsts(w, {3, 2}, 1), (std::set<int>{0, 3}));
    EXPECT_EQ(firsts(w, {6, 2}, 1), (std::set<int>{0}));
    EXPECT_EQ(firsts(w, {7, 2}, 1), (std::set<int>{-1}));
}

TEST(Best, tier_two_is_taken_only_when_asked_for) {
    World w;
    Layout plan = row_of(3);
    w.block = w.load(plan, {6, 6});
    EXPECT_EQ(firsts(w, {2, 1}, 1), (std::set<int>{-1}));
    EXPECT_EQ(firsts(w, {2, 2}, 2), (std::set<int>{0, 1}));
}

TEST(Best, allowed_orphans_do_not_matter_but_are_told) {
    World w;
    Layout plan = row_of(6);
    w.block = w.load(plan, {6, 6});
    std::set<std::pair<Ordinal, u32>> found;
    for (u64 dice = 0; dice < 24; dice++) {
        const Found f = ask(w, {2, 2, 0, false, nullptr, dice});
        found.insert({f.seats[0], f.tier});
    }
    EXPECT_EQ(found, (std::set<std::pair<Ordinal, u32>>{{0, 1}, {1, 2}, {2, 1}, {3, 2}, {4, 1}}));
}

TEST(Best, neighbours_are_positions_not_numbers) {
    World w;
    Layout plan = row_of(6, {2});  // an aisle after the first two
    w.block = w.load(plan, {6, 6});
    EXPECT_EQ(firsts(w, {2, 1}, 1), (std::set<int>{0, 2, 4}));
    EXPECT_EQ(firsts(w, {4, 2}, 1), (std::set<int>{2}));
    EXPECT_EQ(firsts(w, {5, 2}, 1), (std::set<int>{-1}));
}

TEST(Best, long_rows_are_searched_across_words) {
    World w;
    Layout plan = row_of(200);
    w.block = w.load(plan, {6, 6}, sold_but(200, {62, 63, 64, 65, 126, 127, 128, 190}));
    EXPECT_EQ(firsts(w, {4, 2}, 1), (std::set<int>{62}));
    EXPECT_EQ(firsts(w, {3, 1}, 1), (std::set<int>{126}));
    EXPECT_EQ(firsts(w, {1, 1}, 1).count(190), 1u);
}

TEST(Best, only_the_wanted_categories_are_given) {
    World w;
    Layout plan = row_of(8);
    w.block = w.load(plan, {6, 6});
    u64 bits[kCategoriesPerSessionMax / 64] = {};
    bits[0] = 2;  // B: seats 4 to 7
    EXPECT_EQ(firsts(w, {4, 2, 0, true, bits}, 1), (std::set<int>{4}));
    EXPECT_EQ(firsts(w, {5, 5, 0, true, bits}, 1), (std::set<int>{-1}));
    EXPECT_EQ(refusal(w, {5, 5, 0, true, bits}), Reason::sold_out);
    // A seat of another category beside it is company: three of the four are no orphan's fault.
    EXPECT_EQ(firsts(w, {3, 1, 0, true, bits}, 1), (std::set<int>{5}));
}

TEST(Best, the_better_row_and_then_the_nearer_seats_are_taken) {
    World w;
    Layout plan;
    plan.area("X");
    for (u32 r = 0; r < 3; r++) {
        plan.row(std::to_string(r));
        for (u32 i = 0; i < 30; i++)
            plan.seat(std::to_string(r) + "-" + std::to_string(i), static_cast<u16>(i + 1));
    }
    LayoutInput in = plan.input({6, 6});
    in.has_focal = true;
    in.focal_x = 6;  // the sixth seat, not the centre
    in.focal_y = 0;
    const Ref at = w.arena.allocate(session_bytes(w.arena, in));
    w.block = session_build(w.arena, at, in);
    for (const int first : firsts(w, {4, 2}, 1)) {
        EXPECT_LT(first, 10);
        EXPECT_NE(first, 1) << "leaves seat 0 alone";
    }
    EXPECT_GT(firsts(w, {4, 2}, 1).size(), 4u) << "a thousand clients want different seats";
}

TEST(Best, a_party_that_fits_no_row_sits_in_columns) {
    World w;
    Layout plan = Layout::grid(1, 4, 5);
    // . x x x x / . . x x x / . . x x x / x x x x x
    w.block = w.load(plan, {6, 6}, sold_but(20, {0, 5, 6, 10, 11}));
    EXPECT_EQ(ask(w, {4, 2}).tier, 0u);
    const Found four = ask(w, {4, 3});
    EXPECT_EQ(four.tier, 3u);
    EXPECT_EQ(four.seats, (Seats{5, 6, 10, 11}));
    const Found three = ask(w, {3, 3});
    EXPECT_EQ(three.tier, 3u);
    EXPECT_EQ(three.seats[0], 5u);
    EXPECT_EQ(refusal(w, {5, 4}), Reason::no_block) << "an odd one has no pair";
    EXPECT_EQ(ask(w, {5, 5}).tier, 5u);
}

TEST(Best, the_back_row_of_a_party_may_be_shorter_at_either_end) {
    World w;
    Layout plan = Layout::grid(1, 2, 3);
    w.block = w.load(plan, {6, 6}, {false, false, false, false, false, true});
    EXPECT_EQ(ask(w, {5, 3}).seats, (Seats{0, 1, 2, 3, 4}));
    w.block = w.load(plan, {7, 7}, {false, false, false, true, false, false});
    EXPECT_EQ(ask(w, {5, 3}).seats, (Seats{0, 1, 2, 4, 5}));
}

TEST(Best, columns_are_measured_not_counted) {
    World w;
    Layout plan;
    plan.area("X");
    for (const u16 row : {0, 1, 2, 3}) {  // each row a whole seat further, the last behind an aisle
        plan.row(std::to_string(row));
        for (u16 i = 0; i < 3; i++) {
            plan.seat(std::to_string(row * 3 + i), static_cast<u16>(i + 1));
            plan.place(static_cast<float>(i + row), row < 3 ? row : 9);
        }
    }
    w.block = w.load(plan, {6, 6}, sold_but(12, {2, 5}));
    EXPECT_EQ(ask(w, {2, 5}).tier, 5u) << "the last of two rows, a seat aside";
    w.block = w.load(plan, {7, 7}, sold_but(12, {2, 4}));
    EXPECT_EQ(ask(w, {2, 5}).tier, 3u);
    w.block = w.load(plan, {8, 8}, sold_but(12, {7, 9}));
    EXPECT_EQ(ask(w, {2, 5}).tier, 5u) << "across an aisle";
    w.block = w.load(plan, {9, 9}, sold_but(12, {0, 5}));
    EXPECT_EQ(ask(w, {2, 5}).tier, 5u);
}

TEST(Best, nobody_sits_alone_in_pieces) {
    World w;
    Layout plan = row_of(12, {3, 6, 9});  // four times three
    w.block = w.load(plan, {6, 6}, sold_but(12, {0, 1, 2, 3, 4, 5, 6, 9, 10}));
    const Found four = ask(w, {4, 4});
    EXPECT_EQ(four.tier, 4u);
    EXPECT_EQ(four.seats.size(), 4u);
    std::set<Ordinal> piece(four.seats.begin(), four.seats.end());
    EXPECT_EQ(piece.count(0) + piece.count(1) + piece.count(2), 2u) << "two and two, not three";
    EXPECT_EQ(ask(w, {8, 4}).tier, 4u);
    EXPECT_EQ(refusal(w, {9, 4}), Reason::no_block) << "one of the nine is alone";
    EXPECT_EQ(ask(w, {9, 5}).seats, (Seats{0, 1, 2, 3, 4, 5, 6, 9, 10}));
}

TEST(Best, anything_may_cross_areas) {
    World w(3, 1, 2);
    EXPECT_EQ(ask(w, {5, 4}).tier, 0u);
    const Found five = ask(w, {5, 5});
    EXPECT_EQ(five.tier, 5u);
    EXPECT_EQ(std::set<Ordinal>(five.seats.begin(), five.seats.end()).size(), 5u);
    EXPECT_EQ(refusal(w, {7, 5}), Reason::sold_out);
}

TEST(Best, accessible_places_are_given_only_to_who_asks_for_them) {
    World w;
    Layout plan = row_of(6, {}, {2, 3});
    w.block = w.load(plan, {6, 6});
    EXPECT_EQ(firsts(w, {1, 2}, 1).count(2), 0u);
    EXPECT_EQ(refusal(w, {5, 5}), Reason::accessible_only);
    EXPECT_EQ(refusal(w, {7, 5}), Reason::sold_out);
    EXPECT_EQ(firsts(w, {2, 2, 1, false}, 2), (std::set<int>{1, 3})) << "one and a companion";
    EXPECT_EQ(firsts(w, {2, 2, 2}, 1), (std::set<int>{2}));
    EXPECT_EQ(firsts(w, {4, 2, 2}, 1), (std::set<int>{0, 2}));
    EXPECT_EQ(refusal(w, {3, 5, 3}), Reason::sold_out);
}

TEST(Best, companions_take_no_more_accessible_places_than_they_must) {
    World w;
    Layout plan = row_of(8, {4}, {0, 1, 5});
    w.block = w.load(plan, {6, 6});
    EXPECT_EQ(firsts(w, {2, 2, 1}, 1), (std::set<int>{4})) << "one place and one companion";
    w.block = w.load(plan, {7, 7}, sold_but(8, {0, 1, 3, 7}));
    EXPECT_EQ(firsts(w, {2, 2, 1}, 1), (std::set<int>{0})) << "the only place with company";
    EXPECT_EQ(ask(w, {3, 5, 2}).seats.size(), 3u);
}

TEST(Best, held_seats_are_counted_and_overdue_ones_given) {
    World w;
    Layout plan = row_of(4);
    w.block = w.load(plan, {6, 6});
    (void)w.lock(w.a, {1}, kAnn, kSecond);
    EXPECT_EQ(w.commit(w.a), 0u);
    const Found f = ask(w, {3, 2});
    EXPECT_EQ(f.tier, 0u);
    EXPECT_EQ(f.totals.free, 3u);
    EXPECT_EQ(f.totals.held, 1u);
    EXPECT_EQ(refusal(w, {3, 2}), Reason::no_block);
    EXPECT_EQ(refusal(w, {4, 5}), Reason::held_out);
    w.now += kSecond;
    EXPECT_GT(ask(w, {3, 2}).tier, 0u);
    EXPECT_EQ(w.audit(), "");
}

TEST(Best, an_overdue_hold_of_several_areas_is_ended_under_all_its_locks) {
    World w;  // 4 areas of 10 seats, 4 partitions
    Ordinal far = 10;
    while (seat_partition(w.arena, *w.block, far) == seat_partition(w.arena, *w.block, 0))
        far += 10;
    (void)w.lock(w.a, {0, far}, kAnn, kSecond);
    EXPECT_EQ(w.commit(w.a), 0u);
    w.now += kSecond;
    PartitionSet home;
    home.add(seat_partition(w.arena, *w.block, 0));
    const HoldAnswer need = free_overdue(w.access(w.a, home), home);
    EXPECT_EQ(need.status, Status::need_partitions);
    EXPECT_TRUE(need.need.has(seat_partition(w.arena, *w.block, far)));
    PartitionSet both = home;
    both.merge(need.need);
    EXPECT_EQ(free_overdue(w.access(w.a, both), home).status, Status::ok);
    EXPECT_EQ(w.block->area(0).count[static_cast<u32>(SeatState::held)], 0u);
}

TEST(Best, every_area_is_offered_once_and_near_ones_first) {
    World w(9, 1, 3);
    const u64 wanted[kAreasPerSessionMax / 64] = {0x1EF};
    std::set<u32> seen, first;
    for (u64 dice = 0; dice < 50; dice++) {
        AreaOrder order(*w.block, wanted, dice);
        ASSERT_EQ(order.size(), 8u);
        first.insert(order[0]);
        seen.clear();
        for (u32 i = 0; i < order.size(); i++)
            EXPECT_TRUE(seen.insert(order[i]).second);
        EXPECT_EQ(seen.count(4), 0u) << "not wanted";
    }
    EXPECT_GT(first.size(), 1u);
    EXPECT_EQ(first.count(8), 0u) << "the farthest is never first";
}

namespace {

// The least tier of all sets, and what is best in it.
struct Best {
    u32 tier = kTierMax + 1, rows = ~0u, spare = ~0u;
    int rank = 1 << 20;
};

void compare(World& w, const House& house, const Wish& wish) {
    const PlainBest plain{house.seats, wish.accessible};
    const Found found = ask(w, wish);
    Best best;
    plain.each(wish.quantity, [&](const Seats& s) {
        u32 tier = plain.tier(s);
        if (!wish.avoid_orphans && tier == 2) tier = 1;
        if (tier > best.tier || tier > wish.tier_max) return;
        if (tier < best.tier) best = {tier, ~0u, ~0u, 1 << 20};
        if (found.tier > 0 && house.seats[s[0]].area != house.seats[found.seats[0]].area) return;
        best.rows = std::min(best.rows, plain.rows(s));
        best.spare = std::min(best.spare, plain.spare_accessible(s));
    });
    if (best.tier > kTierMax) {
        EXPECT_EQ(found.tier, 0u);
        return;
    }
    const u32 tier = !wish.avoid_orphans && found.tier == 2 ? 1 : found.tier;
    ASSERT_EQ(tier, best.tier);
    ASSERT_TRUE(std::is_sorted(found.seats.begin(), found.seats.end()));
    ASSERT_EQ(std::set<Ordinal>(found.seats.begin(), found.seats.end()).size(), wish.quantity);
    for (const Ordinal o : found.seats)
        ASSERT_TRUE(house.seats[o].free && (wish.accessible > 0 || !house.seats[o].accessible));
    ASSERT_EQ(plain.tier(found.seats), found.tier);
    if (tier < 3) {
        ASSERT_EQ(plain.spare_accessible(found.seats), best.spare);
    }
    if (tier == 3) {
        ASSERT_EQ(plain.rows(found.seats), best.rows);
    }
    if (tier > 3) return;
    plain.each(wish.quantity, [&](const Seats& s) {
        const u32 other = plain.tier(s);
        const bool same = !wish.avoid_orphans && other < 3 ? tier == 1 : other == tier;
        if (same && house.seats[s[0]].area == house.seats[found.seats[0]].area &&
            plain.rows(s) == best.rows && (tier == 3 || plain.spare_accessible(s) == best.spare))
            best.rank = std::min(best.rank, plain.rank(s));
    });
    ASSERT_EQ(plain.rank(found.seats), best.rank);
}

}  // namespace

TEST(Best, is_what_an_exhaustive_search_finds) {
    for (u64 seed = 0; seed < 80; seed++) {
        World w;
        House house(seed);
        w.block = w.load(house.layout, {6, 6}, house.sold);
        const u32 free = static_cast<u32>(std::count(house.sold.begin(), house.sold.end(), false));
        const u32 most = free > 12 ? 3 : 5;
        for (u32 quantity = 1; quantity <= most; quantity++) {
            const u32 tier_max = static_cast<u32>(1 + (seed + quantity) % kTierMax);
            compare(w, house, {quantity, kTierMax, 0, true, nullptr, seed});
            compare(w, house, {quantity, tier_max, 0, true, nullptr, seed});
            compare(w, house, {quantity, 2, 0, false, nullptr, seed});
            compare(w, house, {quantity, 2, 1, true, nullptr, seed});
            compare(w, house, {quantity, kTierMax, quantity / 2, true, nullptr, seed});
            ASSERT_FALSE(testing::Test::HasFatalFailure())
                << "seed " << seed << " quantity " << quantity;
        }
    }
}

}  // namespace tix::test
