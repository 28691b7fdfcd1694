// The promises of the feed's batches: each seat's last state once, in the format viewers read.
#include "feed/batch.hpp"

#include <gtest/gtest.h>

#include "json/json.hpp"

namespace tix::gateway {
namespace {

constexpr char kOne[] = "session-1";
constexpr char kTwo[] = "session-2";

std::string message_of(const Batch& batch, const char* session, std::int64_t prev) {
    return Batch::message(batch.sessions().at(session), prev);
}

TEST(Batch, a_state_is_two_bits) {
    EXPECT_EQ(state_bits("free"), 0);
    EXPECT_EQ(state_bits("held"), 1);
    EXPECT_EQ(state_bits("confirming"), 1);
    EXPECT_EQ(state_bits("sold"), 2);
    EXPECT_EQ(state_bits("blocked"), 3);
}

TEST(Batch, a_state_it_does_not_know_is_not_free) {
    for (const char* state : {"", "Free", "free ", "fre", "SOLD", "?"})
        EXPECT_EQ(state_bits(state), 1) << state;
}

TEST(Batch, a_message_is_of_the_one_format) {
    Batch batch;
    batch.add({8, kOne, 3, 17, "held"});
    EXPECT_EQ(message_of(batch, kOne, 7),
              R"({"prev":"7","seq":"8","layoutVersion":3,"changes":[[17,1]]})");
}

TEST(Batch, the_seats_of_a_message_come_by_their_ordinals) {
    Batch batch;
    batch.add({1, kOne, 1, 30, "sold"});
    batch.add({2, kOne, 1, 4, "blocked"});
    batch.add({3, kOne, 1, 100, "free"});
    EXPECT_EQ(message_of(batch, kOne, 0),
              R"({"prev":"0","seq":"3","layoutVersion":1,"changes":[[4,3],[30,2],[100,0]]})");
}

TEST(Batch, a_seat_that_changed_often_comes_once_with_its_last_state) {
    Batch batch;
    batch.add({1, kOne, 1, 5, "held"});
    batch.add({2, kOne, 1, 6, "held"});
    batch.add({3, kOne, 1, 5, "confirming"});
    batch.add({4, kOne, 1, 5, "sold"});
    batch.add({5, kOne, 1, 6, "free"});
    EXPECT_EQ(message_of(batch, kOne, 0),
              R"({"prev":"0","seq":"5","layoutVersion":1,"changes":[[5,2],[6,0]]})");
}

TEST(Batch, a_message_tells_the_latest_position_and_layout) {
    Batch batch;
    batch.add({10, kOne, 1, 5, "held"});
    batch.add({11, kOne, 2, 5, "held"});
    EXPECT_EQ(batch.sessions().at(kOne).seq, 11);
    EXPECT_EQ(batch.sessions().at(kOne).layout_version, 2);
}

TEST(Batch, sessions_are_kept_apart) {
    Batch batch;
    batch.add({1, kOne, 1, 5, "held"});
    batch.add({2, kTwo, 9, 5, "sold"});
    batch.add({3, kOne, 1, 6, "held"});
    EXPECT_EQ(batch.sessions().size(), 2U);
    EXPECT_EQ(message_of(batch, kOne, 0),
              R"({"prev":"0","seq":"3","layoutVersion":1,"changes":[[5,1],[6,1]]})");
    EXPECT_EQ(message_of(batch, kTwo, 0),
              R"({"prev":"0","seq":"2","layoutVersion":9,"changes":[[5,2]]})");
}

TEST(Batch, positions_of_any_size_are_exact_text) {
    Batch batch;
    batch.add({INT64_MAX, kOne, 2147483647, INT64_MAX, "sold"});
    EXPECT_EQ(message_of(batch, kOne, INT64_MAX - 1),
              R"({"prev":"9223372036854775806","seq":"9223372036854775807",)"
              R"("layoutVersion":2147483647,"changes":[[9223372036854775807,2]]})");
}

TEST(Batch, a_message_is_json) {
    Batch batch;
    for (int ordinal = 0; ordinal < 500; ++ordinal)
        batch.add({ordinal + 1, kOne, 1, ordinal, ordinal % 2 == 0 ? "held" : "free"});
    const Json message = Json::parse(message_of(batch, kOne, 0));
    EXPECT_EQ(message["changes"].size(), 500U);
    EXPECT_EQ(message["changes"][7], Json::array({7, 0}));
    EXPECT_EQ(Json::parse(Batch::message({}, 0))["changes"], Json::array());
}

TEST(Batch, it_is_empty_until_a_change_and_after_clear) {
    Batch batch;
    EXPECT_TRUE(batch.empty());
    batch.add({1, kOne, 1, 5, "held"});
    EXPECT_FALSE(batch.empty());
    batch.clear();
    EXPECT_TRUE(batch.empty());
    EXPECT_TRUE(batch.sessions().empty());
    batch.add({2, kOne, 1, 6, "held"});
    EXPECT_EQ(message_of(batch, kOne, 1),
              R"({"prev":"1","seq":"2","layoutVersion":1,"changes":[[6,1]]})");
}

}  // namespace
}  // namespace tix::gateway
