// Accounts and tokens: register, login, refresh, logout.
#include <ctime>

#include "../crypto/base64url.hpp"
#include "../crypto/random.hpp"
#include "../crypto/sha256.hpp"
#include "../pipeline/answer.hpp"
#include "../pipeline/fields.hpp"
#include "routes.hpp"
#include "sign_in.hpp"

namespace tix::gateway {
namespace {

constexpr std::size_t kEmailBytes = 254;      // RFC 5321 4.5.3.1.3, less the brackets
constexpr std::size_t kPasswordShortest = 8;  // NIST SP 800-63B 5.1.1.1
constexpr std::size_t kPasswordLongest = 128;
constexpr std::size_t kRefreshTokenBytes = 32;
constexpr std::size_t kRefreshTokenTextMax = 64;

Json user_json(const User& user) {
    Json json = {{"userId", user.id}, {"email", user.email}, {"role", user.role}};
    json["displayName"] = user.display_name.empty() ? Json() : Json(user.display_name);
    return json;
}

std::string seconds(std::int64_t count) {
    return std::to_string(count) + " seconds";
}

std::string hash_of(const std::string& token) {
    crypto::Sha256 digest;
    digest.update(token.data(), token.size());
    return "\\x" + digest.hex();
}

HttpResponse tokens(Services& services, const Call& call, const User& user,
                    const std::string& refresh_token) {
    const auto& auth = services.config.auth;
    const std::int64_t now = std::time(nullptr);
    const Claims claims{user.id, user.role, now, now + auth.access_ttl_s};
    const auto trust = services.keys.current();
    return answer(call,
                  {{"accessToken", mint(claims, *trust->own->signer, auth.issuer, auth.audience)},
                   {"tokenType", "Bearer"},
                   {"expiresIn", auth.access_ttl_s},
                   {"refreshToken", refresh_token},
                   {"refreshExpiresIn", auth.refresh_ttl_s},
                   {"user", user_json(user)}});
}

std::string new_refresh_token() {
    return crypto::base64url_encode(crypto::random_bytes(kRefreshTokenBytes));
}

}  // namespace

HttpResponse sign_in(Services& services, const Call& call, const User& user) {
    const std::string token = new_refresh_token();
    services.db.write(
        "SELECT * FROM tix.tix_issue_refresh_token($1::uuid, $2::bytea, $3::interval)",
        {user.id, hash_of(token), seconds(services.config.auth.refresh_ttl_s)});
    return tokens(services, call, user, token);
}

HttpResponse register_user(Services& services, Call& call) {
    Fields fields(call.body);
    const std::string email = fields.text("email", 3, kEmailBytes);
    const std::string password = fields.text("password", kPasswordShortest, kPasswordLongest);
    const auto display_name = fields.optional_text("displayName", kLabelBytes);
    fields.finish();
    const std::string hash = services.passwords.hash(password);
    try {
        const DbResult row =
            services.db.write("SELECT * FROM tix.tix_register_user($1::text, $2::text, $3::text)",
                              {email, hash, display_name});
        return answer(
            call,
            user_json({std::string(row.text(0, 0)), email, display_name.value_or(""), "buyer"}),
            201);
    } catch (const DbError& error) {
        if (error.sqlstate == "23505") throw ProblemError(make_problem("email_taken"));
        throw;
    }
}

HttpResponse login(Services& services, Call& call) {
    Fields fields(call.body);
    const std::string email = fields.text("email", 1, kEmailBytes);
    const std::string password = fields.text("password", 1, kPasswordLongest);
    fields.finish();
    const DbResult found =
        services.db.read("SELECT * FROM tix.tix_get_credentials($1::text)", {email});
    const bool known = found.rows() == 1 && !found.null(0, 4);
    const bool right = known ? services.passwords.verify(password, std::string(found.text(0, 4)))
                             : services.passwords.verify_nobody(password);
    if (!right || found.text(0, 5) != "active")
        throw ProblemError(make_problem("invalid_credentials"));
    return sign_in(services, call,
                   {std::string(found.text(0, 0)), std::string(found.text(0, 1)),
                    std::string(found.text(0, 2)), std::string(found.text(0, 3))});
}

HttpResponse refresh(Services& services, Call& call) {
    Fields fields(call.body);
    const std::string old_token = fields.text("refreshToken", 1, kRefreshTokenTextMax);
    fields.finish();
    const std::string token = new_refresh_token();
    const DbResult found = services.db.write(
        "SELECT * FROM tix.tix_rotate_refresh_token($1::bytea, $2::bytea, $3::interval)",
        {hash_of(old_token), hash_of(token), seconds(services.config.auth.refresh_ttl_s)});
    if (found.rows() == 0) throw ProblemError(make_problem("invalid_token"));
    const User user{std::string(found.text(0, 0)), std::string(found.text(0, 1)),
                    std::string(found.text(0, 2)), std::string(found.text(0, 3))};
    return tokens(services, call, user, token);
}

HttpResponse logout(Services& services, Call& call) {
    Fields fields(call.body);
    const std::string token = fields.text("refreshToken", 1, kRefreshTokenTextMax);
    fields.finish();
    services.db.write("SELECT * FROM tix.tix_revoke_refresh_token($1::bytea)", {hash_of(token)});
    HttpResponse response;
    response.status = 204;
    return response;
}

}  // namespace tix::gateway
