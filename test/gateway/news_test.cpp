// The promises of the users' news: who listens, until when, and one message a user.
#include <gtest/gtest.h>

#include "feed/batch.hpp"
#include "feed/listeners.hpp"
#include "json/json.hpp"

namespace tix::gateway {
namespace {

using std::chrono::seconds;

constexpr char kAnn[] = "7b0e5f0a-0000-4000-8000-000000000001";
constexpr char kBob[] = "7b0e5f0a-0000-4000-8000-000000000002";
const Listeners::Clock::time_point kNow{seconds(1000)};

TEST(Listeners, nobody_listens_unasked) {
    const Listeners listeners(10);
    EXPECT_FALSE(listeners.has(kAnn, kNow));
}

TEST(Listeners, who_is_expected_listens_for_the_life_of_a_stream) {
    Listeners listeners(10);
    listeners.expect(kAnn, kNow);
    EXPECT_TRUE(listeners.has(kAnn, kNow));
    EXPECT_FALSE(listeners.has(kBob, kNow));
    EXPECT_TRUE(listeners.has(kAnn, kNow + Listeners::kStreamLife - seconds(1)));
    EXPECT_FALSE(listeners.has(kAnn, kNow + Listeners::kStreamLife));
}

TEST(Listeners, who_comes_again_listens_longer) {
    Listeners listeners(1);
    listeners.expect(kAnn, kNow);
    listeners.expect(kAnn, kNow + seconds(10));
    EXPECT_EQ(listeners.size(), 1U);
    EXPECT_TRUE(listeners.has(kAnn, kNow + Listeners::kStreamLife + seconds(9)));
}

TEST(Listeners, more_users_than_it_remembers_are_everybody) {
    Listeners listeners(1);
    listeners.expect(kAnn, kNow);
    listeners.expect(kBob, kNow);
    EXPECT_EQ(listeners.size(), 1U);
    EXPECT_TRUE(listeners.has(kBob, kNow));
    EXPECT_TRUE(listeners.has("anybody", kNow));
}

TEST(Listeners, who_has_gone_makes_room) {
    Listeners listeners(1);
    listeners.expect(kAnn, kNow);
    listeners.expect(kBob, kNow + Listeners::kStreamLife);
    EXPECT_TRUE(listeners.has(kBob, kNow + Listeners::kStreamLife));
    EXPECT_FALSE(listeners.has("anybody", kNow + Listeners::kStreamLife));
}

TEST(Listeners, everybody_listens_for_the_life_of_a_stream) {
    Listeners listeners(1);
    listeners.expect_everybody(kNow);
    EXPECT_TRUE(listeners.has(kAnn, kNow));
    EXPECT_FALSE(listeners.has(kAnn, kNow + Listeners::kStreamLife));
}

TEST(NewsBatch, a_user_gets_one_message_with_all_events_in_order) {
    NewsBatch batch;
    batch.add(kAnn, {"order.created", "o", "o", "1", "2026-01-01T00:00:00Z"});
    batch.add(kBob, {"order.created", "b", "b", "1", "2026-01-01T00:00:01Z"});
    batch.add(kAnn, {"payment.created", "p", "o", "1", "2026-01-01T00:00:02Z"});
    const auto messages = batch.messages();
    ASSERT_EQ(messages.size(), 2U);
    const Json message = Json::parse(messages.at(kAnn));
    EXPECT_EQ(message["events"].size(), 2U);
    EXPECT_EQ(message["events"][0], Json({{"type", "order.created"},
                                          {"id", "o"},
                                          {"orderId", "o"},
                                          {"version", 1},
                                          {"at", "2026-01-01T00:00:00Z"}}));
    EXPECT_EQ(message["events"][1]["type"], "payment.created");
}

}  // namespace
}  // namespace tix::gateway
