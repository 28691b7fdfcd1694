// The promises of access tokens: good ones are read, times are exact at their edges, keys are safe.
#include <functional>

#include "tokens.hpp"

namespace tix::gateway::test {
namespace {

std::optional<Claims> read(const std::string& token, std::int64_t now = kNow,
                           const Expectation& expected = kExpected) {
    std::string why;
    auto claims = verify(token, keys(), expected, now, why);
    EXPECT_EQ(claims.has_value(), why.empty());
    return claims;
}

std::string throws(const std::function<void()>& make) {
    try {
        make();
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return "nothing";
}

TEST(Jwt, a_minted_token_verifies_with_each_kind_of_key) {
    const Claims claims{kSub, "organizer", kNow - 5, kNow + 900};
    for (const char* kid : {"main", "ed"}) {
        const auto read_back = read(mint(claims, *keys().find(kid), "tix", "tix"));
        ASSERT_TRUE(read_back) << kid;
        EXPECT_EQ(read_back->subject, kSub);
        EXPECT_EQ(read_back->role, "organizer");
        EXPECT_EQ(read_back->issued_at, kNow - 5);
        EXPECT_EQ(read_back->expires_at, kNow + 900);
    }
}

TEST(Jwt, a_public_key_verifies_what_the_private_one_signed) {
    EXPECT_TRUE(read(signed_ed(R"({"alg":"EdDSA","kid":"check"})", Payload().text())));
    EXPECT_FALSE(keys().find("check")->can_sign());
    EXPECT_THROW(keys().find("check")->sign("text"), std::logic_error);
}

TEST(Jwt, every_role_and_no_other_is_known) {
    for (const char* role : {"buyer", "organizer", "box_office", "gate", "admin"}) {
        const auto claims = read(
            signed_token(kHeader, Payload().with("role", "\"" + std::string(role) + "\"").text()));
        ASSERT_TRUE(claims) << role;
        EXPECT_EQ(claims->role, role);
    }
    for (const char* role : {"", "Buyer", "root", "buyer ", "superuser"})
        EXPECT_FALSE(is_role(role)) << role;
}

TEST(Jwt, what_the_rules_allow_is_allowed) {
    const Payload good;
    for (const std::string& token :
         {signed_token(R"({"alg":"HS256","kid":"main"})", good.text()),
          signed_token(R"({"alg":"HS256","kid":"main","typ":"at+jwt"})", good.text()),
          signed_token(R"({"kid":"main","x":1,"alg":"HS256"})", good.text()),
          signed_token(kHeader, good.with("aud", R"(["other","tix"])").text()),
          signed_token(kHeader, good.with("nbf", "1700000000").text()),
          signed_token(kHeader, good.with("jti", "\"one\"").text()),
          signed_token(kHeader, good.without("iat").text()),
          signed_token(kHeader, good.with("exp", "253402300799").text()),
          signed_token(kHeader,
                       good.with("sub", "\"0190163D-8694-739B-AEA5-966C26F8AD91\"").text())})
        EXPECT_TRUE(read(token)) << token;
}

TEST(Jwt, a_token_dies_at_exp_and_lives_from_nbf) {
    const std::string token =
        signed_token(kHeader, Payload().with("nbf", "1700000100").with("exp", "1700000200").text());
    EXPECT_FALSE(read(token, 1'700'000'099));
    EXPECT_TRUE(read(token, 1'700'000'100));
    EXPECT_TRUE(read(token, 1'700'000'199));
    EXPECT_FALSE(read(token, 1'700'000'200));
    const Expectation lenient{"tix", {"tix"}, 30};
    EXPECT_FALSE(read(token, 1'700'000'069, lenient));
    EXPECT_TRUE(read(token, 1'700'000'070, lenient));
    EXPECT_TRUE(read(token, 1'700'000'229, lenient));
    EXPECT_FALSE(read(token, 1'700'000'230, lenient));
}

TEST(Jwt, size_is_limited_at_its_edge) {
    const auto padded = [](std::size_t padding) {
        return signed_token(kHeader,
                            Payload().with("pad", "\"" + std::string(padding, 'x') + "\"").text());
    };
    std::size_t padding = 2000;
    while (padded(padding + 1).size() <= kTokenBytesMax)
        ++padding;
    EXPECT_TRUE(read(padded(padding)));
    EXPECT_FALSE(read(padded(padding + 1)));
}

TEST(Jwt, no_changed_character_of_a_token_verifies) {
    const std::string good = signed_token(kHeader, Payload().text());
    for (std::size_t i = 0; i < good.size(); ++i)
        for (const char c : {'A', 'Q', '_', '.', '='}) {
            if (good[i] == c) continue;
            std::string wrong = good;
            wrong[i] = c;
            EXPECT_FALSE(read(wrong)) << i;
        }
    for (std::size_t size = 0; size < good.size(); ++size)
        EXPECT_FALSE(read(good.substr(0, size))) << size;
}

TEST(Keys, a_weak_or_wrong_key_is_refused_when_it_is_made) {
    EXPECT_EQ(throws([] { Key::hs256("k", std::string(31, 'x')); }),
              "key k: an HS256 secret must have at least 32 bytes, this one has 31");
    EXPECT_EQ(throws([] { Key::hs256("k", ""); }).substr(0, 6), "key k:");
    EXPECT_EQ(throws([] { Key::hs256("k", std::string(32, 'x')); }), "nothing");
    EXPECT_EQ(throws([] { Key::eddsa("k", "no pem"); }), "key k: not an Ed25519 public key");
    EXPECT_EQ(throws([] { Key::eddsa("k", "-----BEGIN PRIVATE KEY-----"); }),
              "key k: not an Ed25519 private key without a passphrase");
    EXPECT_EQ(throws([] { Key::eddsa("k", kPublicPem); }), "nothing");
}

TEST(Keys, a_kid_is_short_plain_and_names_one_key) {
    for (const std::string& kid : {std::string(), std::string("a b"), std::string("../etc"),
                                   std::string("a\"b"), std::string(65, 'k'), std::string("\0", 1)})
        EXPECT_NE(throws([&] { Key::hs256(kid, kSecret); }), "nothing") << kid;
    EXPECT_EQ(throws([] { Key::hs256(std::string(64, 'k'), kSecret); }), "nothing");
    EXPECT_EQ(throws([] {
                  KeySet({Key::hs256("one", kSecret), Key::eddsa("one", kPublicPem)});
              }),
              "two keys have the kid one");
    EXPECT_EQ(keys().find("none"), nullptr);
    EXPECT_EQ(keys().find("ed")->alg_name(), "EdDSA");
}

}  // namespace
}  // namespace tix::gateway::test
