// Neighbours are decided by where seats stand.
#include "plan/row_order.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace tix::plan::test {
namespace {

using Indexes = std::vector<std::size_t>;
using Positions = std::vector<int>;

TEST(RowOrder, OfNoSeatsIsEmpty) {
    EXPECT_TRUE(order_row({}).seats.empty());
}

TEST(RowOrder, OfOneSeatIsPositionOne) {
    EXPECT_EQ(order_row({{5, 5}}).positions, Positions({1}));
}

TEST(RowOrder, RunsLeftToRightWhateverTheFileSays) {
    EXPECT_EQ(order_row({{20, 0}, {0, 0}, {10, 0}}).seats, Indexes({1, 2, 0}));
}

TEST(RowOrder, RunsTopToBottomWhenUpright) {
    EXPECT_EQ(order_row({{0, 20}, {0, 0}, {0, 10}}).seats, Indexes({1, 2, 0}));
}

TEST(RowOrder, FollowsASlantedRow) {
    EXPECT_EQ(order_row({{14, -14}, {0, 0}, {7, -7}, {21, -21}}).seats, Indexes({1, 2, 0, 3}));
}

TEST(RowOrder, LeavesAHoleBeyondOneAndAHalfPitches) {
    EXPECT_EQ(order_row({{0, 0}, {10, 0}, {20, 0}, {35, 0}, {45, 0}}).positions,
              Positions({1, 2, 3, 4, 5}));
    EXPECT_EQ(order_row({{0, 0}, {10, 0}, {20, 0}, {35.1, 0}, {45.1, 0}}).positions,
              Positions({1, 2, 3, 5, 6}));
}

TEST(RowOrder, OfSeatsInOneSpotKeepsThePlan) {
    const RowOrder order = order_row({{3, 3}, {3, 3}, {3, 3}});
    EXPECT_EQ(order.seats, Indexes({0, 1, 2}));
    EXPECT_EQ(order.positions, Positions({1, 2, 3}));
}

TEST(RowOrder, FollowsAHorseshoeAsThePlanLists) {
    std::vector<Point> seats;
    for (int i = 0; i < 20; ++i)
        seats.push_back({0, 200.0 - 10 * i});
    for (int i = 1; i < 10; ++i)
        seats.push_back({10.0 * i, 0});
    for (int i = 0; i < 20; ++i)
        seats.push_back({100, 10.0 + 10 * i});
    const RowOrder order = order_row(seats);
    for (std::size_t i = 0; i < seats.size(); ++i)
        EXPECT_EQ(order.seats[i], i);
    EXPECT_EQ(order.positions[19], 20);
}

TEST(RowOrder, OfAnArcRunsFromEndToEnd) {
    std::vector<Point> seats;
    for (int i = 0; i <= 40; ++i)
        seats.push_back({-100 * std::cos(0.02 * i * 3), 100 * std::sin(0.02 * i * 3)});
    const RowOrder order = order_row(seats);
    EXPECT_EQ(order.positions.back(), 41);
    EXPECT_EQ(std::abs(static_cast<int>(order.seats[1]) - static_cast<int>(order.seats[0])), 1);
}

}  // namespace
}  // namespace tix::plan::test
