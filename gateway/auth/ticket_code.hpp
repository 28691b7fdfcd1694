// The code on a ticket: "TX1." and base64url of what it says and an Ed25519 signature over that.
//
// Layout before the signature, 38 bytes: version 1 (1), key id (1), session (16), ticket (16),
// issue (4, big-endian). The signature covers these bytes. The whole code is 140 characters and
// can be checked offline with the public key; whether the ticket is still good cannot.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "../crypto/ed25519.hpp"

namespace tix::gateway {

struct TicketCode {
    std::uint8_t key_id = 0;
    std::string session_id;   // uuid, lower case
    std::string ticket_id;    // uuid, lower case
    std::uint32_t issue = 0;  // grows with each transfer; the database knows the latest
};

// Throws std::invalid_argument when an id is not a uuid.
std::string make_ticket_code(std::uint8_t key_id, std::string_view session_id,
                             std::string_view ticket_id, std::uint32_t issue,
                             const crypto::PrivateKey& key);

// What a code says, when it names `key_id` and is signed by that key; else nothing.
std::optional<TicketCode> verify_ticket_code(std::string_view code, std::uint8_t key_id,
                                             const crypto::PublicKey& key);

}  // namespace tix::gateway
