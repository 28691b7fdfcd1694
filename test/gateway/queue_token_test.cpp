// The promises of queue tokens: what the database made is known, and nothing else.
#include "queue/token.hpp"

#include <gtest/gtest.h>

#include "crypto/base64url.hpp"
#include "crypto/hmac.hpp"

namespace tix::gateway {
namespace {

const std::string kKey(32, 'k');
const QueueKeys kKeys{{3, kKey}};

// Big-endian.
std::string number(std::uint64_t value, int bytes) {
    std::string text;
    for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8)
        text += static_cast<char>(value >> shift & 255);
    return text;
}

// A token as the database makes it, but for the seal that it alone can make.
std::string token(std::uint64_t key_id, std::uint64_t queue, std::uint64_t join,
                  const std::string& key = kKey, const std::string& version = "TQ2.") {
    std::string bytes = number(key_id, 2) + number(queue, 4) + number(join, 8);
    bytes += std::string(16, 's');
    bytes += crypto::hmac_sha256(key, version + bytes).substr(0, 12);
    return version + crypto::base64url_encode(bytes);
}

TEST(QueueToken, OfTheDatabaseIsRead) {
    // Made by tix.sealed_queue_token(sha256('tix'), …): key 1, queue 7, join 4711.
    const std::string poll_key =
        *crypto::base64url_decode("vDM7gOA-fJVCq_I1U74tUfWf7uycvTzCdGcppEGQZh4");
    const auto ticket = read_queue_token(
        "TQ2.AAEAAAAHAAAAAAAAEmdLa-ugjCdhyyFv0llxSuO0H9b8O-E2JGnaV-6D", {{1, poll_key}});
    ASSERT_TRUE(ticket);
    EXPECT_EQ(ticket->key_id, 1);
    EXPECT_EQ(ticket->queue_id, 7);
    EXPECT_EQ(ticket->join_no, 4711);
}

TEST(QueueToken, NumbersReachTheirBounds) {
    const auto most = read_queue_token(token(3, INT32_MAX, INT64_MAX), kKeys);
    ASSERT_TRUE(most);
    EXPECT_EQ(most->queue_id, INT32_MAX);
    EXPECT_EQ(most->join_no, INT64_MAX);
    EXPECT_TRUE(read_queue_token(token(3, 1, 1), kKeys));
    EXPECT_FALSE(read_queue_token(token(3, 0, 1), kKeys));
    EXPECT_FALSE(read_queue_token(token(3, 1, 0), kKeys));
    EXPECT_FALSE(read_queue_token(token(3, std::uint64_t{INT32_MAX} + 1, 1), kKeys));
    EXPECT_FALSE(read_queue_token(token(3, 1, std::uint64_t{INT64_MAX} + 1), kKeys));
}

TEST(QueueToken, OfAnotherKeyOrVersionIsNone) {
    EXPECT_FALSE(read_queue_token(token(4, 1, 1), kKeys));
    EXPECT_FALSE(read_queue_token(token(3, 1, 1, std::string(32, 'x')), kKeys));
    EXPECT_FALSE(read_queue_token(token(3, 1, 1, kKey, "TQ1."), kKeys));
    EXPECT_FALSE(read_queue_token(token(3, 1, 1), {}));
}

TEST(QueueToken, NoBitCanBeAnother) {
    const std::string good = token(3, 7, 9);
    ASSERT_TRUE(read_queue_token(good, kKeys));
    for (std::size_t i = 0; i < good.size(); ++i)
        for (int bit = 0; bit < 8; ++bit) {
            std::string other = good;
            other[i] = static_cast<char>(other[i] ^ 1 << bit);
            EXPECT_FALSE(read_queue_token(other, kKeys)) << i << " " << bit;
        }
}

TEST(QueueToken, NeitherLongerNorShorter) {
    const std::string good = token(3, 7, 9);
    for (std::size_t size = 0; size < good.size(); ++size)
        EXPECT_FALSE(read_queue_token(good.substr(0, size), kKeys)) << size;
    for (const char* more : {"A", "=", " ", "\n", "."})
        EXPECT_FALSE(read_queue_token(good + more, kKeys)) << more;
    EXPECT_FALSE(read_queue_token(" " + good, kKeys));
}

}  // namespace
}  // namespace tix::gateway
