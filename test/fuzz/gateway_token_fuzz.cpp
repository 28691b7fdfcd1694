// Access tokens, webhook signatures, base64url, and the strict readings of text: none
// passes that was not made with the key, and what is decoded encodes to the same again.
#include "auth/jwt.hpp"
#include "base/text.hpp"
#include "crypto/base64url.hpp"
#include "dice.hpp"
#include "providers/signature.hpp"

namespace {

using namespace tix;
using fuzz::require;

constexpr std::int64_t kNow = 1'700'000'000;
const std::string kSecret = "0123456789abcdef0123456789abcdef";

const crypto::PrivateKey& signer() {
    static const auto kKey = crypto::PrivateKey::from_raw(std::string(32, 'k'));
    return kKey;
}

// The fuzzer writes header and payload; with half of them it gets a right signature.
void check_token(fuzz::Dice& dice) {
    static const gateway::KeySet kKeys(
        {gateway::Key::hs256("main", kSecret), gateway::Key::eddsa("ed", signer().pem())});
    static const gateway::Key kMain = gateway::Key::hs256("main", kSecret);
    std::string token = dice.rest();
    const bool sealed = !token.empty() && token[0] == 'S';
    if (sealed) {
        token.erase(0, 1);
        const std::size_t dot = token.find('.');
        if (dot == std::string::npos) return;
        token = crypto::base64url_encode(token.substr(0, dot)) + "." +
                crypto::base64url_encode(token.substr(dot + 1));
        token += "." + crypto::base64url_encode(kMain.sign(token));
    }
    std::string why;
    const auto claims = gateway::verify(token, kKeys, {"tix", {"tix"}, 0}, kNow, why);
    if (!claims) return;
    require(sealed, "no token passes that was not signed");
    require(gateway::is_uuid(claims->subject) && gateway::is_role(claims->role),
            "claims are of their kinds");
    require(claims->expires_at > kNow, "a token that passes is alive");
}

void check_texts(fuzz::Dice& dice) {
    const std::string text = dice.rest();
    if (const auto bytes = crypto::base64url_decode(text))
        require(crypto::base64url_encode(*bytes) == text, "base64url has one form");
    if (const auto number = gateway::parse_int64(text))
        require(std::to_string(*number) == text, "a number has one form");
    if (const auto bytes = gateway::uuid_bytes(text))
        require(gateway::uuid_text(*bytes).size() == text.size(), "a uuid has one length");
    std::string decoded;
    if (gateway::percent_decode(text, decoded))
        require(decoded.size() <= text.size(), "percent-decoding does not grow");
    (void)gateway::is_utf8(text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Dice dice(data, size);
    std::string why;
    switch (dice.byte() % 3) {
        case 0:
            check_token(dice);
            break;
        case 1:
            check_texts(dice);
            break;
        default:
            require(!gateway::verify_signature(dice.rest(), "body", kSecret, kNow, why),
                    "no signature is guessed");
    }
    return 0;
}
