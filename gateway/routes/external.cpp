// Signing in at another issuer: its ID token is exchanged for tokens of ours, or linked to an
// account that is there.
//
// It is exchanged and never taken as an access token: roles, suspensions and ids are in our
// database, so a token of ours is what every other route asks for, and only our key opens them.
#include <ctime>

#include "../log/log.hpp"
#include "../pipeline/answer.hpp"
#include "../pipeline/fields.hpp"
#include "routes.hpp"
#include "sign_in.hpp"

namespace tix::gateway {
namespace {

constexpr std::size_t kNameBytesMax = 200;  // the database takes 200 characters

struct Proof {
    std::string issuer;
    Identity identity;
};

[[noreturn]] void refuse(const Call& call, const std::string& issuer, const std::string& why) {
    log_info("external_token_refused",
             {{"requestId", call.request_id}, {"issuer", issuer}, {"reason", why}});
    throw ProblemError(make_problem("invalid_token"));
}

// Reads {issuer, token} and checks the token with that issuer's keys. The request names the issuer,
// not the token: nothing in a token decides by which keys it is judged.
Proof proof_of(Services& services, const Call& call) {
    Fields fields(call.body);
    const std::string name = fields.text("issuer", 1, kLabelBytes);
    const std::string token = fields.text("token", 1, kTokenBytesMax);
    fields.finish();
    const auto trust = services.keys.current();
    const auto found = trust->issuers.find(name);
    if (found == trust->issuers.end()) refuse(call, "", "no such issuer");
    std::string why;
    auto identity =
        verify_identity(token, found->second->rules, found->second->keys, std::time(nullptr), why);
    if (!identity) refuse(call, name, why);
    return {name, std::move(*identity)};
}

// A name that the database refuses, for its length or a control character, is none: it must not
// stand in the way of who signs in.
DbValue plain_name(const std::optional<std::string>& name) {
    if (!name || name->size() > kNameBytesMax) return std::nullopt;
    for (std::size_t i = 0; i < name->size(); ++i) {
        const std::string_view rest = std::string_view(*name).substr(i);
        const auto first = static_cast<unsigned char>(rest[0]);
        const bool is_c1 =
            rest.size() > 1 && rest[0] == '\xC2' && static_cast<unsigned char>(rest[1]) < 0xA0;
        if (first < 0x20 || first == 0x7F || is_c1 || rest.starts_with("\u2028") ||
            rest.starts_with("\u2029"))
            return std::nullopt;
    }
    return name;
}

}  // namespace

HttpResponse login_external(Services& services, Call& call) {
    const Proof proof = proof_of(services, call);
    const Identity& who = proof.identity;
    try {
        const DbResult row = services.db.write(
            "SELECT * FROM tix.tix_login_external($1::text, $2::text, $3::text, $4::boolean, "
            "$5::text)",
            {proof.issuer, who.subject, who.email, who.email_verified ? "true" : "false",
             plain_name(who.name)});
        return sign_in(services, call,
                       {std::string(row.text(0, 0)), std::string(row.text(0, 1)),
                        std::string(row.text(0, 2)), std::string(row.text(0, 3))});
    } catch (const DbError& error) {
        if (error.sqlstate == "23505") throw ProblemError(make_problem("email_taken"));
        if (error.sqlstate == "P0002") refuse(call, proof.issuer, "the user is not active");
        throw;
    }
}

HttpResponse link_external(Services& services, Call& call) {
    const Proof proof = proof_of(services, call);
    try {
        services.db.write("SELECT * FROM tix.tix_link_external($1::uuid, $2::text, $3::text)",
                          {call.user_id(), proof.issuer, proof.identity.subject});
    } catch (const DbError& error) {
        if (error.sqlstate == "P0002") throw ProblemError(make_problem("unauthorized"));
        throw;
    }
    HttpResponse response;
    response.status = 204;
    return response;
}

HttpResponse list_external(Services& services, Call& call) {
    const DbResult rows =
        services.db.read("SELECT * FROM tix.tix_list_external($1::uuid)", {call.user_id()});
    Json logins = Json::array();
    for (int i = 0; i < rows.rows(); ++i)
        logins.push_back({{"issuer", rows.text(i, 0)},
                          {"subject", rows.text(i, 1)},
                          {"linkedAt", rows.time(i, 2)},
                          {"lastLoginAt", rows.null(i, 3) ? Json() : Json(rows.time(i, 3))}});
    return answer(call, std::move(logins));
}

HttpResponse unlink_external(Services& services, Call& call) {
    Fields fields(call.body);
    const std::string issuer = fields.text("issuer", 1, kLabelBytes);
    const std::string subject = fields.text("subject", 1, kLabelBytes);
    fields.finish();
    const DbResult row =
        services.db.write("SELECT * FROM tix.tix_unlink_external($1::uuid, $2::text, $3::text)",
                          {call.user_id(), issuer, subject});
    if (!row.flag(0, 0)) throw ProblemError(make_problem("not_found"));
    HttpResponse response;
    response.status = 204;
    return response;
}

}  // namespace tix::gateway
