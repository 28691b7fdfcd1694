// Reading ID tokens of other issuers.
#include "identity.hpp"

#include <algorithm>

namespace tix::gateway {

namespace {

constexpr TokenKind kIdToken{.types = {"JWT", "JWT"}, .may_name_keys = true};
constexpr std::size_t kSubjectBytesMax = 255;

std::optional<std::string> text_of(const Json& payload, const std::string& name) {
    const std::string* text = name.empty() ? nullptr : string_member(payload, name);
    return text == nullptr ? std::nullopt : std::optional(*text);
}

// True as a boolean, or as some issuers write it.
bool is_true(const Json& payload, const std::string& name) {
    const auto found = name.empty() ? payload.end() : payload.find(name);
    return found != payload.end() && (*found == true || *found == "true");
}

// Whose client asked for the token, when it is for several (Core section 3.1.3.7, 4 and 5).
bool was_asked_by_us(const Json& payload, const std::vector<std::string>& audiences) {
    const Json& aud = payload.at("aud");
    if (!aud.is_array() || aud.size() == 1) return true;
    const std::optional<std::string> party = text_of(payload, "azp");
    return party && std::find(audiences.begin(), audiences.end(), *party) != audiences.end();
}

}  // namespace

std::optional<Identity> verify_identity(std::string_view token, const IssuerRules& rules,
                                        const KeySet& keys, std::int64_t now, std::string& why) {
    const auto refuse = [&why](const char* reason) {
        why = reason;
        return std::nullopt;
    };
    const std::optional<Json> payload = open_jws(token, keys, kIdToken, why);
    if (!payload) return std::nullopt;
    const std::optional<Lifetime> life = check_claims(*payload, rules.expected, now, why);
    if (!life) return std::nullopt;
    if (!was_asked_by_us(*payload, rules.expected.audiences)) return refuse("azp is another");
    if (payload->contains("events")) return refuse("it tells an event, not who signs in");
    if (!life->issued_at) return refuse("iat is missing");
    if (*life->issued_at > now + rules.expected.leeway_s) return refuse("iat is to come");
    if (now - *life->issued_at > rules.token_age_max_s + rules.expected.leeway_s)
        return refuse("the token was made too long ago");
    std::optional<std::string> subject = text_of(*payload, rules.subject_claim);
    if (!subject || subject->empty() || subject->size() > kSubjectBytesMax)
        return refuse("the claim of the subject is missing or too long");
    Identity identity{std::move(*subject), text_of(*payload, rules.email_claim),
                      text_of(*payload, rules.name_claim), false};
    identity.email_verified =
        identity.email && (rules.emails_are_verified || is_true(*payload, rules.verified_claim));
    return identity;
}

}  // namespace tix::gateway
