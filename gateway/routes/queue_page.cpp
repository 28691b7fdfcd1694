// The waiting page for browsers without scripts. The token of a place arrives once in the query,
// from the shop that joined on behalf of its customer, and then lives in a cookie of this page.
#include <algorithm>

#include "../pipeline/fields.hpp"
#include "../queue/page.hpp"
#include "routes.hpp"
#include "shared.hpp"

namespace tix::gateway {
namespace {

constexpr char kCookie[] = "tix_queue";
constexpr char kSessionHole[] = "{session}";
constexpr std::int64_t kReloadMin = 5;  // seconds; a page is to be read
constexpr int kForbidden = 403;
constexpr int kNotFound = 404;
constexpr int kUnavailable = 503;

std::string entrance(const Services& services, const std::string& session) {
    std::string target = services.config.queue.entrance;
    const auto hole = target.find(kSessionHole);
    if (hole != std::string::npos) target.replace(hole, sizeof kSessionHole - 1, session);
    return target;
}

HttpResponse shown(const Call& call, const WaitingPage& page, int status) {
    const Language language = language_of(call.http.header("accept-language"));
    HttpResponse response;
    response.status = status;
    response.content_type = "text/html; charset=utf-8";
    response.body = waiting_page(page, language);
    response.headers = {{"Content-Language", std::string(language_tag(language))},
                        {"Vary", "Accept-Language, Cookie"}};
    if (status == kUnavailable) response.headers.emplace_back("Retry-After", "1");
    return response;
}

int status_of(PageKind kind) {
    switch (kind) {
        case PageKind::kBadToken:
            return kForbidden;
        case PageKind::kNoRoom:
            return kNotFound;
        case PageKind::kUnavailable:
            return kUnavailable;
        default:
            return 200;
    }
}

void tell_standing(WaitingPage& page, const Board& board, const QueueTicket& ticket,
                   const PollPauses& pauses) {
    const Standing standing = standing_of(board, ticket.join_no, pauses);
    page.ahead = standing.ahead.value_or(0);
    page.eta_s = standing.eta_s;
    page.claim_within_s = board.grace_s;
    if (standing.turn != Turn::kClosed && standing.turn != Turn::kLapsed)
        page.reload_s = std::max(standing.poll_after_s, kReloadMin);
    if (standing.turn == Turn::kClosed) {
        page.kind = PageKind::kClosed;
    } else if (standing.turn == Turn::kCalled) {
        page.kind = PageKind::kCalled;
    } else if (standing.turn == Turn::kLapsed) {
        page.kind = PageKind::kLapsed;
    } else if (!standing.place) {
        page.kind = PageKind::kBeforeDraw;
        if (board.opens_in_s > 0) page.eta_s = board.opens_in_s;
    } else {
        page.kind = board.state == "paused" ? PageKind::kPaused : PageKind::kWaiting;
    }
}

WaitingPage page_of(const Services& services, const std::string& session, std::string_view token) {
    WaitingPage page;
    page.entrance = entrance(services, session);
    const PollPauses pauses{services.config.queue.poll_min_s, services.config.queue.poll_max_s};
    std::shared_ptr<const Boards> boards;
    try {
        boards = services.queues.boards();
    } catch (const ProblemError&) {
        page.kind = PageKind::kUnavailable;
        page.reload_s = pauses.max_s;
        return page;
    }
    const Board* board = boards->of_session(session);
    if (board == nullptr) {
        page.kind = PageKind::kNoRoom;
        return page;
    }
    page.event_name = board->event_name;
    if (token.empty()) {
        page.kind = board->state == "closed" ? PageKind::kClosed : PageKind::kStranger;
        page.waiting = std::max<std::int64_t>(board->waiting(), 0);
        return page;
    }
    const auto ticket = read_queue_token(token, boards->keys);
    const Board* own = ticket ? boards->of_queue(ticket->queue_id) : nullptr;
    if (own == nullptr || own->session_id != session)
        page.kind = PageKind::kBadToken;
    else
        tell_standing(page, *own, *ticket, pauses);
    return page;
}

// The cookie is for this page alone, not for its scripts and not for other sites.
HttpResponse keep_token(const Services& services, const Call& call, const std::string& session,
                        const std::string& token) {
    WaitingPage page = page_of(services, session, token);
    if (page.kind == PageKind::kBadToken || page.kind == PageKind::kNoRoom ||
        page.kind == PageKind::kUnavailable)
        return shown(call, page, status_of(page.kind));
    const std::string where = "/queue/" + session;
    const bool secure = call.http.header("x-forwarded-proto") == "https";
    HttpResponse response;
    response.status = 303;
    response.headers = {
        {"Location", where},
        {"Set-Cookie", std::string(kCookie) + "=" + token + "; Path=" + where +
                           "; HttpOnly; SameSite=Lax" + (secure ? "; Secure" : "")}};
    return response;
}

}  // namespace

HttpResponse queue_page(Services& services, Call& call) {
    const std::string session = call.id("sessionId");
    if (const auto token = call.query_value("token"); token && !token->empty())
        return keep_token(services, call, session, *token);
    const WaitingPage page =
        page_of(services, session, cookie(call.http.header("cookie"), kCookie));
    return shown(call, page, status_of(page.kind));
}

HttpResponse claim_on_page(Services& services, Call& call) {
    const std::string session = call.id("sessionId");
    const std::string_view token = cookie(call.http.header("cookie"), kCookie);
    WaitingPage page = page_of(services, session, token);
    if (page.kind == PageKind::kCalled || page.kind == PageKind::kLapsed) {
        try {
            const DbResult row =
                services.db.write("SELECT * FROM tix.tix_claim_place($1::uuid, $2::text)",
                                  {session, std::string(token)});
            page.kind = PageKind::kAdmitted;
            page.admitted_until = row.time(0, 1);
            page.reload_s = 0;
        } catch (const DbError& error) {
            if (error.kind == DbError::Kind::kStatement && error.sqlstate != "TX011") throw;
            page.kind = error.kind == DbError::Kind::kStatement ? PageKind::kLapsed
                                                                : PageKind::kUnavailable;
        }
    }
    return shown(call, page, status_of(page.kind));
}

}  // namespace tix::gateway
