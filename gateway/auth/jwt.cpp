// Reading and writing of access tokens.
#include "jwt.hpp"

#include <algorithm>
#include <iterator>

#include "../base/text.hpp"
#include "../crypto/base64url.hpp"

namespace tix::gateway {

namespace {

constexpr TokenKind kAccessToken{.types = {"JWT", "at+jwt"}, .may_name_keys = false};

}  // namespace

bool is_role(std::string_view role) {
    static constexpr std::string_view kRoles[] = {"buyer", "organizer", "box_office", "gate",
                                                  "admin"};
    return std::find(std::begin(kRoles), std::end(kRoles), role) != std::end(kRoles);
}

std::optional<Claims> verify(std::string_view token, const KeySet& keys,
                             const Expectation& expected, std::int64_t now, std::string& why) {
    const auto refuse = [&why](const char* reason) {
        why = reason;
        return std::nullopt;
    };
    const std::optional<Json> payload = open_jws(token, keys, kAccessToken, why);
    if (!payload) return std::nullopt;
    const std::optional<Lifetime> life = check_claims(*payload, expected, now, why);
    if (!life) return std::nullopt;
    const std::string* subject = string_member(*payload, "sub");
    if (subject == nullptr || !is_uuid(*subject)) return refuse("sub is not a uuid");
    const std::string* role = string_member(*payload, "role");
    if (role == nullptr || !is_role(*role)) return refuse("role is missing or unknown");
    return Claims{*subject, *role, life->issued_at.value_or(0), life->expires_at};
}

std::string mint(const Claims& claims, const Key& key, std::string_view issuer,
                 std::string_view audience) {
    const Json header = {{"alg", key.alg_name()}, {"kid", key.kid()}, {"typ", "JWT"}};
    const Json payload = {{"iss", issuer},           {"aud", audience},
                          {"sub", claims.subject},   {"role", claims.role},
                          {"iat", claims.issued_at}, {"exp", claims.expires_at}};
    const std::string text =
        crypto::base64url_encode(header.dump()) + "." + crypto::base64url_encode(payload.dump());
    return text + "." + crypto::base64url_encode(key.sign(text));
}

}  // namespace tix::gateway
