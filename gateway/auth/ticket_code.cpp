// Writing and checking of ticket codes.
#include "ticket_code.hpp"

#include <algorithm>
#include <stdexcept>

#include "../base/text.hpp"
#include "../crypto/base64url.hpp"

namespace tix::gateway {

namespace {

constexpr std::string_view kPrefix = "TX1.";
constexpr char kVersion = 1;
constexpr std::size_t kSessionAt = 2;
constexpr std::size_t kTicketAt = 18;
constexpr std::size_t kIssueAt = 34;
constexpr std::size_t kSignatureAt = 38;
constexpr std::size_t kCodeBytes = kSignatureAt + crypto::kEd25519SignatureBytes;

std::string raw_uuid(std::string_view text) {
    const std::optional<UuidBytes> bytes = uuid_bytes(text);
    if (!bytes) throw std::invalid_argument("a ticket code needs uuids");
    return {bytes->begin(), bytes->end()};
}

std::string uuid_at(const std::string& bytes, std::size_t place) {
    UuidBytes uuid = {};
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(place), uuid.size(), uuid.begin());
    return uuid_text(uuid);
}

}  // namespace

std::string make_ticket_code(std::uint8_t key_id, std::string_view session_id,
                             std::string_view ticket_id, std::uint32_t issue,
                             const crypto::PrivateKey& key) {
    std::string bytes = {kVersion, static_cast<char>(key_id)};
    bytes += raw_uuid(session_id) + raw_uuid(ticket_id);
    for (int shift = 24; shift >= 0; shift -= 8)
        bytes += static_cast<char>(issue >> shift & 255);
    return std::string(kPrefix) + crypto::base64url_encode(bytes + key.sign(bytes));
}

std::optional<TicketCode> verify_ticket_code(std::string_view code, std::uint8_t key_id,
                                             const crypto::PublicKey& key) {
    if (!code.starts_with(kPrefix)) return std::nullopt;
    const std::optional<std::string> bytes = crypto::base64url_decode(code.substr(kPrefix.size()));
    if (!bytes || bytes->size() != kCodeBytes || (*bytes)[0] != kVersion ||
        static_cast<std::uint8_t>((*bytes)[1]) != key_id)
        return std::nullopt;
    const std::string_view all = *bytes;
    if (!key.verify(all.substr(0, kSignatureAt), all.substr(kSignatureAt))) return std::nullopt;
    TicketCode ticket;
    ticket.key_id = key_id;
    ticket.session_id = uuid_at(*bytes, kSessionAt);
    ticket.ticket_id = uuid_at(*bytes, kTicketAt);
    for (std::size_t i = kIssueAt; i < kSignatureAt; ++i)
        ticket.issue = ticket.issue << 8 | static_cast<unsigned char>(all[i]);
    return ticket;
}

}  // namespace tix::gateway
