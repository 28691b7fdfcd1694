// The promises of webhook signatures: the known answer of the scheme, and nothing nearly right.
#include "providers/signature.hpp"

#include <gtest/gtest.h>

#include <cctype>

namespace tix::gateway {
namespace {

// Computed with OpenSSL from Stripe's published scheme.
constexpr char kSecret[] = "whsec_test";
constexpr char kBody[] = R"({"id":"evt_1","type":"payment_intent.succeeded"})";
constexpr std::int64_t kTime = 1'700'000'000;
const std::string kV1 = "001ce3ef73e456cedaab328328720d3ad59defb8bbd0f1518f46c04ad4ac0bb7";
const std::string kHeader = "t=1700000000,v1=" + kV1;
const std::string kWrong(64, '0');

std::string why_not(std::string_view header, std::int64_t now = kTime,
                    std::string_view body = kBody, std::string_view secret = kSecret) {
    std::string why;
    const bool right = verify_signature(header, body, secret, now, why);
    EXPECT_EQ(right, why.empty());
    return right ? "accepted" : why;
}

TEST(Signature, the_known_answer_is_made_and_accepted) {
    EXPECT_EQ(sign(kBody, kSecret, kTime), kHeader);
    EXPECT_EQ(why_not(kHeader), "accepted");
    EXPECT_EQ(why_not(sign("", "s", 0), 0, "", "s"), "accepted");
}

TEST(Signature, any_of_several_may_be_right_and_other_schemes_are_ignored) {
    for (const std::string& header :
         {"t=1700000000,v1=" + kWrong + ",v1=" + kV1, "t=1700000000,v1=" + kV1 + ",v1=" + kWrong,
          "v1=" + kV1 + ",t=1700000000", kHeader + ",v0=abc", "v2=," + kHeader,
          kHeader + ",v1=short"})
        EXPECT_EQ(why_not(header), "accepted") << header;
    EXPECT_EQ(why_not("t=1700000000,v0=" + kV1), "the signature header is malformed");
}

TEST(Signature, at_most_eight_are_looked_at) {
    std::string header = "t=1700000000";
    for (int i = 0; i < 7; ++i)
        header += ",v1=" + kWrong;
    EXPECT_EQ(why_not(header + ",v1=" + kV1), "accepted");
    EXPECT_EQ(why_not(header + ",v1=" + kWrong + ",v1=" + kV1),
              "the signature header is malformed");
}

TEST(Signature, the_header_is_limited_at_its_edge) {
    const std::string start = kHeader + ",v0=";
    EXPECT_EQ(why_not(start + std::string(1024 - start.size(), 'x')), "accepted");
    EXPECT_EQ(why_not(start + std::string(1025 - start.size(), 'x')),
              "the signature header is malformed");
}

TEST(Signature, the_time_is_limited_at_its_edges_both_ways) {
    EXPECT_EQ(why_not(kHeader, kTime + 300), "accepted");
    EXPECT_EQ(why_not(kHeader, kTime - 300), "accepted");
    EXPECT_EQ(why_not(kHeader, kTime + 301), "the signature is too old or from the future");
    EXPECT_EQ(why_not(kHeader, kTime - 301), "the signature is too old or from the future");
    EXPECT_EQ(why_not("t=9223372036854775807,v1=" + kV1),
              "the signature is too old or from the future");
    std::string why;
    EXPECT_TRUE(verify_signature(kHeader, kBody, kSecret, kTime + 10, why, 10));
    EXPECT_FALSE(verify_signature(kHeader, kBody, kSecret, kTime + 11, why, 10));
}

TEST(Signature, malformed_headers_are_refused) {
    for (const std::string& header : {std::string(),
                                      std::string(","),
                                      std::string("t"),
                                      std::string("t=1700000000"),
                                      "v1=" + kV1,
                                      "t=,v1=" + kV1,
                                      "t=x,v1=" + kV1,
                                      "t=1700000000.0,v1=" + kV1,
                                      "t=+1700000000,v1=" + kV1,
                                      "t=01700000000,v1=" + kV1,
                                      "t=-1,v1=" + kV1,
                                      "t= 1700000000,v1=" + kV1,
                                      "t=1.7e9,v1=" + kV1,
                                      "t=99999999999999999999,v1=" + kV1,
                                      "t=1700000000,t=1700000000,v1=" + kV1,
                                      "t=1700000000;v1=" + kV1,
                                      kHeader + ",",
                                      "," + kHeader,
                                      kHeader + ",,",
                                      "t=1700000000, v1=" + kV1,
                                      "T=1700000000,v1=" + kV1})
        EXPECT_EQ(why_not(header), "the signature header is malformed") << header;
}

TEST(Signature, nothing_nearly_right_is_right) {
    std::string capitals = kV1;
    for (char& c : capitals)
        c = static_cast<char>(std::toupper(c));
    for (const std::string& v1 : {std::string(), kV1.substr(0, 63), kV1 + "0", kWrong, capitals,
                                  " " + kV1, kV1 + " ", "0x" + kV1})
        EXPECT_EQ(why_not("t=1700000000,v1=" + v1), "no signature is right") << v1;
    for (std::size_t i = 0; i < kV1.size(); ++i) {
        std::string v1 = kV1;
        v1[i] = v1[i] == 'a' ? 'b' : 'a';
        EXPECT_EQ(why_not("t=1700000000,v1=" + v1), "no signature is right") << i;
    }
}

TEST(Signature, body_time_and_secret_are_all_signed) {
    EXPECT_EQ(why_not(kHeader, kTime, std::string(kBody) + " "), "no signature is right");
    EXPECT_EQ(why_not(kHeader, kTime, ""), "no signature is right");
    EXPECT_EQ(why_not("t=1700000001,v1=" + kV1), "no signature is right");
    EXPECT_EQ(why_not(kHeader, kTime, kBody, "whsec_tes"), "no signature is right");
}

TEST(Signature, without_a_secret_nobody_is_believed) {
    EXPECT_EQ(why_not(sign(kBody, "", kTime), kTime, kBody, ""),
              "there is no secret to check the signature with");
}

}  // namespace
}  // namespace tix::gateway
