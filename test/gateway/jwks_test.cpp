// The promises of key sets of other issuers: what is for us is used, what is not is ignored with a
// reason, what nobody should have published is refused.
#include "auth/jwks.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <stdexcept>

#include "signers.hpp"

namespace tix::gateway::test {
namespace {

const std::vector<Alg> kEvery = {Alg::RS256, Alg::ES256, Alg::EdDSA};

Jwks read(const std::string& text, const std::vector<Alg>& allowed = kEvery) {
    return read_jwks(text, allowed, 8);
}

std::string fault_of(const std::string& text, const std::vector<Alg>& allowed = kEvery) {
    try {
        read(text, allowed);
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return "good";
}

// Why a key beside a good one is ignored, or "used".
std::string reason_for(const std::string& jwk, const std::vector<Alg>& allowed = kEvery) {
    const Jwks set = read(key_set({ed_jwk("good"), jwk}), allowed);
    if (set.ignored.empty()) return "used";
    return set.ignored[0].substr(set.ignored[0].find(": ") + 2);
}

TEST(Jwks, a_key_of_each_kind_is_read_and_verifies) {
    const Jwks set = read(key_set({rsa_jwk("r"), curve_jwk("e"), ed_jwk("o")}));
    ASSERT_EQ(set.keys.size(), 3U);
    EXPECT_TRUE(set.ignored.empty());
    EXPECT_EQ(set.keys[0].alg_name(), "RS256");
    EXPECT_TRUE(set.keys[0].verify("text", rsa_signer().pkcs1("text")));
    EXPECT_EQ(set.keys[1].alg_name(), "ES256");
    EXPECT_TRUE(set.keys[1].verify("text", curve_signer().ecdsa("text")));
    EXPECT_EQ(set.keys[2].alg_name(), "EdDSA");
    for (const Key& key : set.keys)
        EXPECT_FALSE(key.can_sign());
}

TEST(Jwks, an_rsa_key_has_one_algorithm) {
    const std::vector<Alg> both = {Alg::RS256, Alg::PS256, Alg::EdDSA};
    EXPECT_EQ(read(key_set({rsa_jwk("r", also("alg", "PS256"))}), both).keys[0].alg(), Alg::PS256);
    EXPECT_EQ(read(key_set({rsa_jwk("r", also("alg", "RS256"))}), both).keys[0].alg(), Alg::RS256);
    EXPECT_EQ(read(key_set({rsa_jwk("r")}), {Alg::PS256}).keys[0].alg(), Alg::PS256);
    EXPECT_EQ(reason_for(rsa_jwk("r"), both), "it has no alg, and more than one is allowed");
}

TEST(Jwks, what_is_not_for_us_is_ignored) {
    EXPECT_EQ(reason_for(rsa_jwk("r", also("use", "enc"))), "use is not sig");
    EXPECT_EQ(reason_for(rsa_jwk("r", ",\"use\":1")), "use is not sig");
    EXPECT_EQ(reason_for(rsa_jwk("r", also("use", "sig"))), "used");
    EXPECT_EQ(reason_for(rsa_jwk("r", R"(,"key_ops":["encrypt"])")), "key_ops has no verify");
    EXPECT_EQ(reason_for(rsa_jwk("r", R"(,"key_ops":["verify"])")), "used");
    EXPECT_EQ(reason_for(rsa_jwk("r", also("alg", "RSA-OAEP"))), "alg is not one of its kind");
    EXPECT_EQ(reason_for(rsa_jwk("r", also("alg", "ES256"))), "alg is not one of its kind");
    EXPECT_EQ(reason_for(rsa_jwk("r", also("alg", "HS256"))), "alg is not one of its kind");
    EXPECT_EQ(reason_for(rsa_jwk("r", also("alg", "none"))), "alg is not one of its kind");
    EXPECT_EQ(reason_for(rsa_jwk("r", also("alg", "PS256"))), "its algorithm is not allowed");
    EXPECT_EQ(reason_for(rsa_jwk("r"), {Alg::ES256, Alg::EdDSA}), "its algorithm is not allowed");
    const std::string other = "kty or crv is not one that is used here";
    EXPECT_EQ(reason_for(R"({"kty":"EC","crv":"P-384","kid":"x"})"), other);
    EXPECT_EQ(reason_for(R"({"kty":"OKP","crv":"X25519","kid":"x"})"), other);
    EXPECT_EQ(reason_for(R"({"kty":"AKP","kid":"x"})"), other);
    EXPECT_EQ(reason_for(R"({"kid":"x"})"), "kty is missing");
}

TEST(Jwks, a_weak_or_malformed_key_is_ignored) {
    EXPECT_EQ(reason_for(rsa_jwk("r", "", Signer::rsa(1024))),
              "an RSA modulus must be odd and have 2048 to 8192 bits");
    EXPECT_EQ(reason_for(R"({"kty":"RSA","kid":"x","n":"AQAB"})"), "e is not base64url");
    EXPECT_EQ(reason_for(R"({"kty":"RSA","kid":"x","n":"AQAB=","e":"AQAB"})"),
              "n is not base64url");
    EXPECT_EQ(reason_for(R"({"kty":"RSA","kid":"x","n":17,"e":"AQAB"})"), "n is not base64url");
    EXPECT_EQ(reason_for(R"({"kty":"EC","crv":"P-256","kid":"x","x":"AAAA","y":"AAAA"})"),
              "not a public key on the curve P-256");
    EXPECT_EQ(reason_for(R"({"kty":"OKP","crv":"Ed25519","kid":"x","x":"AAAA"})"),
              "not an Ed25519 public key");
    EXPECT_EQ(reason_for(R"({"kty":"OKP","crv":"Ed25519","x":"AAAA"})"), "kid is missing");
    const std::string bad_kid = "its kid is not 1 to 255 visible ASCII characters";
    EXPECT_EQ(reason_for(ed_jwk("")), bad_kid);
    EXPECT_EQ(reason_for(ed_jwk("a b")), bad_kid);
    EXPECT_EQ(reason_for(ed_jwk("\xC3\xA9")), bad_kid);
    EXPECT_EQ(reason_for(ed_jwk(std::string(256, 'k'))), bad_kid);
    EXPECT_EQ(reason_for(ed_jwk(std::string(255, 'k'))), "used");
    EXPECT_EQ(reason_for(ed_jwk("https://a/b+c=?d")), "used");
}

TEST(Jwks, a_private_or_secret_key_is_refused_with_all_of_its_set) {
    for (const char* name : {"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
        EXPECT_EQ(fault_of(key_set({ed_jwk("good"), rsa_jwk("r", also(name, "AAAA"))})),
                  "its key r is private or secret")
            << name;
    EXPECT_EQ(fault_of(key_set({ed_jwk("good"), R"({"kty":"oct","k":"AAAA","kid":"s"})"})),
              "its key s is private or secret");
}

TEST(Jwks, two_keys_of_one_kid_are_refused) {
    EXPECT_EQ(fault_of(key_set({ed_jwk("one"), rsa_jwk("one")})),
              "two of its keys have the kid one");
    // One that is not used stands in nobody's way.
    EXPECT_EQ(fault_of(key_set({ed_jwk("one"), rsa_jwk("one", also("use", "enc"))})), "good");
}

TEST(Jwks, a_file_that_is_no_key_set_is_refused) {
    for (const char* text : {"", "{", "null", "[]", "\"x\"", "{}", R"({"keys":{}})",
                             R"({"keys":null})", R"({"Keys":[]})", R"({"keys":[1]})",
                             R"({"keys":[null]})", R"({"keys":[],"keys":[]})", "<html>"})
        EXPECT_NE(fault_of(text), "good") << text;
    EXPECT_EQ(fault_of(key_set({})), "no key of it can be used");
    EXPECT_EQ(fault_of(key_set({rsa_jwk("r", also("use", "enc"))})),
              "no key of it can be used; r: use is not sig");
    EXPECT_EQ(fault_of(key_set({ed_jwk("good")}) + "x").substr(0, 13), "it is no JSON");
}

TEST(Jwks, the_number_of_keys_is_limited_at_its_edge) {
    std::string keys;
    for (int i = 0; i < 8; ++i)
        keys += (i == 0 ? "" : ",") + ed_jwk("k" + std::to_string(i));
    EXPECT_EQ(read("{\"keys\":[" + keys + "]}").keys.size(), 8U);
    EXPECT_EQ(fault_of("{\"keys\":[" + keys + "," + ed_jwk("more") + "]}"),
              "it has more than 8 keys");
}

}  // namespace
}  // namespace tix::gateway::test
