// Outgoing webhooks: signatures as Standard Webhooks has them, and where they may go.
#include <gtest/gtest.h>

#include <stdexcept>

#include "http/outbound.hpp"
#include "webhooks/signature.hpp"

namespace tix::gateway {
namespace {

constexpr char kSecret[] = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
constexpr char kBody[] = "{\"test\": 2432232314}";

// Known answer of the Standard Webhooks libraries, recomputed with OpenSSL.
TEST(WebhookSignature, IsThatOfStandardWebhooks) {
    EXPECT_EQ(webhook_signature({kSecret}, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, kBody),
              "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST(WebhookSignature, HasOneForEachSecret) {
    const std::string one = webhook_signature({kSecret}, "a", 1, "b");
    const std::string other = webhook_signature({"whsec_AAAA"}, "a", 1, "b");
    EXPECT_EQ(webhook_signature({kSecret, "whsec_AAAA"}, "a", 1, "b"), one + " " + other);
    EXPECT_NE(one, webhook_signature({kSecret}, "a", 2, "b"));
    EXPECT_NE(one, webhook_signature({kSecret}, "c", 1, "b"));
    EXPECT_NE(one, webhook_signature({kSecret}, "a", 1, "c"));
}

TEST(WebhookSignature, RefusesWhatIsNoSecret) {
    for (const char* bad : {"", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_%%%%"})
        EXPECT_THROW((void)webhook_signature({bad}, "a", 1, "b"), std::invalid_argument) << bad;
}

TEST(OutboundAddress, OfThePublicNetOnly) {
    for (const char* open : {"1.1.1.1", "8.8.8.8", "172.15.255.255", "172.32.0.1", "192.167.0.1",
                             "2606:4700::1111", "::ffff:1.1.1.1", "2002:101:101::1"})
        EXPECT_TRUE(is_public_address(open)) << open;
    for (const char* inside : {"127.0.0.1",
                               "127.255.0.1",
                               "0.0.0.0",
                               "10.1.2.3",
                               "172.16.0.1",
                               "172.31.255.255",
                               "192.168.1.1",
                               "169.254.169.254",
                               "100.64.0.1",
                               "224.0.0.1",
                               "240.0.0.1",
                               "255.255.255.255",
                               "198.18.0.1",
                               "::1",
                               "::",
                               "fe80::1",
                               "fc00::1",
                               "fd12::1",
                               "ff02::1",
                               "::ffff:127.0.0.1",
                               "::ffff:10.0.0.1",
                               "64:ff9b::7f00:1",
                               "2002:7f00:1::",
                               "2001::1",
                               "2001:db8::1",
                               "",
                               "localhost",
                               "0x7f000001",
                               "127.1",
                               "2130706433"})
        EXPECT_FALSE(is_public_address(inside)) << inside;
}

TEST(OutboundUrl, IsTakenApart) {
    const auto url = parse_outbound("https://example.org:8443/a/b?c=d");
    ASSERT_TRUE(url);
    EXPECT_TRUE(url->secure);
    EXPECT_EQ(url->authority(), "example.org:8443");
    EXPECT_EQ(url->path, "/a/b?c=d");
    EXPECT_EQ(parse_outbound("https://a")->path, "/");
    EXPECT_EQ(parse_outbound("https://a")->port, 443);
    EXPECT_EQ(parse_outbound("http://a/")->port, 80);
    EXPECT_EQ(parse_outbound("http://[::1]:80/x")->host, "::1");
}

TEST(OutboundUrl, RefusesWhatIsNone) {
    for (const char* bad :
         {"", "a", "ftp://a/", "https://", "https:///x", "https://u:p@a/", "https://u@a/",
          "https://a:0/", "https://a:65536/", "https://a:/", "https://a:1x/", "https://a b/",
          "https://a/\r\nX: y", "https://[::1/", "https://::1]/", "https://a/#f", "https://a?b"})
        EXPECT_FALSE(parse_outbound(bad)) << bad;
}

}  // namespace
}  // namespace tix::gateway
