// Opening a token, in the order in which nothing unproven is believed: size, parts, header, key,
// signature, payload.
#include "jws.hpp"

#include <algorithm>
#include <array>

#include "../crypto/base64url.hpp"

namespace tix::gateway {

namespace {

constexpr JsonLimits kHeaderLimits{.depth = 4, .elements = 64};
constexpr JsonLimits kPayloadLimits{.depth = 8, .elements = 512};  // other issuers list groups
constexpr std::int64_t kTimeMax = 253'402'300'799;  // the last second of the year 9999

// Members of a header that change what is signed or read, and those that bring a key or name a
// place to fetch one: nobody looks at these.
constexpr std::array<std::string_view, 4> kChanging = {"crit", "b64", "zip", "enc"};
constexpr std::array<std::string_view, 4> kNamingKeys = {"jku", "x5u", "jwk", "x5c"};

// The three parts of "header.payload.signature", still encoded.
struct Parts {
    std::string_view header;
    std::string_view payload;
    std::string_view signature;
    std::string_view signed_text;  // header and payload with the dot between them
};

std::optional<Parts> split(std::string_view token) {
    if (std::count(token.begin(), token.end(), '.') != 2) return std::nullopt;
    const std::size_t first = token.find('.');
    const std::size_t last = token.rfind('.');
    return Parts{token.substr(0, first), token.substr(first + 1, last - first - 1),
                 token.substr(last + 1), token.substr(0, last)};
}

std::optional<Json> decode_object(std::string_view part, const JsonLimits& limits) {
    const std::optional<std::string> text = crypto::base64url_decode(part);
    if (!text) return std::nullopt;
    std::string error;
    std::optional<Json> json = parse_json(*text, limits, error);
    if (!json || !json->is_object()) return std::nullopt;
    return json;
}

bool has(const Json& object, const char* name, std::string_view value) {
    const std::string* text = string_member(object, name);
    return text != nullptr && *text == value;
}

// The key that the header names; null, with the reason, when the header may not be trusted.
const Key* find_key(const Json& header, const KeySet& keys, const TokenKind& kind,
                    std::string& why) {
    const auto refused = [&](const auto& names) {
        for (const std::string_view name : names) {
            if (!header.contains(name)) continue;
            why = "the header has a refused member: " + std::string(name);
            return true;
        }
        return false;
    };
    if (refused(kChanging) || (!kind.may_name_keys && refused(kNamingKeys))) return nullptr;
    if (header.contains("typ") && !has(header, "typ", kind.types[0]) &&
        !has(header, "typ", kind.types[1])) {
        why = "typ is not that of such a token";
        return nullptr;
    }
    const std::string* kid = string_member(header, "kid");
    const Key* key = kid == nullptr ? nullptr : keys.find(*kid);
    if (key == nullptr) {
        why = "kid is missing or unknown";
        return nullptr;
    }
    if (!has(header, "alg", key->alg_name())) {
        why = "alg is not that of key " + key->kid();
        return nullptr;
    }
    return key;
}

// The time member `name`. `ok` turns false when it is there and not a whole second of our era.
std::optional<std::int64_t> time_member(const Json& object, const char* name, bool& ok) {
    const auto found = object.find(name);
    if (found == object.end()) return std::nullopt;
    const auto* value = found->get_ptr<const std::int64_t*>();
    if (value != nullptr && *value >= 0 && *value <= kTimeMax) return *value;
    ok = false;
    return std::nullopt;
}

// A string that is an audience of ours, or an array of strings that has one.
bool is_for(const Json& payload, const std::vector<std::string>& audiences) {
    const auto is_ours = [&](const Json& one) {
        const auto* text = one.get_ptr<const std::string*>();
        return std::find(audiences.begin(), audiences.end(), *text) != audiences.end();
    };
    const auto found = payload.find("aud");
    if (found == payload.end()) return false;
    if (!found->is_array()) return found->is_string() && is_ours(*found);
    return std::all_of(found->begin(), found->end(), [](auto& one) { return one.is_string(); }) &&
           std::any_of(found->begin(), found->end(), is_ours);
}

}  // namespace

const std::string* string_member(const Json& object, const std::string& name) {
    const auto found = object.find(name);
    return found == object.end() ? nullptr : found->get_ptr<const std::string*>();
}

std::optional<Json> open_jws(std::string_view token, const KeySet& keys, const TokenKind& kind,
                             std::string& why) {
    const auto refuse = [&why](const char* reason) {
        why = reason;
        return std::nullopt;
    };
    if (token.size() > kTokenBytesMax) return refuse("the token is longer than 4096 bytes");
    const std::optional<Parts> parts = split(token);
    if (!parts) return refuse("the token has not three parts");
    const std::optional<Json> header = decode_object(parts->header, kHeaderLimits);
    if (!header) return refuse("the header is not an object in base64url");
    const Key* key = find_key(*header, keys, kind, why);
    if (key == nullptr) return std::nullopt;
    const std::optional<std::string> signature = crypto::base64url_decode(parts->signature);
    if (!signature || !key->verify(parts->signed_text, *signature))
        return refuse("the signature is wrong");
    std::optional<Json> payload = decode_object(parts->payload, kPayloadLimits);
    if (!payload) return refuse("the payload is not an object in base64url");
    return payload;
}

std::optional<Lifetime> check_claims(const Json& payload, const Expectation& expected,
                                     std::int64_t now, std::string& why) {
    const auto refuse = [&why](const char* reason) {
        why = reason;
        return std::nullopt;
    };
    if (!has(payload, "iss", expected.issuer)) return refuse("iss is missing or another");
    if (!is_for(payload, expected.audiences)) return refuse("aud is missing or another");
    bool ok = true;
    const std::optional<std::int64_t> expires = time_member(payload, "exp", ok);
    const std::optional<std::int64_t> not_before = time_member(payload, "nbf", ok);
    const std::optional<std::int64_t> issued = time_member(payload, "iat", ok);
    if (!ok) return refuse("exp, nbf or iat is not a time");
    if (!expires) return refuse("exp is missing");
    if (now >= *expires + expected.leeway_s) return refuse("the token has expired");
    if (not_before && now < *not_before - expected.leeway_s)
        return refuse("the token is not valid yet");
    return Lifetime{issued, *expires};
}

}  // namespace tix::gateway
