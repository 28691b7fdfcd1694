// Real venues come in whole: every seat, in the order in which people sit.
#include <cmath>
#include <set>

#include "support.hpp"

namespace tix::plan::test {
namespace {

struct Venue {
    const char* file;
    std::size_t seats;
    std::size_t zones;
    std::size_t rows;
};

class RealPlan : public testing::TestWithParam<Venue> {};

TEST_P(RealPlan, ComesInWhole) {
    const Read plan = read_file(GetParam().file);
    ASSERT_FALSE(plan.refusal) << plan.message();
    EXPECT_EQ(plan.layout.seats.size(), GetParam().seats);
    EXPECT_EQ(plan.layout.zones, GetParam().zones);
    EXPECT_EQ(plan.layout.rows, GetParam().rows);
}

TEST_P(RealPlan, KeepsAreasContiguousAndPositionsRising) {
    const Read plan = read_file(GetParam().file);
    std::set<std::string> ids;
    std::set<std::string> areas;
    std::map<std::pair<std::string, std::string>, int> last;
    std::string area;
    for (const FlatSeat& seat : plan.layout.seats) {
        EXPECT_TRUE(ids.insert(seat.seat_id).second);
        if (seat.area_id != area) {
            area = seat.area_id;
            EXPECT_TRUE(areas.insert(area).second) << area;
        }
        int& before = last[{seat.area_id, seat.row_label}];
        EXPECT_GT(seat.position, before) << seat.seat_id;
        before = seat.position;
    }
}

INSTANTIATE_TEST_SUITE_P(Venues, RealPlan,
                         testing::Values(Venue{"stadium-metalist.json.gz", 39616, 58, 1453},
                                         Venue{"ballpark-taoyuan.json", 12851, 52, 801},
                                         Venue{"club-ticketland.json", 1115, 6, 10},
                                         Venue{"hall-serpentine.json", 681, 6, 68},
                                         Venue{"arena-seatmap-canvas.json", 738, 2, 90}),
                         [](const auto& venue) {
                             const std::string file = venue.param.file;
                             return file.substr(0, file.find('-'));
                         });

TEST(Stadium, SeatsWithoutNumberBetweenThemSitTogether) {
    // Row 40 of sector West 1 is numbered 1-10, 12-16 and has no physical hole.
    const Read plan = read_file("stadium-metalist.json.gz");
    EXPECT_TRUE(plan.neighbours("W1-40-10", "W1-40-12"));
    EXPECT_FALSE(plan.neighbours("W1-40-10", "W1-40-13"));
}

TEST(Stadium, SeatsWithAPhysicalHoleBetweenThemDoNot) {
    const Read plan = read_file("stadium-metalist.json.gz");
    std::size_t holes = 0;
    for (std::size_t i = 1; i < plan.layout.seats.size(); ++i) {
        const FlatSeat& a = plan.layout.seats[i - 1];
        const FlatSeat& b = plan.layout.seats[i];
        if (a.area_id == b.area_id && a.row_label == b.row_label && b.position == a.position + 2)
            ++holes;
    }
    EXPECT_EQ(holes, 62U);
}

TEST(Stadium, PlacesSeatsAtZonePlusRowPlusSeat) {
    const Read plan = read_file("stadium-metalist.json.gz");
    EXPECT_NEAR(plan.seat("W1-1-1").x, 6359.74 + 0 + 177.7, 1e-9);
    EXPECT_NEAR(plan.seat("W1-1-1").y, 5392.82 - 535.24 + 0, 1e-9);
}

TEST(Stadium, KeepsDrawingsOfZonesAsDecoration) {
    const Read plan = read_file("stadium-metalist.json.gz");
    EXPECT_NE(plan.layout.decoration.find("\"text\":\"ПОЛЕ\""), std::string::npos);
    EXPECT_NE(plan.layout.decoration.find("#f1c40f"), std::string::npos);
}

TEST(Ballpark, EveryRowIsOneBlockOfSeats) {
    const Read plan = read_file("ballpark-taoyuan.json");
    std::map<std::pair<std::string, std::string>, int> count;
    for (const FlatSeat& seat : plan.layout.seats)
        EXPECT_EQ(seat.position, (++count[{seat.area_id, seat.row_label}]));
}

TEST(Club, OrdersSeatsAsTheyStandAndNotAsTheFileLists) {
    const Read plan = read_file("club-ticketland.json");
    for (int n = 1; n < 18; ++n)
        EXPECT_TRUE(
            plan.neighbours("27129-2-" + std::to_string(n), "27129-2-" + std::to_string(n + 1)))
            << n;
}

TEST(Club, FollowsAnLShapedRowRoundItsCorner) {
    const Read plan = read_file("club-ticketland.json");
    std::map<int, int> numbers;
    for (const FlatSeat& seat : plan.layout.seats)
        if (seat.category == "VIP 2") numbers[seat.position] = std::stoi(seat.seat_number);
    ASSERT_EQ(numbers.size(), 32U);
    for (int position = 1; position < 32; ++position)
        EXPECT_EQ(std::abs(numbers[position + 1] - numbers[position]), 1) << position;
}

TEST(Club, StandingRowOf900IsThirtyColumnsOfThirtyNeighbours) {
    const Read plan = read_file("club-ticketland.json");
    std::size_t seats = 0;
    std::size_t neighbours = 0;
    const FlatSeat* before = nullptr;
    for (const FlatSeat& seat : plan.layout.seats) {
        if (seat.row_label != " ") continue;
        ++seats;
        if (before != nullptr && seat.position == before->position + 1) {
            ++neighbours;
            EXPECT_LT(std::hypot(seat.x - before->x, seat.y - before->y), 1.5 * 22.5);
        }
        before = &seat;
    }
    EXPECT_EQ(seats, 900U);
    EXPECT_EQ(neighbours, 30U * 29U);
}

TEST(Serpentine, NumbersThatTurnRoundDoNotChangeNeighbours) {
    const Read plan = read_file("hall-serpentine.json");
    EXPECT_TRUE(plan.neighbours("LinkerBlock-1-10", "LinkerBlock-1-11"));
    EXPECT_TRUE(plan.neighbours("LinkerBlock-2-42", "LinkerBlock-2-41"));
    // 11 ends row 1 of the left block and 12 begins row 1 of the right one.
    EXPECT_FALSE(plan.neighbours("LinkerBlock-1-11", "RechterBlock-1-12"));
    EXPECT_LT(plan.seat("LinkerBlock-2-42").position, plan.seat("LinkerBlock-2-34").position);
}

TEST(Serpentine, WheelchairPlacesAreFoundByTheirCategory) {
    const Read plan = read_file("hall-serpentine.json");
    std::size_t accessible = 0;
    for (const FlatSeat& seat : plan.layout.seats) {
        accessible += seat.accessible ? 1 : 0;
        EXPECT_EQ(seat.accessible, seat.category == "Rollstuhl");
    }
    EXPECT_EQ(accessible, 4U);
}

TEST(Arena, SegmentsWithTheSameRowNumberStayApart) {
    const Read plan = read_file("arena-seatmap-canvas.json");
    std::map<int, int> lengths;  // of unbroken runs of positions in row A of the ground floor
    int run = 0;
    int before = -1;
    for (const FlatSeat& seat : plan.layout.seats) {
        if (seat.area_id != "Groundfloor" || seat.row_label != "A") continue;
        if (before >= 0 && seat.position != before + 1) {
            ++lengths[run];
            run = 0;
        }
        ++run;
        before = seat.position;
    }
    ++lengths[run];
    std::map<int, int> expected;
    for (const Zone& zone : plan.plan.zones)
        for (const Row& row : zone.rows)
            if (zone.id == "Groundfloor" && row.number == "A")
                ++expected[static_cast<int>(row.seats.size())];
    EXPECT_EQ(lengths, expected);
}

TEST(ArenaAsFound, IsRefusedWithEveryDuplicateId) {
    const Read plan = read_file("as-found/arena-seatmap-canvas.json");
    ASSERT_TRUE(plan.refusal);
    std::map<std::string, int> uses;
    for (const Zone& zone : plan.plan.zones)
        for (const Row& row : zone.rows)
            for (const Seat& seat : row.seats)
                ++uses[seat.guid];
    std::string expected;
    int duplicates = 0;
    for (const auto& [id, count] : uses) {
        if (count < 2) continue;
        ++duplicates;
        expected +=
            (expected.empty() ? "\"" : "\n\"") + id + "\": " + std::to_string(count) + " seats";
    }
    EXPECT_EQ(duplicates, 126);
    EXPECT_EQ(plan.refusal->detail, expected);
    EXPECT_NE(plan.message().find("126 duplicate seat_guid"), std::string::npos);
    EXPECT_NE(plan.refusal->hint.find("--by-uuid"), std::string::npos);
}

TEST(ArenaAsFound, ComesInByUuid) {
    const Read plan = read_file("as-found/arena-seatmap-canvas.json", SeatIdFrom::uuid);
    ASSERT_FALSE(plan.refusal) << plan.message();
    EXPECT_EQ(plan.layout.seats.size(), 738U);
    EXPECT_EQ(plan.layout.seats[0].seat_id.size(), 36U);
}

}  // namespace
}  // namespace tix::plan::test
