// What best available makes of odd layouts: no coordinates, rows in segments, gaps, far stages.

#include <set>

#include "best_strip.hpp"
#include "fixture.hpp"

namespace tix::test {

namespace {

struct Place {
    u16 position;
    float x;
};

// Adds a row of one area: its seats stand at y.
void add_row(Layout& plan, const std::string& label, float y, const std::vector<Place>& places) {
    plan.row(label);
    for (const Place& p : places) {
        plan.seat(label + "-" + std::to_string(p.position) + "/" + std::to_string(p.x), p.position);
        plan.place(p.x, y);
    }
}

// The first and only area of `plan`, searched for `quantity` seats; what was found is in `seats`.
struct Search : World {
    explicit Search(Layout& plan, const std::vector<bool>& sold = {}) {
        block = load(plan, {6, 6}, sold);
    }
    BestCall wish(u32 quantity, u64 random = 0) {
        seats.assign(quantity, kNoSeat);
        return {block, quantity, 0, true, nullptr, random, seats.data()};
    }
    u32 tier(u32 tier, u32 quantity, u64 random = 0) {
        return best_in_area(wish(quantity, random), 0, tier).tier;
    }
    Seats seats;
};

// A front row of two and what stands behind it, in rows of one label.
Layout two_and(const std::vector<std::vector<Place>>& behind) {
    Layout plan;
    plan.area("X");
    add_row(plan, "1", 1, {{1, 1}, {2, 2}});
    for (const auto& places : behind)
        add_row(plan, "2", 2, places);
    return plan;
}

}  // namespace

TEST(Layout, without_coordinates_positions_stand_for_them) {
    for (const bool neighbours : {true, false}) {
        Layout plan;
        plan.area("X");
        const u16 step = neighbours ? 1 : 2;
        for (const char* row : {"1", "2"})
            add_row(plan, row, 0,
                    {{1, 0}, {static_cast<u16>(1 + step), 0}, {static_cast<u16>(1 + 2 * step), 0}});
        Search above(plan, {true, false, true, true, false, true});
        EXPECT_EQ(above.block->area(0).pitch, 0.0f);
        EXPECT_EQ(above.block->behind(1), 4u);
        EXPECT_EQ(above.tier(3, 2), 3u);
        EXPECT_EQ(above.seats, (Seats{1, 4}));
        Search aside(plan, {true, false, true, true, true, false});
        EXPECT_EQ(aside.tier(3, 2), 0u);
    }
}

TEST(Layout, segments_of_a_row_share_its_rank_and_the_rows_behind) {
    Layout plan;
    plan.area("X");
    for (u32 r = 1; r < 3; r++)
        for (const float x : {1.0f, 5.0f})
            add_row(plan, std::to_string(r), static_cast<float>(r), {{1, x}, {2, x + 1}});
    Search w(plan);
    EXPECT_EQ(w.block->row(1).rank, 0u);
    EXPECT_EQ(w.block->row(3).rank, 1u);
    for (Ordinal o = 0; o < 4; o++)
        EXPECT_EQ(w.block->behind(o), o + 4);
    for (Ordinal o = 4; o < 8; o++)
        EXPECT_EQ(w.block->behind(o), kNoSeat);
    std::set<Seats> pairs, squares;
    for (u64 dice = 0; dice < 8; dice++) {
        EXPECT_EQ(w.tier(1, 2, dice), 1u);
        pairs.insert(w.seats);
        EXPECT_EQ(w.tier(3, 4, dice), 3u);
        squares.insert(w.seats);
    }
    EXPECT_EQ(pairs, (std::set<Seats>{{0, 1}, {2, 3}}));
    EXPECT_EQ(squares, (std::set<Seats>{{0, 1, 4, 5}, {2, 3, 6, 7}}));
}

TEST(Layout, of_a_rank_in_pieces_the_first_64_are_looked_at) {
    Layout plan;
    plan.area("X");
    std::vector<Place> front;
    for (u16 i = 0; i < 70; i++)
        front.push_back({i, static_cast<float>(i)});
    add_row(plan, "1", 1, front);
    for (u16 i = 0; i < 70; i++)
        add_row(plan, "2", 2, {{i, static_cast<float>(i)}});
    Search w(plan);
    EXPECT_EQ(w.block->behind(0), 70u);
    EXPECT_EQ(w.block->behind(63), 133u);
    EXPECT_EQ(w.block->behind(64), kNoSeat);
    EXPECT_EQ(w.block->behind(69), kNoSeat);
}

TEST(Layout, a_party_in_columns_has_no_gap_in_its_back_row) {
    const std::vector<Place> joined = {{1, 1}, {2, 2}}, apart = {{1, 1}, {3, 2}};
    const std::vector<Place> snake = {{1, 2}, {2, 1}}, snake_apart = {{1, 2}, {3, 1}};
    for (const auto& places : {joined, snake}) {
        Layout plan = two_and({places});
        Search w(plan);
        EXPECT_EQ(w.tier(3, 4), 3u);
        EXPECT_EQ(w.seats, (Seats{0, 1, 2, 3}));
    }
    for (const auto& places : {apart, snake_apart}) {
        Layout plan = two_and({places});
        EXPECT_EQ(Search(plan).tier(3, 4), 0u);
    }
    Layout parted = two_and({{{1, 1}}, {{2, 2}}});
    EXPECT_EQ(Search(parted).tier(3, 4), 0u) << "two segments of the back row";
    Layout parted_snake = two_and({{{1, 2}}, {{2, 1}}});
    EXPECT_EQ(Search(parted_snake).tier(3, 4), 0u);
}

TEST(Layout, of_many_places_in_a_row_the_nearest_to_the_stage_are_taken) {
    Layout plan = Layout::grid(1, 2, 30);
    LayoutInput in = plan.input({6, 6});
    in.has_focal = true;
    in.focal_x = 30;
    World w;
    w.block = session_build(w.arena, w.arena.allocate(session_bytes(w.arena, in)), in);
    Seats seats(2, kNoSeat);
    BestCall call{w.block, 2, 0, false, nullptr, 0, seats.data()};
    for (call.random = 0; call.random < 16; call.random++) {
        EXPECT_GT(best_in_area(call, 0, 2).tier, 0u);
        EXPECT_GT(seats[0], 20u) << "one of the eight best";
        EXPECT_LT(seats[0], 29u);
    }
}

TEST(Layout, a_stage_far_away_leaves_the_rows_to_decide) {
    Layout plan = Layout::grid(1, 3, 4);
    LayoutInput in = plan.input({6, 6});
    in.has_focal = true;
    in.focal_x = 1e9f;
    World w;
    w.block = session_build(w.arena, w.arena.allocate(session_bytes(w.arena, in)), in);
    EXPECT_EQ(focal_steps(*w.block, w.block->area(0), 0), 65535u);
    Seats seats(4, kNoSeat);
    const BestCall call{w.block, 4, 0, true, nullptr, 0, seats.data()};
    EXPECT_EQ(best_in_area(call, 0, 1).tier, 1u);
    EXPECT_EQ(seats, (Seats{0, 1, 2, 3}));
}

TEST(Pieces, an_odd_party_waits_for_a_run_of_three) {
    Layout plan;
    plan.area("X");
    std::vector<Place> places;
    for (u16 pair = 0; pair < 4; pair++)
        for (const u16 p : {1, 2})
            places.push_back({static_cast<u16>(pair * 3 + p), 0});
    for (const u16 p : {13, 14, 15})
        places.push_back({p, 0});
    add_row(plan, "1", 0, places);
    Search w(plan);
    EXPECT_EQ(w.tier(4, 5), 4u);
    EXPECT_EQ(w.seats, (Seats{0, 1, 8, 9, 10}));
    std::vector<bool> without(11, false);
    without[9] = true;
    Search pairs(plan, without);
    EXPECT_EQ(pairs.tier(4, 5), 0u) << "pairs alone make no odd number";
    EXPECT_EQ(pairs.tier(4, 6), 4u);
}

TEST(Pieces, seats_freed_meanwhile_make_no_piece_longer_than_the_party) {
    Layout plan = Layout::grid(1, 1, 5);
    Search w(plan);
    EXPECT_EQ(w.tier(4, 2), 4u);
    EXPECT_EQ(w.seats, (Seats{0, 1}));
    EXPECT_EQ(w.tier(5, 2), 5u);
    EXPECT_EQ(w.seats, (Seats{0, 1}));
    EXPECT_EQ(best_in_area(w.wish(6), 0, 5).tier, 0u);
}

TEST(Pieces, come_from_the_first_areas_that_have_enough) {
    World w(3, 1, 2);
    const u16 areas[] = {2, 0, 1};
    Seats seats(2, kNoSeat);
    BestCall call{w.block, 2, 0, true, nullptr, 0, seats.data()};
    EXPECT_TRUE(best_anywhere(call, areas, 3));
    EXPECT_EQ(seats, (Seats{4, 5}));
}

TEST(Pieces, accessible_places_stand_in_for_others_while_there_are_some) {
    Layout plan;
    plan.area("X");
    plan.row("1");
    for (u16 i = 0; i < 3; i++)
        plan.seat("S" + std::to_string(i), static_cast<u16>(2 * i), "A", i < 2);
    Search w(plan);
    const u16 area = 0;
    BestCall call = w.wish(3);
    call.accessible = 1;
    EXPECT_TRUE(best_anywhere(call, &area, 1));
    EXPECT_EQ(w.seats, (Seats{0, 1, 2}));
    call = w.wish(4);
    call.accessible = 1;
    EXPECT_FALSE(best_anywhere(call, &area, 1));
}

}  // namespace tix::test
