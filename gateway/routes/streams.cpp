// Who may follow a user's stream at the edge: the user, by token or by ticket.
//
// A browser's EventSource sends no headers of its own, so it shows a ticket in the query: a token
// of another audience, good for this alone and for a minute.
#include <ctime>

#include "../base/text.hpp"
#include "routes.hpp"
#include "shared.hpp"

namespace tix::gateway {
namespace {

// An access token is no ticket, and a ticket no access token.
std::string ticket_audience(const Config& config) {
    return config.auth.audience + "/stream";
}

// As paths and the database write it: in lower case.
std::string lower(const std::string& user_id) {
    return uuid_text(*uuid_bytes(user_id));
}

// The user who shows this request's token or ticket.
std::string follower(Services& services, const Call& call) {
    if (call.user) return lower(call.user_id());
    const std::string ticket = call.query_value("ticket").value_or("");
    if (ticket.empty()) throw ProblemError(make_problem("unauthorized"));
    std::string why;
    const auto trust = services.keys.current();
    const auto claims = verify(ticket, trust->own->keys,
                               {services.config.auth.issuer, {ticket_audience(services.config)}},
                               std::time(nullptr), why);
    if (!claims) throw ProblemError(make_problem("invalid_token"));
    return lower(claims->subject);
}

}  // namespace

HttpResponse make_stream_ticket(Services& services, Call& call) {
    const auto& auth = services.config.auth;
    const std::int64_t now = std::time(nullptr);
    const Claims claims{call.user_id(), call.user->role, now, now + auth.stream_ticket_ttl_s};
    const auto trust = services.keys.current();
    const std::string ticket =
        mint(claims, *trust->own->signer, auth.issuer, ticket_audience(services.config));
    return answer(
        call,
        {{"ticket", ticket},
         {"expiresIn", auth.stream_ticket_ttl_s},
         {"streamUrl", "/v1/users/" + lower(call.user_id()) + "/stream?ticket=" + ticket}},
        201);
}

HttpResponse admit_stream(Services& services, Call& call) {
    const std::string user = call.id("userId");
    if (follower(services, call) != user) throw ProblemError(make_problem("not_found"));
    services.news.expect(user);
    HttpResponse response;
    response.status = 204;
    return response;
}

}  // namespace tix::gateway
