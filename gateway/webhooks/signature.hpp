// Signatures of outgoing webhooks as Standard Webhooks has them: "v1," and the base64 of the
// HMAC-SHA-256 of "<id>.<timestamp>.<body>", one for each secret, with spaces between.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tix::gateway {

// Secrets are "whsec_" and base64; throws std::invalid_argument for another form.
std::string webhook_signature(const std::vector<std::string>& secrets, std::string_view id,
                              std::int64_t timestamp, std::string_view body);

}  // namespace tix::gateway
