// The promises of the guard's parts: honest buyers look honest, crude bots do not, challenges are
// what they say, and lists name whom they name.
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "bots/behaviour.hpp"
#include "bots/challenge.hpp"
#include "bots/client_list.hpp"
#include "crypto/base64url.hpp"
#include "crypto/sha256.hpp"

namespace tix::gateway {
namespace {

using Event = Behaviour::Event;
using Verdict = Challenges::Verdict;

constexpr std::int64_t kNow = 1'700'000'000'000;
constexpr int kChallenge = 50;  // the default of bots.challenge_score

std::string user(int n) {
    return "user " + std::to_string(n);
}

// The pauses of test/buyers/http: a quarter to one and a half of the usual, exponential between.
struct Pauses {
    std::mt19937_64 random;
    double usual_ms;
    std::int64_t next() {
        const double part = static_cast<double>(random() >> 11) * 0x1.0p-53;
        const double drawn = -0.75 * std::log(1.0 - part);
        return static_cast<std::int64_t>(usual_ms * (0.25 + std::min(1.25, drawn)));
    }
};

TEST(Behaviour, an_honest_buyer_of_a_hot_sale_is_never_suspicious) {
    for (std::uint64_t seed = 0; seed < 400; ++seed) {
        Behaviour behaviour(10000, 20);
        Pauses pauses{std::mt19937_64(seed), 600};
        std::int64_t now = kNow;
        int most = 0;
        for (int i = 0; i < 60; ++i) {  // loses nine times of ten, and tries on
            now += pauses.next();
            behaviour.note("buyer", "net", Event::kAsked, now);
            most = std::max(most, behaviour.score("buyer", "net", now).total());
            const bool won = pauses.random() % 10 == 0;
            behaviour.note("buyer", "net", won ? Event::kGranted : Event::kRefused, now);
        }
        EXPECT_LT(most, kChallenge) << seed;
    }
}

TEST(Behaviour, a_bot_that_takes_and_drops_in_haste_is_suspicious_within_a_minute) {
    Behaviour behaviour(10000, 20);
    std::int64_t now = kNow;
    int asked = 0;
    while (behaviour.score("bot", "net", now).total() < kChallenge && asked < 60) {
        behaviour.note("bot", "net", Event::kAsked, now += 100);
        behaviour.note("bot", "net", Event::kGranted, now);
        ++asked;
    }
    EXPECT_GE(asked, 8);
    EXPECT_LT(asked, 30);
}

TEST(Behaviour, a_patient_bot_with_the_rhythm_of_a_clock_is_suspicious_when_it_drops_too) {
    Behaviour behaviour(10000, 20);
    std::mt19937_64 random(1);
    std::int64_t now = kNow;
    Behaviour::Score score;
    for (int i = 0; i < 30; ++i) {
        behaviour.note("bot", "net", Event::kAsked, now += 1950 + std::int64_t(random() % 100));
        behaviour.note("bot", "net", Event::kGranted, now);
        score = behaviour.score("bot", "net", now);
    }
    EXPECT_EQ(score.rhythm, 40);
    EXPECT_EQ(score.haste, 0);
    EXPECT_GE(score.total(), kChallenge);
}

TEST(Behaviour, no_single_habit_is_enough) {
    Behaviour behaviour(100000, 20);
    std::int64_t now = kNow;
    for (int i = 0; i < 500; ++i)  // many users of one network, each once
        behaviour.note(user(i), "school", Event::kAsked, ++now);
    const auto school = behaviour.score(user(1), "school", now);
    EXPECT_EQ(school.accounts, 40);
    EXPECT_LT(school.total(), kChallenge);
    for (int i = 0; i < 40; ++i)  // one who cannot decide
        behaviour.note("chooser", "home", Event::kGranted, now);
    EXPECT_LT(behaviour.score("chooser", "home", now).total(), kChallenge);
    for (int i = 0; i < 500; ++i)  // one who always loses
        behaviour.note("loser", "flat", Event::kRefused, now);
    EXPECT_LT(behaviour.score("loser", "flat", now).total(), kChallenge);
}

TEST(Behaviour, users_of_a_network_are_counted_roughly_and_forgotten_in_time) {
    Behaviour behaviour(100000, 20);
    std::int64_t now = kNow;
    for (int i = 0; i < 20; ++i)
        behaviour.note(user(i), "small", Event::kAsked, now);
    EXPECT_LE(behaviour.score("x", "small", now).accounts, 8);
    for (int i = 0; i < 100; ++i)
        behaviour.note(user(i), "farm", Event::kAsked, now);
    EXPECT_EQ(behaviour.score("x", "farm", now).accounts, 40);
    EXPECT_EQ(behaviour.score("x", "farm", now + 1'300'000).accounts, 0);
}

TEST(Behaviour, a_purchase_clears_the_holds_before_it) {
    Behaviour behaviour(1000, 20);
    for (int i = 0; i < 30; ++i)
        behaviour.note("a", "n", Event::kGranted, kNow);
    EXPECT_EQ(behaviour.score("a", "n", kNow).churn, 40);
    behaviour.note("a", "n", Event::kBought, kNow);
    EXPECT_EQ(behaviour.score("a", "n", kNow).churn, 0);
}

TEST(Behaviour, everything_fades) {
    Behaviour behaviour(1000, 20);
    for (int i = 0; i < 40; ++i) {
        behaviour.note("a", "n", Event::kAsked, kNow + i * 10);
        behaviour.note("a", "n", Event::kGranted, kNow + i * 10);
        behaviour.note("a", "n", Event::kSolved, kNow + i * 10);
    }
    EXPECT_GT(behaviour.score("a", "n", kNow + 400).total(), 120);
    EXPECT_LT(behaviour.score("a", "n", kNow + 3'600'000).total(), kChallenge + 40);
    behaviour.note("a", "n", Event::kAsked, kNow + 3'600'000);
    EXPECT_EQ(behaviour.score("a", "n", kNow + 3'600'000).total(), 0) << "a long pause begins anew";
}

TEST(Behaviour, a_solved_challenge_is_known_for_its_time) {
    Behaviour behaviour(1000, 20);
    bool lately = true;
    EXPECT_EQ(behaviour.solved("a", 1000, lately, kNow), 0);
    EXPECT_FALSE(lately);
    behaviour.note("a", "n", Event::kSolved, kNow);
    EXPECT_EQ(behaviour.solved("a", 1000, lately, kNow + 999), 1);
    EXPECT_TRUE(lately);
    behaviour.solved("a", 1000, lately, kNow + 1000);
    EXPECT_FALSE(lately);
}

TEST(Behaviour, memory_is_bounded_and_the_longest_unseen_goes_first) {
    Behaviour behaviour(160, 20);
    for (int i = 0; i < 30; ++i)
        behaviour.note("seen", "net", Event::kGranted, kNow);
    for (int i = 0; i < 100000; ++i) {
        behaviour.note(user(i), "net", Event::kAsked, kNow);
        if (i % 5 == 0) behaviour.score("seen", "net", kNow);
    }
    EXPECT_LE(behaviour.subjects(), 160U);
    EXPECT_EQ(behaviour.score("seen", "net", kNow).churn, 40);
}

// ---- Challenges ---------------------------------------------------------------------------------

constexpr std::int64_t kSeconds = 1'700'000'000;

int zero_bits(const std::string& answer) {
    crypto::Sha256 hash;
    hash.update(answer.data(), answer.size());
    const std::string hex = hash.hex();
    const auto first = hex.find_first_not_of('0');
    const int digit = std::stoi(hex.substr(first, 1), nullptr, 16);
    return static_cast<int>(first) * 4 + (digit < 2 ? 3 : digit < 4 ? 2 : digit < 8 ? 1 : 0);
}

std::string solve(const Challenge& challenge, bool rightly = true) {
    for (int nonce = 0;; ++nonce) {
        std::string answer = challenge.text + "." + std::to_string(nonce);
        if ((zero_bits(answer) >= challenge.bits) == rightly) return answer;
    }
}

const Challenges kChallenges("secret", 120);

TEST(Challenge, the_right_answer_of_the_right_user_in_time_is_good) {
    const Challenge made = kChallenges.make("ann", 8, kSeconds);
    EXPECT_EQ(made.bits, 8);
    EXPECT_EQ(made.expires_at, kSeconds + 120);
    const auto proof = kChallenges.check(solve(made), "ann", kSeconds + 119);
    EXPECT_EQ(proof.verdict, Verdict::kGood);
    EXPECT_EQ(proof.expires_at, made.expires_at);
    EXPECT_EQ(Challenges("secret", 1).check(solve(made), "ann", kSeconds).id, proof.id)
        << "another gateway with the secret knows it, too";
}

TEST(Challenge, every_other_answer_is_told_by_what_is_wrong_with_it) {
    const Challenge made = kChallenges.make("ann", 8, kSeconds);
    const std::string good = solve(made);
    EXPECT_EQ(kChallenges.check(good, "bob", kSeconds).verdict, Verdict::kForged);
    EXPECT_EQ(kChallenges.check(good, "", kSeconds).verdict, Verdict::kForged);
    EXPECT_EQ(Challenges("other", 120).check(good, "ann", kSeconds).verdict, Verdict::kForged);
    EXPECT_EQ(kChallenges.check(good, "ann", kSeconds + 120).verdict, Verdict::kExpired);
    EXPECT_EQ(kChallenges.check(solve(made, false), "ann", kSeconds).verdict, Verdict::kWrong);
}

TEST(Challenge, no_bit_of_it_can_be_changed) {
    const Challenge made = kChallenges.make("ann", 4, kSeconds);
    const std::string bytes = *crypto::base64url_decode(made.text);
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
        std::string forged = bytes;
        forged[bit / 8] = static_cast<char>(forged[bit / 8] ^ 1 << bit % 8);
        const Challenge easier{crypto::base64url_encode(forged), 1, 0};
        const auto verdict = kChallenges.check(solve(easier), "ann", kSeconds).verdict;
        EXPECT_TRUE(verdict == Verdict::kForged || verdict == Verdict::kMalformed) << bit;
    }
}

TEST(Challenge, what_is_no_answer_is_malformed) {
    const Challenge made = kChallenges.make("ann", 1, kSeconds);
    for (const std::string& answer :
         {std::string(), std::string("."), made.text, made.text + ".", "." + made.text,
          made.text + ".a b", made.text + "." + std::string(65, 'a'), made.text + ".1.2",
          made.text + "=.1", made.text.substr(1) + ".1", made.text + "A.1", made.text + ".\xC3\xA9",
          std::string(10000, 'A') + ".1", "\0.\0" + made.text})
        EXPECT_EQ(kChallenges.check(answer, "ann", kSeconds).verdict, Verdict::kMalformed)
            << answer.substr(0, 80);
    EXPECT_NE(kChallenges.check(made.text + "." + std::string(64, 'a'), "ann", kSeconds).verdict,
              Verdict::kMalformed);
}

TEST(Challenge, no_two_are_alike) {
    EXPECT_NE(kChallenges.make("ann", 8, kSeconds).text, kChallenges.make("ann", 8, kSeconds).text);
}

// ---- Lists --------------------------------------------------------------------------------------

TEST(ClientList, it_names_users_addresses_and_networks) {
    constexpr const char* kUser = "b0000000-0000-4000-8000-00000000000A";
    ClientList list;
    for (const char* text : {kUser, "192.0.2.7", "198.51.100.0/24", "2001:db8::/32", "::1"})
        EXPECT_TRUE(list.add(text)) << text;
    EXPECT_EQ(list.size(), 5U);
    EXPECT_TRUE(list.names("203.0.113.1", "b0000000-0000-4000-8000-00000000000a"));
    for (const char* address : {"192.0.2.7", "::ffff:192.0.2.7", "198.51.100.0", "198.51.100.255",
                                "2001:db8:ffff::1", "::1"})
        EXPECT_TRUE(list.names(address, "")) << address;
    for (const char* address : {"192.0.2.8", "198.51.101.0", "2001:db9::", "::2", "", "rubbish"})
        EXPECT_FALSE(list.names(address, "b0000000-0000-4000-8000-00000000000b")) << address;
}

TEST(ClientList, the_bits_behind_a_prefix_do_not_count) {
    ClientList list;
    EXPECT_TRUE(list.add("10.1.2.3/9"));
    EXPECT_TRUE(list.names("10.127.0.0", ""));
    EXPECT_FALSE(list.names("10.128.0.0", ""));
    EXPECT_TRUE(list.add("0.0.0.0/0"));
    EXPECT_TRUE(list.names("203.0.113.1", ""));
    EXPECT_FALSE(list.names("2001:db8::1", "")) << "all of IPv4 is not all";
}

TEST(ClientList, what_names_nobody_is_not_taken) {
    ClientList list;
    for (const char* text : {"", "x", "1.2.3", "1.2.3.4/33", "1.2.3.4/-1", "1.2.3.4/", "::/129",
                             "1.2.3.4/08", "/8", "1.2.3.4/8/8", "1.2.3.4 ", "b0000000-0000"})
        EXPECT_FALSE(list.add(text)) << text;
    EXPECT_EQ(list.size(), 0U);
    EXPECT_FALSE(list.names("1.2.3.4", ""));
}

}  // namespace
}  // namespace tix::gateway
