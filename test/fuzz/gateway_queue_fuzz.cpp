// What strangers send to a waiting room: tokens, cookies, wishes for a language, names on the page.
// No token passes that was not sealed, one that passes says what it was sealed with, and nothing
// gets into the page unescaped.
#include <algorithm>

#include "crypto/base64url.hpp"
#include "crypto/hmac.hpp"
#include "dice.hpp"
#include "queue/page.hpp"
#include "queue/token.hpp"

namespace {

using namespace tix;
using fuzz::require;

constexpr std::size_t kSaid = 14;
constexpr std::size_t kSealed = 30;
const std::string kKey(32, 'k');

// The fuzzer writes the token; half of them say what it wants under the right seal.
void check_token(fuzz::Dice& dice) {
    static const gateway::QueueKeys kKeys{{1, kKey}, {0x4b4b, kKey}};
    const bool sealed = dice.byte() % 2 == 1;
    std::string token = dice.rest();
    std::string bytes;
    if (sealed) {
        bytes = token.substr(0, kSealed);
        bytes.resize(kSealed, 'x');
        token = "TQ2." + crypto::base64url_encode(
                             bytes + crypto::hmac_sha256(kKey, "TQ2." + bytes).substr(0, 12));
    }
    const auto ticket = gateway::read_queue_token(token, kKeys);
    if (!ticket) return;
    require(sealed, "no token passes that was not sealed");
    require(ticket->queue_id > 0 && ticket->join_no > 0, "queue and number are positive");
    std::string said;
    for (int shift = 8; shift >= 0; shift -= 8)
        said += static_cast<char>(ticket->key_id >> shift & 255);
    for (int shift = 24; shift >= 0; shift -= 8)
        said += static_cast<char>(ticket->queue_id >> shift & 255);
    for (int shift = 56; shift >= 0; shift -= 8)
        said += static_cast<char>(ticket->join_no >> shift & 255);
    require(said == bytes.substr(0, kSaid), "a token says what was sealed");
    token.back() = static_cast<char>(token.back() ^ 1);
    require(!gateway::read_queue_token(token, kKeys), "a token has one form");
}

void check_headers(fuzz::Dice& dice) {
    const std::string header = dice.rest();
    (void)gateway::language_of(header);
    const std::string_view value = gateway::cookie(header, "tix_queue");
    require(value.empty() || header.find("tix_queue=") != std::string::npos,
            "a cookie is found by its name");
}

void check_page(fuzz::Dice& dice) {
    gateway::WaitingPage page;
    page.kind = static_cast<gateway::PageKind>(dice.byte() % 11);
    const auto language = static_cast<gateway::Language>(dice.byte() % 3);
    page.waiting = static_cast<std::int64_t>(dice.number<std::uint64_t>());
    page.ahead = static_cast<std::int64_t>(dice.number<std::uint64_t>());
    page.eta_s = static_cast<std::int64_t>(dice.number<std::uint64_t>());
    page.claim_within_s = static_cast<std::int64_t>(dice.number<std::uint64_t>());
    page.reload_s = dice.byte();
    const std::string plain = gateway::waiting_page(page, language);
    page.event_name = dice.text(100);
    page.admitted_until = dice.text(40);
    page.entrance = dice.rest();
    const std::string text = gateway::waiting_page(page, language);
    const auto tags = [](const std::string& of) { return std::count(of.begin(), of.end(), '<'); };
    // The name stands in a paragraph of its own: four tags more.
    require(tags(text) == tags(plain) + (page.event_name.empty() ? 0 : 4),
            "no text of others is a tag");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Dice dice(data, size);
    switch (dice.byte() % 3) {
        case 0:
            check_token(dice);
            break;
        case 1:
            check_headers(dice);
            break;
        default:
            check_page(dice);
    }
    return 0;
}
