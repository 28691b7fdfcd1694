// The promises of a board: whose turn it is, how long it takes, when to ask again – all by
// arithmetic, and as the database says.
#include "queue/board.hpp"

#include <gtest/gtest.h>

#include <set>

#include "crypto/sha256.hpp"
#include "queue/shuffle.hpp"

namespace tix::gateway {
namespace {

constexpr PollPauses kPauses{2, 30};

Board open_board() {
    Board board;
    board.queue_id = 1;
    board.session_id = "s";
    board.state = "open";
    board.joined = 1000;
    board.serving = 100;
    board.lapsed = 40;
    board.pace = 10;
    board.grace_s = 120;
    return board;
}

TEST(Shuffle, IsTheOneOfTheSpecification) {
    const std::string seed = crypto::sha256("tix");
    const std::vector<std::int64_t> ten{9, 0, 7, 1, 6, 4, 5, 3, 2, 8};
    for (std::int64_t i = 0; i < 10; ++i)
        EXPECT_EQ(shuffled_index(i, 10, seed), ten[static_cast<std::size_t>(i)]);
    EXPECT_EQ(shuffled_index(0, 1000003, seed), 357355);
    EXPECT_EQ(shuffled_index(1, 1000003, seed), 823268);
    EXPECT_EQ(shuffled_index(999999, 1000003, seed), 870179);
    EXPECT_EQ(shuffled_index(1000002, 1000003, seed), 183344);
    EXPECT_EQ(shuffled_index(123456789, 2147483647, seed), 1374864336);
    EXPECT_EQ(shuffled_index(0, 1, seed), 0);
}

TEST(Standing, OfEachPlace) {
    const Board board = open_board();
    const auto turn = [&](std::int64_t place) { return standing_of(board, place, kPauses).turn; };
    EXPECT_EQ(turn(1), Turn::kLapsed);
    EXPECT_EQ(turn(40), Turn::kLapsed);
    EXPECT_EQ(turn(41), Turn::kCalled);
    EXPECT_EQ(turn(100), Turn::kCalled);
    EXPECT_EQ(turn(101), Turn::kWaiting);
    EXPECT_EQ(standing_of(board, 101, kPauses).ahead, 0);
    EXPECT_EQ(standing_of(board, 101, kPauses).eta_s, 1);
    EXPECT_EQ(standing_of(board, 1000, kPauses).ahead, 899);
    EXPECT_EQ(standing_of(board, 1000, kPauses).eta_s, 90);
    EXPECT_EQ(standing_of(board, 100, kPauses).ahead, 0);
    EXPECT_EQ(standing_of(board, 100, kPauses).eta_s, std::nullopt);
}

TEST(Standing, WaitBeginsWithTheOpening) {
    Board board = open_board();
    board.serving = 0;
    board.lapsed = 0;
    board.opens_in_s = 60;
    EXPECT_EQ(standing_of(board, 10, kPauses).eta_s, 61);
}

TEST(Standing, APausedQueuePromisesNoTime) {
    Board board = open_board();
    board.state = "paused";
    const Standing standing = standing_of(board, 101, kPauses);
    EXPECT_EQ(standing.turn, Turn::kWaiting);
    EXPECT_EQ(standing.ahead, 0);
    EXPECT_EQ(standing.eta_s, std::nullopt);
    EXPECT_EQ(standing_of(board, 100, kPauses).turn, Turn::kCalled);
}

TEST(Standing, AClosedQueueIsOverForAll) {
    Board board = open_board();
    board.state = "closed";
    for (const std::int64_t join : {1, 41, 101}) {
        const Standing standing = standing_of(board, join, kPauses);
        EXPECT_EQ(standing.turn, Turn::kClosed);
        EXPECT_FALSE(standing.place || standing.ahead || standing.eta_s);
    }
}

TEST(Standing, ADrawGivesEachPlaceOnceAndThoseWhoComeLaterTheirNumber) {
    Board board = open_board();
    board.random = true;
    board.serving = 0;
    board.lapsed = 0;
    EXPECT_EQ(standing_of(board, 1, kPauses).place, std::nullopt);
    EXPECT_EQ(standing_of(board, 1, kPauses).turn, Turn::kWaiting);
    board.drawn = 300;
    board.seed = crypto::sha256("tix");
    std::set<std::int64_t> places;
    for (std::int64_t join = 1; join <= 300; ++join)
        places.insert(*standing_of(board, join, kPauses).place);
    EXPECT_EQ(places.size(), 300U);
    EXPECT_EQ(*places.begin(), 1);
    EXPECT_EQ(*places.rbegin(), 300);
    EXPECT_EQ(standing_of(board, 301, kPauses).place, 301);
    board.drawn = 0;
    EXPECT_EQ(standing_of(board, 1, kPauses).place, 1);
}

TEST(Standing, NoNumberIsTooLarge) {
    Board board = open_board();
    board.pace = 1e-6;
    EXPECT_EQ(standing_of(board, INT64_MAX, kPauses).eta_s, INT32_MAX);
    board.serving = INT64_MAX;
    EXPECT_EQ(standing_of(board, INT64_MAX, kPauses).turn, Turn::kCalled);
}

TEST(Pauses, GrowWithTheWaitWithinTheirBounds) {
    Board board = open_board();
    const auto after = [&](std::int64_t place) {
        return standing_of(board, place, kPauses).poll_after_s;
    };
    EXPECT_EQ(after(101), 2);
    EXPECT_EQ(after(580), 12);  // 48 s to wait
    EXPECT_EQ(after(100000), 30);
    EXPECT_EQ(after(50), 2);  // called
    board.grace_s = 20;
    EXPECT_EQ(after(100000), 5);  // or the turn would be gone before one asks again
    board.grace_s = 1;
    EXPECT_EQ(after(100000), 1);
}

TEST(Pauses, OfAMillionKeepThemWithinWhatAnEdgeAnswers) {
    Board board = open_board();
    EXPECT_EQ(poll_after(board, kPauses), 2);
    board.joined = 1000100;
    EXPECT_EQ(poll_after(board, {2, 300}), 30);
    board.grace_s = 3600;
    EXPECT_EQ(poll_after(board, {2, 300}), 100);
}

TEST(Boards, OfASessionIsTheLast) {
    Boards boards;
    for (const int id : {9, 5, 2}) {
        Board board = open_board();
        board.queue_id = id;
        board.session_id = id == 5 ? "other" : "s";
        boards.boards.push_back(board);
    }
    EXPECT_EQ(boards.of_session("s")->queue_id, 9);
    EXPECT_EQ(boards.of_session("other")->queue_id, 5);
    EXPECT_EQ(boards.of_session("x"), nullptr);
    EXPECT_EQ(boards.of_queue(2)->session_id, "s");
    EXPECT_EQ(boards.of_queue(3), nullptr);
}

}  // namespace
}  // namespace tix::gateway
