// Tokens of the waiting room: what they say, and whether the database made them.
//
// TQ2. and base64url of key id (2 bytes), queue (4), number of the join (8), the database's seal
// (16) and the seal of the poll key (12), by which a gateway knows a token without asking. It
// could make tokens that pass here, but none that claims a place: that takes the first seal.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace tix::gateway {

struct QueueTicket {
    int key_id = 0;
    std::int32_t queue_id = 0;
    std::int64_t join_no = 0;  // from 1
};

// Key id to its 32 bytes, of tix_queue_poll_keys().
using QueueKeys = std::map<int, std::string>;

constexpr std::size_t kQueueTokenSize = 60;

// Nothing when the token is malformed, of a key that is not known, or not sealed by it. One join
// has one token under a key: there is no second way to write it.
std::optional<QueueTicket> read_queue_token(std::string_view token, const QueueKeys& keys);

}  // namespace tix::gateway
