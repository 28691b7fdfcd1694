// The checker on small histories made by hand: each law broken once, and what only looks broken.
// Times are microseconds; a seat is SESSION/SEAT, a ticket's owner a number.
#include <gtest/gtest.h>

#include <sstream>

#include "check/judge.hpp"

namespace tix::history {
namespace {

struct Story {
    std::vector<std::string> clients;
    std::string kills = "";
    std::string final_tables = "";
    Micros slack = 0;
};

// The laws that the history breaks, in order.
std::vector<int> broken(const Story& story) {
    History history;
    for (const std::string& text : story.clients) {
        std::istringstream in(text);
        read_client(in, history);
    }
    std::istringstream kills(story.kills), final_tables(story.final_tables);
    read_kills(kills, history);
    read_final(final_tables, history);
    history.slack = story.slack;
    std::vector<int> laws;
    for (const Finding& finding : judge(history).findings) {
        EXPECT_FALSE(show(finding, history).empty());
        laws.push_back(finding.law);
    }
    return laws;
}

using Laws = std::vector<int>;
const char kAnn[] = "100 110 lock session=1 seats=A user=1 ttl=1000 -> ok token=1 seats=A\n";

TEST(Order, tokens_follow_real_time) {
    EXPECT_EQ(broken({{"100 110 lock session=1 seats=A user=1 ttl=50 -> ok token=7 seats=A\n",
                       "200 210 lock session=1 seats=B user=2 ttl=50 -> ok token=6 seats=B\n"}}),
              Laws{1});
    EXPECT_EQ(broken({{"100 205 lock session=1 seats=A user=1 ttl=50 -> ok token=7 seats=A\n",
                       "200 210 lock session=1 seats=B user=2 ttl=50 -> ok token=6 seats=B\n"}}),
              Laws{});
}

TEST(Order, one_token_is_one_hold) {
    EXPECT_EQ(broken({{"100 110 lock session=1 seats=A user=1 ttl=50 -> ok token=7 seats=A\n",
                       "105 120 lock session=1 seats=B user=2 ttl=50 -> ok token=7 seats=B\n"}}),
              Laws{1});
}

TEST(Order, tokens_grow_over_restarts) {
    EXPECT_EQ(broken({{"100 110 lock session=1 seats=A user=1 ttl=50 -> ok token=7 seats=A\n"
                       "200 210 lock session=1 seats=B user=1 ttl=50 -> ok token=6 seats=B\n"},
                      "150 postmaster 1\n"}),
              Laws{6});
}

TEST(Seats, nobody_is_given_a_seat_before_the_deadline_of_its_hold) {
    const std::string bob = "lock session=1 seats=A user=2 ttl=10 -> ok token=2 seats=A\n";
    EXPECT_EQ(broken({{kAnn, "1080 1090 " + bob}}), Laws{2});
    EXPECT_EQ(broken({{kAnn, "1080 1105 " + bob}}), Laws{});  // it may have passed meanwhile
    EXPECT_EQ(broken({{kAnn, "1105 1106 " + bob}}), Laws{});
}

TEST(Seats, the_seat_of_another_session_is_another_seat) {
    EXPECT_EQ(
        broken({{kAnn, "200 210 lock session=2 seats=A user=2 ttl=9 -> ok token=2 seats=A\n"}}),
        Laws{});
}

TEST(Seats, two_holds_that_are_granted_at_once_cannot_both_be) {
    EXPECT_EQ(
        broken({{kAnn, "105 112 lock session=1 seats=A user=2 ttl=90 -> ok token=2 seats=A\n"}}),
        Laws{2});
}

TEST(Seats, an_extension_keeps_the_seat_and_one_that_is_rolled_back_does_not) {
    const std::string extend = "300 310 extend token=1 user=1 ttl=5000 -> ok token=1 seats=A\n";
    const std::string bob =
        "2000 2010 lock session=1 seats=A user=2 ttl=10 -> ok token=2 seats=A\n";
    EXPECT_EQ(broken({{kAnn + extend, bob}}), Laws{2});
    EXPECT_EQ(
        broken({{kAnn + std::string("290 291 begin -> ok\n") + extend + "320 330 rollback -> ok\n",
                 bob}}),
        Laws{});
}

TEST(Seats, a_release_waits_for_commit) {
    const std::string release = "210 220 release token=1 user=1 -> ok seats=A\n";
    const std::string bob = "lock session=1 seats=A user=2 ttl=10 -> ok token=2 seats=A\n";
    const std::string begun = kAnn + std::string("200 205 begin -> ok\n") + release;
    EXPECT_EQ(broken({{kAnn + release, "230 240 " + bob}}), Laws{});
    EXPECT_EQ(broken({{begun + "300 310 commit -> ok\n", "230 240 " + bob}}), Laws{2});
    EXPECT_EQ(broken({{begun + "300 310 commit -> ok\n", "305 320 " + bob}}), Laws{});
    EXPECT_EQ(broken({{begun + "300 310 rollback -> ok\n", "320 330 " + bob}}), Laws{2});
    EXPECT_EQ(broken({{begun + "300 310 commit -> lost\n", "320 330 " + bob}}), Laws{});
}

TEST(Seats, what_is_rolled_back_is_free_from_then_on) {
    const std::string ann = std::string("90 91 begin -> ok\n") + kAnn;
    const std::string bob = "lock session=1 seats=A user=2 ttl=10 -> ok token=2 seats=A\n";
    EXPECT_EQ(broken({{ann + "200 210 rollback -> ok\n", "150 160 " + bob}}), Laws{2});
    EXPECT_EQ(broken({{ann + "200 210 rollback -> ok\n", "205 220 " + bob}}), Laws{});
    EXPECT_EQ(broken({{ann + "140 145 confirm token=9 user=1 -> error code=TX002 reason=expired\n"
                             "200 210 rollback -> ok\n",
                       "150 160 " + bob}}),
              Laws{});
}

TEST(Seats, a_savepoint_gives_back_only_what_came_after_it) {
    const std::string ann = std::string("90 91 begin -> ok\n") + kAnn +
                            "120 121 savepoint name=s -> ok\n"
                            "130 140 lock session=1 seats=B user=1 ttl=900 -> ok token=3 seats=B\n"
                            "150 151 rollback_to name=s -> ok\n"
                            "600 610 commit -> ok\n";
    EXPECT_EQ(
        broken({{ann, "160 170 lock session=1 seats=B user=2 ttl=9 -> ok token=4 seats=B\n"}}),
        Laws{});
    EXPECT_EQ(
        broken({{ann, "160 170 lock session=1 seats=A user=2 ttl=9 -> ok token=4 seats=A\n"}}),
        Laws{2});
}

TEST(Seats, what_was_not_committed_ends_with_the_crash) {
    const std::string ann = std::string("90 91 begin -> ok\n") + kAnn + "500 510 commit -> lost\n";
    EXPECT_EQ(broken({{ann, "400 410 lock session=1 seats=A user=2 ttl=9 -> ok token=2 seats=A\n"},
                      "300 history 1\n"}),
              Laws{});
}

TEST(Durability, an_acknowledged_hold_is_not_refused_before_its_deadline) {
    const std::string look = " get token=1 user=1 -> refused reason=expired\n";
    EXPECT_EQ(broken({{kAnn + ("900 1000" + look)}, "500 postmaster 1\n"}), Laws{3});
    EXPECT_EQ(broken({{kAnn + ("900 1000" + look)}, "500 postmaster 1\n", "", 200}), Laws{});
    EXPECT_EQ(broken({{kAnn + ("1050 1101" + look)}}), Laws{});
    EXPECT_EQ(broken({{kAnn + std::string("200 210 confirm token=1 user=1 -> error code=TX002 "
                                          "reason=expired\n")}}),
              Laws{3});
    EXPECT_EQ(broken({{kAnn + std::string("200 210 release token=1 user=1 -> ok\n")}}), Laws{3});
    EXPECT_EQ(broken({{kAnn + std::string("200 210 get token=1 user=1 -> refused reason=busy\n")}}),
              Laws{3});
}

TEST(Durability, a_hold_keeps_the_seats_it_was_not_asked_to_give_back) {
    const std::string two =
        "100 110 lock session=1 seats=A,B user=1 ttl=1000 -> ok token=1 "
        "seats=A,B\n200 210 release token=1 user=1 seats=A -> ok seats=A";
    EXPECT_EQ(broken({{two + "\n220 230 get token=1 user=1 -> ok token=1 seats=B\n"}}), Laws{});
    EXPECT_EQ(broken({{two + "\n220 230 get token=1 user=1 -> ok token=1 seats=A,B\n"}}), Laws{4});
    EXPECT_EQ(broken({{two + ",B\n"}}), Laws{4});
    EXPECT_EQ(broken({{two + "\n220 230 get token=1 user=1 -> refused reason=expired\n"}}),
              Laws{3});
}

TEST(Durability, an_unanswered_change_may_or_may_not_have_happened) {
    const std::string lost = kAnn + std::string("200 210 release token=1 user=1 -> lost\n");
    EXPECT_EQ(broken({{lost + "220 230 get token=1 user=1 -> refused reason=expired\n"}}), Laws{});
    EXPECT_EQ(broken({{lost + "220 230 get token=1 user=1 -> ok token=1 seats=A\n"}}), Laws{});
    // Who only looks may still see what the dead transaction did.
    EXPECT_EQ(broken({{lost + "220 230 get token=1 user=1 -> ok token=1\n"
                              "240 250 get token=1 user=1 -> ok token=1 seats=A\n"}}),
              Laws{});
    EXPECT_EQ(broken({{lost + "220 230 extend token=1 user=1 ttl=9 -> refused reason=busy\n"}}),
              Laws{});
    // Once changed again it is certain.
    EXPECT_EQ(broken({{lost + "220 230 extend token=1 user=1 ttl=9 -> ok token=1 seats=A\n",
                       "300 310 lock session=1 seats=A user=2 ttl=9 -> ok token=2 seats=A\n"}}),
              Laws{2});
}

TEST(Tokens, nobody_elses_token_is_accepted) {
    EXPECT_EQ(broken({{kAnn, "200 210 extend token=1 user=2 ttl=9 -> ok token=1 seats=A\n"}}),
              Laws{4});
}

TEST(Tokens, nor_under_another_name_of_the_same_client) {
    const std::string extend = kAnn + std::string("200 210 extend token=1 user=9 ttl=9 -> ");
    EXPECT_EQ(broken({{extend + "ok token=1 seats=A\n"}}), Laws{4});
    EXPECT_EQ(broken({{extend + "refused reason=expired\n"}}), Laws{});
    EXPECT_EQ(broken({{kAnn + std::string("200 210 release token=1 user=9 -> ok\n")}}), Laws{});
}

TEST(Tokens, none_is_accepted_after_its_deadline) {
    const std::string confirm = " confirm token=1 user=1 -> ok seats=A\n";
    const std::string end =
        "1200 1210 insert session=1 seats=A user=1 -> ok seats=A\n"
        "1220 1230 commit -> ok\n";
    const std::string begun = kAnn + std::string("200 201 begin -> ok\n");
    EXPECT_EQ(broken({{begun + "1111 1120" + confirm + end}}), Laws{4});
    EXPECT_EQ(broken({{begun + "1105 1120" + confirm + end}}), Laws{});  // it was sent in time
    EXPECT_EQ(broken({{begun + "900 910" + confirm + end}}), Laws{});    // and then had no deadline
}

TEST(Tokens, none_is_accepted_after_its_end) {
    const std::string look = "400 410 get token=1 user=1 -> ok token=1 seats=A\n";
    EXPECT_EQ(broken({{kAnn + ("200 210 release token=1 user=1 -> ok seats=A\n" + look)}}),
              Laws({4, 4}));  // the token, and its seat
    EXPECT_EQ(broken({{"90 91 begin -> ok\n" + (kAnn + ("200 210 rollback -> ok\n" + look))}}),
              Laws({4, 4}));
}

TEST(Tokens, no_transaction_that_outlived_its_hold_commits) {
    const std::string ann = "90 91 begin -> ok\n" + std::string(kAnn);
    EXPECT_EQ(broken({{ann + "1111 1120 commit -> ok\n"}}), Laws{4});
    EXPECT_EQ(broken({{ann + "1109 1120 commit -> ok\n"}}), Laws{});
    const std::string refused = " commit -> error code=TX002 token=1 reason=expired\n";
    EXPECT_EQ(broken({{ann + "1111 1120" + refused}}), Laws{});
    EXPECT_EQ(broken({{ann + "500 510" + refused}}), Laws{3});
}

const char kSale[] =
    "200 201 begin -> ok\n"
    "210 220 confirm token=1 user=1 -> ok seats=A\n"
    "230 240 insert session=1 seats=A user=1 -> ok seats=A\n";

TEST(Sales, a_sold_seat_is_given_to_nobody_until_its_ticket_goes) {
    const std::string ann = kAnn + std::string(kSale) + "300 310 commit -> ok\n";
    const std::string gone = "5000 5010 delete session=1 seats=A user=1 -> ok seats=A\n";
    const std::string bob = "lock session=1 seats=A user=2 ttl=10 -> ok token=2 seats=A\n";
    EXPECT_EQ(broken({{ann + gone, "4000 4010 " + bob}}), Laws{2});
    EXPECT_EQ(broken({{ann + gone, "5005 5010 " + bob}}), Laws{});
    EXPECT_EQ(broken({{ann, "4000 4010 insert session=1 seats=A user=2 -> ok seats=A\n"}}),
              Laws{5});
}

TEST(Sales, what_is_released_after_a_lost_commit_was_not_sold) {
    const std::string ann = kAnn + std::string(kSale) + "300 310 commit -> lost\n";
    const std::string back = "400 410 release token=1 user=1 -> ok seats=A\n";
    const std::string bob = "lock session=1 seats=A user=2 ttl=10 -> ok token=2 seats=A\n";
    const std::string none = "5000 5010 delete session=1 seats=A user=1 -> ok\n";
    EXPECT_EQ(broken({{ann + back + none, "420 430 " + bob}}), Laws{});
    EXPECT_EQ(broken({{ann + back + none, "380 390 " + bob}}), Laws{2});
}

TEST(Sales, a_ticket_without_a_hold_needs_a_free_seat) {
    EXPECT_EQ(broken({{kAnn, "200 210 insert session=1 seats=A user=2 -> ok seats=A\n"}}), Laws{2});
}

TEST(Sales, what_is_rolled_back_is_a_hold_again) {
    const std::string ann = kAnn + std::string(kSale) + "300 310 rollback -> ok\n";
    EXPECT_EQ(
        broken({{ann, "400 410 lock session=1 seats=A user=2 ttl=9 -> ok token=2 seats=A\n"}}),
        Laws{2});
    EXPECT_EQ(broken({{ann + "400 410 get token=1 user=1 -> ok token=1 seats=A\n"}}), Laws{});
    EXPECT_EQ(broken({{ann}, "", "ticket 1/A 1\nend\n"}), Laws{5});
}

TEST(Sales, no_acknowledged_ticket_is_missing_and_none_is_made_up) {
    const std::string ann = kAnn + std::string(kSale);
    const std::string committed = ann + "300 310 commit -> ok\n";
    const std::string lost = ann + "300 310 commit -> lost\n";
    EXPECT_EQ(broken({{committed}, "", "ticket 1/A 1\nend\n"}), Laws{});
    EXPECT_EQ(broken({{committed}, "", "end\n"}), Laws{5});
    EXPECT_EQ(broken({{committed}, "", "ticket 1/A 1\nticket 1/B 2\nend\n"}), Laws{5});
    EXPECT_EQ(broken({{lost}, "", "ticket 1/A 1\nend\n"}), Laws{});
    EXPECT_EQ(broken({{lost}, "", "end\n"}), Laws{});
    EXPECT_EQ(broken({{committed + "400 410 delete session=1 seats=A user=1 -> ok\n"}}), Laws{5});
    EXPECT_EQ(broken({{"400 410 delete session=1 seats=A user=1 -> ok seats=A\n"}}), Laws{5});
}

TEST(Audits, what_the_server_complains_of_is_a_finding) {
    EXPECT_EQ(broken({{kAnn}, "", "complaint S1: seat and hold disagree\nend\n"}), Laws{7});
}

TEST(Files, a_line_that_was_cut_off_is_left_out_and_nonsense_is_refused) {
    EXPECT_EQ(broken({{std::string(kAnn) + "200 210 get token=1 us"}}), Laws{});
    EXPECT_THROW(broken({{"200 100 begin -> ok\n"}}), std::runtime_error);
    EXPECT_THROW(broken({{"100 200 fly -> ok\n"}}), std::runtime_error);
}

}  // namespace
}  // namespace tix::history
