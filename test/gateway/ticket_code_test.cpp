// The promises of ticket codes: short, readable offline, and no byte of one can be changed.
#include "auth/ticket_code.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "crypto/base64url.hpp"

namespace tix::gateway {
namespace {

constexpr char kSession[] = "0190163d-8694-739b-aea5-966c26f8ad91";
constexpr char kTicket[] = "7f3b1c2a-0d4e-4f60-8a9b-c0d1e2f30415";

const crypto::PrivateKey& key() {
    static const auto kKey = crypto::PrivateKey::generate();
    return kKey;
}

std::string code_of(std::uint8_t key_id = 1, std::uint32_t issue = 7) {
    return make_ticket_code(key_id, kSession, kTicket, issue, key());
}

TEST(TicketCode, what_is_written_is_read_back) {
    for (const std::uint32_t issue : {0U, 1U, 255U, 256U, 0x01020304U, 0xFFFFFFFFU})
        for (const int key_id : {0, 1, 127, 128, 255}) {
            const auto id = static_cast<std::uint8_t>(key_id);
            const auto ticket = verify_ticket_code(code_of(id, issue), id, key().public_key());
            ASSERT_TRUE(ticket);
            EXPECT_EQ(ticket->key_id, id);
            EXPECT_EQ(ticket->session_id, kSession);
            EXPECT_EQ(ticket->ticket_id, kTicket);
            EXPECT_EQ(ticket->issue, issue);
        }
}

TEST(TicketCode, the_layout_is_the_documented_one) {
    const std::string code = code_of(2, 0x01020304);
    EXPECT_EQ(code.size(), 140U);
    EXPECT_EQ(code.substr(0, 4), "TX1.");
    const std::string bytes = crypto::base64url_decode(code.substr(4)).value();
    ASSERT_EQ(bytes.size(), 102U);
    EXPECT_EQ(bytes.substr(0, 4), "\x01\x02\x01\x90");
    EXPECT_EQ(bytes.substr(18, 2), "\x7f\x3b");
    EXPECT_EQ(bytes.substr(34, 4), "\x01\x02\x03\x04");
    EXPECT_TRUE(key().public_key().verify(bytes.substr(0, 38), bytes.substr(38)));
}

TEST(TicketCode, no_changed_byte_is_accepted) {
    const std::string bytes = crypto::base64url_decode(code_of().substr(4)).value();
    for (std::size_t i = 0; i < bytes.size(); ++i)
        for (const int flip : {0x01, 0x80, 0xFF}) {
            std::string wrong = bytes;
            wrong[i] = static_cast<char>(wrong[i] ^ flip);
            EXPECT_FALSE(
                verify_ticket_code("TX1." + crypto::base64url_encode(wrong), 1, key().public_key()))
                << i;
        }
}

TEST(TicketCode, no_changed_character_is_accepted) {
    const std::string code = code_of();
    for (std::size_t i = 0; i < code.size(); ++i) {
        std::string wrong = code;
        wrong[i] = wrong[i] == 'A' ? 'B' : 'A';
        EXPECT_FALSE(verify_ticket_code(wrong, 1, key().public_key())) << i;
        EXPECT_FALSE(verify_ticket_code(code.substr(0, i), 1, key().public_key())) << i;
    }
    for (const std::string& wrong :
         {code + "A", code + "=", " " + code, code + "\n", "tx1." + code.substr(4),
          "TX2." + code.substr(4), code.substr(4)})
        EXPECT_FALSE(verify_ticket_code(wrong, 1, key().public_key())) << wrong;
}

TEST(TicketCode, only_the_named_key_signs) {
    EXPECT_FALSE(verify_ticket_code(code_of(1), 2, key().public_key()));
    EXPECT_FALSE(verify_ticket_code(code_of(1), 1, crypto::PrivateKey::generate().public_key()));
}

TEST(TicketCode, an_id_that_is_no_uuid_makes_no_code) {
    EXPECT_THROW(make_ticket_code(1, "1", kTicket, 1, key()), std::invalid_argument);
    EXPECT_THROW(make_ticket_code(1, kSession, "", 1, key()), std::invalid_argument);
}

}  // namespace
}  // namespace tix::gateway
