// One key of a set after the other. A key that cannot be used says why, by an exception that ends
// in the list of the ignored.
#include "jwks.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <stdexcept>

#include "../crypto/base64url.hpp"
#include "jws.hpp"

namespace tix::gateway {

namespace {

constexpr JsonLimits kLimits{.depth = 8, .elements = 20000};

// The members that only who signs may have (RFC 7518 sections 6.2.2, 6.3.2 and 6.4.1).
constexpr std::array<const char*, 8> kPrivateMembers = {"d",  "p",  "q",   "dp",
                                                        "dq", "qi", "oth", "k"};

[[noreturn]] void ignore(const std::string& reason) {
    throw std::invalid_argument(reason);
}

bool is_in(const std::vector<Alg>& allowed, Alg alg) {
    return std::find(allowed.begin(), allowed.end(), alg) != allowed.end();
}

std::string bytes_member(const Json& jwk, const char* name) {
    const std::string* text = string_member(jwk, name);
    const std::optional<std::string> bytes =
        text == nullptr ? std::nullopt : crypto::base64url_decode(*text);
    if (!bytes) ignore(std::string(name) + " is not base64url");
    return *bytes;
}

// The algorithms that a key of this type and curve can have.
std::vector<Alg> algs_of_kind(const Json& jwk) {
    const std::string* type = string_member(jwk, "kty");
    const std::string* curve = string_member(jwk, "crv");
    if (type == nullptr) ignore("kty is missing");
    if (*type == "RSA") return {Alg::RS256, Alg::PS256};
    if (*type == "EC" && curve != nullptr && *curve == "P-256") return {Alg::ES256};
    if (*type == "OKP" && curve != nullptr && *curve == "Ed25519") return {Alg::EdDSA};
    ignore("kty or crv is not one that is used here");
}

Alg alg_of_key(const Json& jwk, const std::vector<Alg>& allowed) {
    std::vector<Alg> possible = algs_of_kind(jwk);
    if (jwk.contains("alg")) {
        const std::string* name = string_member(jwk, "alg");
        const std::optional<Alg> alg = name == nullptr ? std::nullopt : alg_of(*name);
        if (!alg || !is_in(possible, *alg)) ignore("alg is not one of its kind");
        possible = {*alg};
    }
    std::erase_if(possible, [&](Alg alg) { return !is_in(allowed, alg); });
    if (possible.empty()) ignore("its algorithm is not allowed");
    if (possible.size() > 1) ignore("it has no alg, and more than one is allowed");
    return possible[0];
}

void check_use(const Json& jwk) {
    const std::string* use = string_member(jwk, "use");
    if (jwk.contains("use") && (use == nullptr || *use != "sig")) ignore("use is not sig");
    const auto operations = jwk.find("key_ops");
    if (operations == jwk.end()) return;
    if (!operations->is_array() ||
        std::find(operations->begin(), operations->end(), "verify") == operations->end())
        ignore("key_ops has no verify");
}

Key read_key(const Json& jwk, const std::vector<Alg>& allowed) {
    check_use(jwk);
    const Alg alg = alg_of_key(jwk, allowed);
    const std::string* kid = string_member(jwk, "kid");
    if (kid == nullptr) ignore("kid is missing");
    switch (alg) {
        case Alg::EdDSA:
            return Key::foreign(*kid, alg, crypto::PublicKey::from_raw(bytes_member(jwk, "x")));
        case Alg::ES256:
            return Key::foreign(
                *kid, alg,
                crypto::P256Key::from_raw(bytes_member(jwk, "x"), bytes_member(jwk, "y")));
        default:
            return Key::foreign(
                *kid, alg,
                crypto::RsaKey::from_raw(bytes_member(jwk, "n"), bytes_member(jwk, "e")));
    }
}

// The kid for a line of the log, whatever it is.
std::string shown_kid(const Json& jwk) {
    constexpr std::size_t kShown = 64;
    const std::string* kid = string_member(jwk, "kid");
    return kid == nullptr ? "(no kid)" : kid->substr(0, kShown);
}

void refuse_private(const Json& jwk) {
    if (!jwk.is_object()) throw std::invalid_argument("one of its keys is no object");
    for (const char* name : kPrivateMembers)
        if (jwk.contains(name))
            throw std::invalid_argument("its key " + shown_kid(jwk) + " is private or secret");
}

std::optional<Key> usable_key(const Json& jwk, const std::vector<Alg>& allowed,
                              std::vector<std::string>& ignored) {
    try {
        return read_key(jwk, allowed);
    } catch (const std::invalid_argument& why) {
        ignored.push_back(shown_kid(jwk) + ": " + why.what());
        return std::nullopt;
    }
}

}  // namespace

Jwks read_jwks(std::string_view text, const std::vector<Alg>& allowed, std::size_t keys_max) {
    std::string error;
    const std::optional<Json> set = parse_json(text, kLimits, error);
    if (!set) throw std::invalid_argument("it is no JSON: " + error);
    if (!set->is_object() || !set->contains("keys") || !set->at("keys").is_array())
        throw std::invalid_argument("it is no object with an array \"keys\"");
    const Json& keys = set->at("keys");
    if (keys.size() > keys_max)
        throw std::invalid_argument("it has more than " + std::to_string(keys_max) + " keys");
    Jwks read;
    std::set<std::string> kids;
    for (const Json& jwk : keys) {
        refuse_private(jwk);
        std::optional<Key> key = usable_key(jwk, allowed, read.ignored);
        if (!key) continue;
        if (!kids.insert(key->kid()).second)
            throw std::invalid_argument("two of its keys have the kid " + shown_kid(jwk));
        read.keys.push_back(std::move(*key));
    }
    if (!read.keys.empty()) return read;
    std::string reasons;
    for (const std::string& line : read.ignored)
        reasons += "; " + line;
    throw std::invalid_argument("no key of it can be used" + reasons);
}

}  // namespace tix::gateway
