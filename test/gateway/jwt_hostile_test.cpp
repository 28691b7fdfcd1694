// The promise of access tokens to the house: no forged, confused or sloppy token is believed.
#include "tokens.hpp"

namespace tix::gateway::test {
namespace {

struct Hostile {
    std::string what;
    std::string token;
    std::string why;  // the start of the reason it must be refused for
};

constexpr char kThreeParts[] = "the token has not three parts";
constexpr char kBadHeader[] = "the header is not an object";
constexpr char kBadPayload[] = "the payload is not an object";
constexpr char kBadSignature[] = "the signature is wrong";
constexpr char kRefused[] = "the header has a refused member";
constexpr char kBadKid[] = "kid is missing or unknown";
constexpr char kBadAlg[] = "alg is not that of key";
constexpr char kBadTime[] = "exp, nbf or iat is not a time";

const std::string kGood = Payload().text();

std::string with_header(const std::string& header) {
    return signed_token(header, kGood);
}

std::string with_claim(const std::string& name, const std::string& json) {
    return signed_token(kHeader, Payload().with(name, json).text());
}

// The good token with its signature replaced.
std::string with_signature(const std::string& signature) {
    return encoded(kHeader, kGood) + "." + signature;
}

std::vector<Hostile> malformed_tokens() {
    const std::string good = signed_token(kHeader, kGood);
    const std::string text = encoded(kHeader, kGood);
    const std::string signature = good.substr(good.rfind('.') + 1);
    std::string last_bit = good;  // 43 characters leave two bits over; set one of them
    last_bit.back() = static_cast<char>(last_bit.back() + 1);
    return {
        {"nothing", "", kThreeParts},
        {"one dot", text, kThreeParts},
        {"three dots", good + ".", kThreeParts},
        {"five parts, as an encrypted token", "a.b.c.d.e", kThreeParts},
        {"only dots", "..", kBadHeader},
        {"oversize", good + std::string(kTokenBytesMax, 'A'), "the token is longer"},
        {"a leading space", " " + good, kBadHeader},
        {"a trailing space", good + " ", kBadSignature},
        {"a trailing newline", good + "\n", kBadSignature},
        {"a NUL at the end", good + std::string(1, '\0'), kBadSignature},
        {"the scheme left in front", "Bearer " + good, kBadHeader},
        {"padding on the signature", good + "=", kBadSignature},
        {"padding on the header",
         crypto::base64url_encode(kHeader) + "==." + good.substr(text.find('.') + 1), kBadHeader},
        {"bits left over in the signature", last_bit, kBadSignature},
        {"plain base64 in the signature", with_signature(std::string(42, '/') + "8"),
         kBadSignature},
        {"no signature", text + ".", kBadSignature},
        {"a signature cut by a byte", with_signature(signature.substr(0, 42)), kBadSignature},
        {"half a signature", with_signature(signature.substr(0, 22)), kBadSignature},
        {"a longer signature", with_signature(signature + "AAAA"), kBadSignature},
        {"a signature of zeros", with_signature(std::string(43, 'A')), kBadSignature},
        {"the header of another token",
         crypto::base64url_encode(R"({"alg":"HS256","kid":"main"})") + good.substr(text.find('.')),
         kBadSignature},
        {"a payload swapped under the signature",
         encoded(kHeader, Payload().with("role", "\"admin\"").text()) + "." + signature,
         kBadSignature},
        {"a signature of another secret", signed_token(kHeader, kGood, std::string(32, 'x')),
         kBadSignature},
        {"a signature of an empty secret", signed_token(kHeader, kGood, ""), kBadSignature},
        {"a signature of the payload alone",
         with_signature(crypto::base64url_encode(crypto::hmac_sha256(kSecret, kGood))),
         kBadSignature},
        {"the JSON serialization", R"({"payload":"e30","signatures":[]})", kThreeParts},
    };
}

std::vector<Hostile> hostile_headers() {
    const auto hs = [](const std::string& more) {
        return with_header(R"({"alg":"HS256","kid":"main",)" + more + "}");
    };
    return {
        {"no header", with_header(""), kBadHeader},
        {"a header that is an array", with_header("[]"), kBadHeader},
        {"a header that is a string", with_header("\"HS256\""), kBadHeader},
        {"a header cut short", with_header(R"({"alg":"HS256","kid":"main")"), kBadHeader},
        {"text after the header", with_header(kHeader + "x"), kBadHeader},
        {"text after a NUL", with_header(kHeader + std::string(1, '\0') + "{}"), kBadHeader},
        {"two algs", hs(R"("alg":"HS256")"), kBadHeader},
        {"two algs, one none", with_header(R"({"alg":"none","kid":"main","alg":"HS256"})"),
         kBadHeader},
        {"two kids", hs(R"("kid":"ed")"), kBadHeader},
        {"two kids, one escaped", hs(R"("\u006bid":"ed")"), kBadHeader},
        {"a deep header", hs(R"("x":[[[[[]]]]])"), kBadHeader},
        {"a header that is not UTF-8", hs("\"x\":\"\xFF\""), kBadHeader},
        {"alg none", with_header(R"({"alg":"none","kid":"main"})"), kBadAlg},
        {"alg none without a signature", encoded(R"({"alg":"none","kid":"main"})", kGood) + ".",
         kBadAlg},
        {"alg None", with_header(R"({"alg":"None","kid":"main"})"), kBadAlg},
        {"alg NONE", with_header(R"({"alg":"NONE","kid":"main"})"), kBadAlg},
        {"alg empty", with_header(R"({"alg":"","kid":"main"})"), kBadAlg},
        {"alg missing", with_header(R"({"kid":"main","typ":"JWT"})"), kBadAlg},
        {"alg null", with_header(R"({"alg":null,"kid":"main"})"), kBadAlg},
        {"alg an array", with_header(R"({"alg":["HS256"],"kid":"main"})"), kBadAlg},
        {"alg in lower case", with_header(R"({"alg":"hs256","kid":"main"})"), kBadAlg},
        {"alg with a space", with_header(R"({"alg":"HS256 ","kid":"main"})"), kBadAlg},
        {"alg HS512", with_header(R"({"alg":"HS512","kid":"main"})"), kBadAlg},
        {"alg RS256", with_header(R"({"alg":"RS256","kid":"main"})"), kBadAlg},
        {"alg EdDSA with the HS256 key", with_header(R"({"alg":"EdDSA","kid":"main"})"), kBadAlg},
        {"HS256 keyed with the public key",
         signed_token(R"({"alg":"HS256","kid":"check"})", kGood, kPublicPem), kBadAlg},
        {"HS256 keyed with the raw public key",
         signed_token(R"({"alg":"HS256","kid":"ed"})", kGood,
                      *crypto::base64url_decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")),
         kBadAlg},
        {"EdDSA with an HMAC for a signature",
         signed_token(R"({"alg":"EdDSA","kid":"ed"})", kGood, kPublicPem), kBadSignature},
        {"EdDSA by another's key",
         encoded(R"({"alg":"EdDSA","kid":"ed"})", kGood) + "." +
             crypto::base64url_encode(crypto::PrivateKey::generate().sign(
                 encoded(R"({"alg":"EdDSA","kid":"ed"})", kGood))),
         kBadSignature},
        {"alg Ed25519", signed_ed(R"({"alg":"Ed25519","kid":"ed"})", kGood), kBadAlg},
        {"kid missing", with_header(R"({"alg":"HS256"})"), kBadKid},
        {"kid empty", with_header(R"({"alg":"HS256","kid":""})"), kBadKid},
        {"kid null", with_header(R"({"alg":"HS256","kid":null})"), kBadKid},
        {"kid a number", with_header(R"({"alg":"HS256","kid":0})"), kBadKid},
        {"kid an object", with_header(R"({"alg":"HS256","kid":{}})"), kBadKid},
        {"kid a path", with_header(R"({"alg":"HS256","kid":"../../dev/null"})"), kBadKid},
        {"kid an injection", with_header(R"({"alg":"HS256","kid":"main' OR '1'='1"})"), kBadKid},
        {"kid in capitals", with_header(R"({"alg":"HS256","kid":"MAIN"})"), kBadKid},
        {"kid with a NUL", with_header(R"({"alg":"HS256","kid":"main\u0000"})"), kBadHeader},
        {"crit", hs(R"("crit":["exp"])"), kRefused},
        {"crit empty", hs(R"("crit":[])"), kRefused},
        {"crit null", hs(R"("crit":null)"), kRefused},
        {"b64 false", hs(R"("b64":false)"), kRefused},
        {"jku", hs(R"("jku":"https://evil.example/keys")"), kRefused},
        {"x5u", hs(R"("x5u":"https://evil.example/cert")"), kRefused},
        {"jwk", hs(R"("jwk":{"kty":"oct","k":"AAAA"})"), kRefused},
        {"x5c", hs(R"("x5c":["AAAA"])"), kRefused},
        {"typ of another use", hs(R"("typ":"secevent+jwt")"), "typ is not that"},
        {"typ in lower case", hs(R"("typ":"jwt")"), "typ is not that"},
        {"typ null", hs(R"("typ":null)"), "typ is not that"},
        {"typ a number", hs(R"("typ":1)"), "typ is not that"},
    };
}

std::vector<Hostile> hostile_claims() {
    const auto without = [](const char* name) {
        return signed_token(kHeader, Payload().without(name).text());
    };
    const std::string repeated = kGood.substr(0, kGood.size() - 1) + R"(,"role":"admin"})";
    std::vector<Hostile> all = {
        {"no payload", signed_token(kHeader, ""), kBadPayload},
        {"a payload that is an array", signed_token(kHeader, "[]"), kBadPayload},
        {"a payload that is null", signed_token(kHeader, "null"), kBadPayload},
        {"a payload with a repeated role", signed_token(kHeader, repeated), kBadPayload},
        {"a payload that is not UTF-8", with_claim("x", "\"\xC0\x80\""), kBadPayload},
        {"a deep payload", with_claim("x", "[[[[[[[[[]]]]]]]]]"), kBadPayload},
        {"text after the payload", signed_token(kHeader, kGood + "{}"), kBadPayload},
        {"an empty payload", signed_token(kHeader, "{}"), "iss is"},
        {"iss missing", without("iss"), "iss is"},
        {"iss another", with_claim("iss", "\"Tix\""), "iss is"},
        {"iss an array", with_claim("iss", R"(["tix"])"), "iss is"},
        {"iss with a tail", with_claim("iss", "\"tix/\""), "iss is"},
        {"aud missing", without("aud"), "aud is"},
        {"aud another", with_claim("aud", "\"other\""), "aud is"},
        {"aud null", with_claim("aud", "null"), "aud is"},
        {"aud empty", with_claim("aud", "[]"), "aud is"},
        {"aud an array without us", with_claim("aud", R"(["a","b"])"), "aud is"},
        {"aud an array of arrays", with_claim("aud", R"([["tix"]])"), "aud is"},
        {"aud an array with a number", with_claim("aud", R"(["tix",1])"), "aud is"},
        {"aud an object", with_claim("aud", R"({"tix":"tix"})"), "aud is"},
        {"exp missing", without("exp"), "exp is missing"},
        {"exp now", with_claim("exp", "1700000000"), "the token has expired"},
        {"exp long ago", with_claim("exp", "0"), "the token has expired"},
        {"nbf ahead", with_claim("nbf", "1700000001"), "the token is not valid yet"},
        {"sub missing", without("sub"), "sub is not a uuid"},
        {"sub empty", with_claim("sub", "\"\""), "sub is not a uuid"},
        {"sub a name", with_claim("sub", "\"admin\""), "sub is not a uuid"},
        {"sub a number", with_claim("sub", "1"), "sub is not a uuid"},
        {"sub an injection", with_claim("sub", "\"x'; DROP TABLE tix.users; --\""), "sub is not"},
        {"role missing", without("role"), "role is"},
        {"role empty", with_claim("role", "\"\""), "role is"},
        {"role unknown", with_claim("role", "\"superuser\""), "role is"},
        {"role in capitals", with_claim("role", "\"ADMIN\""), "role is"},
        {"role an array", with_claim("role", R"(["admin"])"), "role is"},
        {"role with a NUL", with_claim("role", R"("admin\u0000")"), kBadPayload},
    };
    for (const char* name : {"exp", "nbf", "iat"})
        for (const char* time : {"1700000000.5", "1.7e9", "\"1700000900\"", "null", "true", "[]",
                                 "-1", "253402300800", "9223372036854775807"})
            all.push_back({std::string(name) + " = " + time, with_claim(name, time), kBadTime});
    for (const char* name : {"exp", "nbf", "iat"})
        for (const char* time :
             {"9223372036854775808", "1e400", "NaN", "01", "99999999999999999999"})
            all.push_back({std::string(name) + " = " + time, with_claim(name, time), kBadPayload});
    return all;
}

void expect_refused(const std::vector<Hostile>& table, std::size_t at_least) {
    EXPECT_GE(table.size(), at_least);
    for (const Hostile& hostile : table) {
        std::string why;
        EXPECT_FALSE(verify(hostile.token, keys(), kExpected, kNow, why)) << hostile.what;
        EXPECT_EQ(why.substr(0, hostile.why.size()), hostile.why) << hostile.what;
    }
}

TEST(HostileJwt, the_token_the_others_are_made_from_is_good) {
    std::string why;
    EXPECT_TRUE(verify(signed_token(kHeader, kGood), keys(), kExpected, kNow, why)) << why;
}

TEST(HostileJwt, malformed_and_tampered_tokens_are_refused) {
    expect_refused(malformed_tokens(), 25);
}

TEST(HostileJwt, no_header_chooses_its_key_or_algorithm) {
    expect_refused(hostile_headers(), 50);
}

TEST(HostileJwt, no_claim_is_missing_odd_or_out_of_range) {
    expect_refused(hostile_claims(), 70);
}

TEST(HostileJwt, the_reason_does_not_repeat_the_token) {
    for (const auto& table : {malformed_tokens(), hostile_headers(), hostile_claims()})
        for (const Hostile& hostile : table) {
            std::string why;
            verify(hostile.token, keys(), kExpected, kNow, why);
            EXPECT_LT(why.size(), 80U) << why;
            EXPECT_EQ(why.find("evil"), std::string::npos) << why;
        }
}

}  // namespace
}  // namespace tix::gateway::test
