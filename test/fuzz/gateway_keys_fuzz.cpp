// Key sets of other issuers and their ID tokens: what is read from a file can verify, and nobody
// signs in whom no key has signed.
#include <algorithm>

#include "auth/identity.hpp"
#include "auth/jwks.hpp"
#include "crypto/base64url.hpp"
#include "dice.hpp"

namespace {

using namespace tix;
using namespace tix::gateway;
using fuzz::require;

constexpr std::int64_t kNow = 1'700'000'000;
constexpr std::size_t kKeysMax = 8;

const crypto::PrivateKey& signer() {
    static const auto kKey = crypto::PrivateKey::from_raw(std::string(32, 'k'));
    return kKey;
}

void check_set(fuzz::Dice& dice) {
    const std::string text = dice.rest();
    try {
        const Jwks set =
            read_jwks(text, {Alg::RS256, Alg::PS256, Alg::ES256, Alg::EdDSA}, kKeysMax);
        require(!set.keys.empty() && set.keys.size() + set.ignored.size() <= kKeysMax,
                "a set has a key, and not too many");
        const KeySet keys(set.keys);
        for (const Key& key : set.keys) {
            require(!key.can_sign() && !key.kid().empty(), "a key of theirs has a name");
            require(!key.verify("text", std::string(64, 'x')) && !key.verify("text", text),
                    "no signature is guessed");
        }
    } catch (const std::invalid_argument& why) {
        require(std::string_view(why.what()).find('\n') == std::string_view::npos,
                "who is refused is told why, in one line");
    }
}

// The fuzzer writes header and payload; with half of them it gets a right signature.
void check_identity(fuzz::Dice& dice) {
    static const KeySet kKeys({Key::foreign("ed", Alg::EdDSA, signer().public_key())});
    static const IssuerRules kRules = [] {
        IssuerRules rules;
        rules.expected = {"https://idp", {"web", "app"}, 30};
        return rules;
    }();
    std::string token = dice.rest();
    const bool sealed = !token.empty() && token[0] == 'S';
    if (sealed) {
        const std::size_t tab = token.find('\t');
        if (tab == std::string::npos) return;
        token = crypto::base64url_encode(token.substr(1, tab - 1)) + "." +
                crypto::base64url_encode(token.substr(tab + 1));
        token += "." + crypto::base64url_encode(signer().sign(token));
    }
    std::string why;
    const auto identity = verify_identity(token, kRules, kKeys, kNow, why);
    require(identity.has_value() == why.empty(), "who is refused has a reason");
    require(why.find('\n') == std::string::npos, "in one line");
    if (!identity) return;
    require(sealed, "no token passes that was not signed");
    require(!identity->subject.empty() && identity->subject.size() <= 255, "a subject is short");
    require(!identity->email_verified || identity->email, "only an address is verified");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Dice dice(data, size);
    if (dice.byte() % 2 == 0)
        check_set(dice);
    else
        check_identity(dice);
    return 0;
}
