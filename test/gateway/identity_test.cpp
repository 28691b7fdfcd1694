// The promises of ID tokens: who another issuer says is believed, in every algorithm, and nobody
// whom it does not mean for us, here and now.
#include "auth/identity.hpp"

#include "signers.hpp"
#include "tokens.hpp"

namespace tix::gateway::test {
namespace {

const KeySet& foreign_keys() {
    static const KeySet kKeys(
        {Key::foreign("r", Alg::RS256, crypto::RsaKey::from_pem(rsa_signer().public_pem())),
         Key::foreign("p", Alg::PS256, crypto::RsaKey::from_pem(rsa_signer().public_pem())),
         Key::foreign("e", Alg::ES256, crypto::P256Key::from_pem(curve_signer().public_pem())),
         Key::foreign("o", Alg::EdDSA, signer().public_key())});
    return kKeys;
}

IssuerRules rules() {
    IssuerRules rules;
    rules.expected = {"https://idp", {"web", "app"}, 30};
    return rules;
}

std::string token_of(const std::string& header, const std::string& payload, const char* alg) {
    const std::string text = encoded(header, payload);
    const std::string_view name = alg;
    return text + "." +
           base64url(name == "RS256"   ? rsa_signer().pkcs1(text)
                     : name == "PS256" ? rsa_signer().pss(text)
                     : name == "ES256" ? curve_signer().ecdsa(text)
                                       : signer().sign(text));
}

Payload person() {
    return Payload()
        .without("role")
        .with("iss", "\"https://idp\"")
        .with("aud", "\"web\"")
        .with("sub", "\"ann 1\"")
        .with("email", "\"ann@example.org\"")
        .with("email_verified", "true")
        .with("name", "\"Ann\"");
}

std::string ed_token(const Payload& payload) {
    return token_of(R"({"alg":"EdDSA","kid":"o","typ":"JWT"})", payload.text(), "EdDSA");
}

std::string why_not(const std::string& token, const IssuerRules& by = rules(),
                    std::int64_t now = kNow) {
    std::string why;
    const auto identity = verify_identity(token, by, foreign_keys(), now, why);
    EXPECT_EQ(identity.has_value(), why.empty());
    return identity ? "good" : why;
}

std::string why_not(const Payload& payload, const IssuerRules& by = rules()) {
    return why_not(ed_token(payload), by);
}

TEST(Identity, a_token_of_each_algorithm_says_who_it_is) {
    for (const auto& [kid, alg] : {std::pair("r", "RS256"), std::pair("p", "PS256"),
                                   std::pair("e", "ES256"), std::pair("o", "EdDSA")}) {
        const std::string header =
            R"({"alg":")" + std::string(alg) + R"(","kid":")" + kid + R"("})";
        std::string why;
        const auto identity = verify_identity(token_of(header, person().text(), alg), rules(),
                                              foreign_keys(), kNow, why);
        ASSERT_TRUE(identity) << alg << why;
        EXPECT_EQ(identity->subject, "ann 1");
        EXPECT_EQ(identity->email, "ann@example.org");
        EXPECT_TRUE(identity->email_verified);
        EXPECT_EQ(identity->name, "Ann");
    }
}

TEST(Identity, no_key_serves_another_algorithm) {
    const std::pair<const char*, const char*> keys[] = {
        {"r", "RS256"}, {"p", "PS256"}, {"e", "ES256"}, {"o", "EdDSA"}};
    for (const auto& [kid, own] : keys)
        for (const auto& [other_kid, alg] : keys) {
            if (std::string_view(own) == alg) continue;
            const std::string named =
                R"({"alg":")" + std::string(alg) + R"(","kid":")" + kid + R"("})";
            EXPECT_EQ(why_not(token_of(named, person().text(), alg)),
                      "alg is not that of key " + std::string(kid));
            const std::string mixed =
                R"({"alg":")" + std::string(own) + R"(","kid":")" + kid + R"("})";
            EXPECT_EQ(why_not(token_of(mixed, person().text(), alg)), "the signature is wrong")
                << own << " signed as " << alg;
        }
    for (const std::string& secret :
         {rsa_signer().public_pem(), rsa_signer().modulus(), curve_signer().public_pem()})
        EXPECT_EQ(why_not(signed_token(R"({"alg":"HS256","kid":"r"})", person().text(), secret)),
                  "alg is not that of key r");
}

TEST(Identity, a_key_named_in_the_header_is_not_looked_at) {
    for (const char* more : {R"("jku":"http://evil")", R"("x5u":"http://evil")",
                             R"("jwk":{"kty":"RSA"})", R"("x5c":["AAAA"])", R"("x5t":"AAAA")"}) {
        const std::string header = R"({"alg":"EdDSA","kid":"o",)" + std::string(more) + "}";
        EXPECT_EQ(why_not(token_of(header, person().text(), "EdDSA")), "good") << more;
    }
    for (const char* more :
         {R"("crit":["exp"])", R"("b64":false)", R"("zip":"DEF")", R"("enc":"A128GCM")"}) {
        const std::string header = R"({"alg":"EdDSA","kid":"o",)" + std::string(more) + "}";
        EXPECT_EQ(why_not(token_of(header, person().text(), "EdDSA")).substr(0, 31),
                  "the header has a refused member")
            << more;
    }
}

TEST(Identity, a_token_for_another_use_names_nobody) {
    for (const char* typ : {"at+jwt", "logout+jwt", "secevent+jwt", "dpop+jwt", "jwt", ""})
        EXPECT_EQ(why_not(token_of(R"({"alg":"EdDSA","kid":"o","typ":")" + std::string(typ) + "\"}",
                                   person().text(), "EdDSA")),
                  "typ is not that of such a token")
            << typ;
    EXPECT_EQ(why_not(person().with("events", "{}")), "it tells an event, not who signs in");
}

TEST(Identity, the_audience_is_one_of_ours_and_asked_for_it) {
    EXPECT_EQ(why_not(person().with("aud", "\"app\"")), "good");
    EXPECT_EQ(why_not(person().with("aud", "[\"app\"]")), "good");
    EXPECT_EQ(why_not(person().with("aud", "[\"web\"]").with("azp", "\"android\"")), "good");
    EXPECT_EQ(why_not(person().with("aud", R"(["web","api"])").with("azp", "\"app\"")), "good");
    EXPECT_EQ(why_not(person().with("aud", R"(["web","api"])")), "azp is another");
    EXPECT_EQ(why_not(person().with("aud", R"(["web","api"])").with("azp", "\"api\"")),
              "azp is another");
    EXPECT_EQ(why_not(person().with("aud", R"(["web","api"])").with("azp", "[\"web\"]")),
              "azp is another");
    for (const char* aud : {"\"other\"", "\"\"", "\"web \"", "\"WEB\"", "[]", "[\"other\"]",
                            "[\"web\",1]", "[[\"web\"]]", "null", "{}", "1"})
        EXPECT_EQ(why_not(person().with("aud", aud)), "aud is missing or another") << aud;
    EXPECT_EQ(why_not(person().without("aud")), "aud is missing or another");
}

TEST(Identity, the_issuer_is_the_one_that_was_asked) {
    for (const char* iss : {"\"https://idp/\"", "\"https://IDP\"", "\"http://idp\"", "\"\"", "null",
                            "[\"https://idp\"]", "\"tix\""})
        EXPECT_EQ(why_not(person().with("iss", iss)), "iss is missing or another") << iss;
}

TEST(Identity, times_are_exact_at_their_edges_with_the_leeway) {
    const std::string token =
        ed_token(person().with("iat", "1700000000").with("exp", "1700000600"));
    EXPECT_EQ(why_not(token, rules(), 1'700'000'629), "good");
    EXPECT_EQ(why_not(token, rules(), 1'700'000'630), "the token has expired");
    EXPECT_EQ(why_not(token, rules(), 1'699'999'970), "good");
    EXPECT_EQ(why_not(token, rules(), 1'699'999'969), "iat is to come");
    const std::string old = ed_token(person().with("iat", "1700000000").with("exp", "1800000000"));
    EXPECT_EQ(why_not(old, rules(), 1'700'003'630), "good");
    EXPECT_EQ(why_not(old, rules(), 1'700'003'631), "the token was made too long ago");
    EXPECT_EQ(why_not(person().without("iat")), "iat is missing");
    EXPECT_EQ(why_not(person().without("exp")), "exp is missing");
    EXPECT_EQ(why_not(person().with("nbf", "1700000031")), "the token is not valid yet");
}

TEST(Identity, a_subject_is_a_short_text) {
    const std::string bad = "the claim of the subject is missing or too long";
    for (const std::string& sub : {std::string("\"\""), std::string("1"), std::string("null"),
                                   "\"" + std::string(256, 's') + "\""})
        EXPECT_EQ(why_not(person().with("sub", sub)), bad) << sub;
    EXPECT_EQ(why_not(person().without("sub")), bad);
    EXPECT_EQ(why_not(person().with("sub", "\"" + std::string(255, 's') + "\"")), "good");
}

std::optional<Identity> read(const Payload& payload, const IssuerRules& by = rules()) {
    std::string why;
    return verify_identity(ed_token(payload), by, foreign_keys(), kNow, why);
}

TEST(Identity, an_address_is_verified_only_when_the_issuer_says_so) {
    EXPECT_TRUE(read(person().with("email_verified", "\"true\""))->email_verified);
    for (const char* verified : {"false", "\"false\"", "1", "\"yes\"", "null", "[true]", "{}"})
        EXPECT_FALSE(read(person().with("email_verified", verified))->email_verified) << verified;
    EXPECT_FALSE(read(person().without("email_verified"))->email_verified);
    EXPECT_FALSE(read(person().without("email"))->email_verified);
    IssuerRules believed = rules();
    believed.emails_are_verified = true;
    EXPECT_TRUE(read(person().without("email_verified"), believed)->email_verified);
    EXPECT_FALSE(read(person().without("email"), believed)->email_verified);
    EXPECT_FALSE(read(person().with("email", "[\"ann@example.org\"]"), believed)->email_verified);
}

TEST(Identity, claims_are_read_under_the_names_of_the_settings) {
    IssuerRules other = rules();
    other.subject_claim = "oid";
    other.email_claim = "preferred_username";
    other.verified_claim = "xms_edov";
    other.name_claim = "";
    const auto identity = read(person()
                                   .with("oid", "\"4711\"")
                                   .with("preferred_username", "\"eve@example.org\"")
                                   .with("xms_edov", "true"),
                               other);
    ASSERT_TRUE(identity);
    EXPECT_EQ(identity->subject, "4711");
    EXPECT_EQ(identity->email, "eve@example.org");
    EXPECT_TRUE(identity->email_verified);
    EXPECT_EQ(identity->name, std::nullopt);
}

}  // namespace
}  // namespace tix::gateway::test
