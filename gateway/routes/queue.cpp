// The waiting room for buyers: join, poll, claim, leave. Polls are answered from memory.
#include <algorithm>

#include "../pipeline/fields.hpp"
#include "routes.hpp"
#include "shared.hpp"

namespace tix::gateway {
namespace {

constexpr std::size_t kTokenBytes = 200;  // more than a token has: the database tells a wrong one
// For the edge, which says no-store to everybody behind it.
constexpr char kBoardKept[] = "max-age=1, stale-while-revalidate=2";
constexpr char kTokenHeader[] = "tix-queue-token";

PollPauses pauses(const Services& services) {
    return {services.config.queue.poll_min_s, services.config.queue.poll_max_s};
}

Json board_json(const Services& services, const Board& board) {
    return {{"sessionId", board.session_id},
            {"state", board.state},
            {"mode", board.random ? "random" : "fifo"},
            {"opensAt", board.opens_at},
            {"serving", board.serving},
            {"lapsed", board.lapsed},
            {"waiting", std::max<std::int64_t>(board.waiting(), 0)},
            {"pace", board.pace},
            {"claimWithinSeconds", board.grace_s},
            {"drawn", board.drawn < 0 ? Json() : Json(board.drawn)},
            {"asOf", board.as_of},
            {"pollAfterSeconds", poll_after(board, pauses(services))}};
}

template <typename Number>
Json maybe(const std::optional<Number>& number) {
    return number ? Json(*number) : Json();
}

[[noreturn]] void refuse_token() {
    throw ProblemError(
        make_problem("TX011", "queue token is not valid. Join the waiting room again."));
}

}  // namespace

HttpResponse join_queue(Services& services, Call& call) {
    const std::string session = call.id("sessionId");
    const DbResult row = services.db.write("SELECT * FROM tix.tix_join_queue($1::uuid, $2::uuid)",
                                           {session, call.user_id()});
    return answer(call, {{"sessionId", session},
                         {"token", row.text(0, 0)},
                         {"place", row.null(0, 1) ? Json() : Json(row.number(0, 1))},
                         {"ahead", row.null(0, 2) ? Json() : Json(row.number(0, 2))},
                         {"state", row.text(0, 3)}});
}

HttpResponse queue_status(Services& services, Call& call) {
    const std::string session = call.id("sessionId");
    if (!call.query.empty()) {
        Problem problem = make_problem("validation", "The token goes into Tix-Queue-Token.");
        problem.errors.push_back({call.query.front().first, "is not known here"});
        throw ProblemError(std::move(problem));
    }
    const auto boards = services.queues.boards();
    const std::string_view token = call.http.header(kTokenHeader);
    if (token.empty()) {
        const Board* board = boards->of_session(session);
        if (board == nullptr) throw ProblemError(make_problem("not_found"));
        HttpResponse response = answer(call, board_json(services, *board));
        response.headers.emplace_back("Cache-Control", kBoardKept);
        return response;
    }
    const auto ticket = read_queue_token(token, boards->keys);
    const Board* board = ticket ? boards->of_queue(ticket->queue_id) : nullptr;
    if (board == nullptr || board->session_id != session) refuse_token();
    const Standing standing = standing_of(*board, ticket->join_no, pauses(services));
    Json data = board_json(services, *board);
    data["turn"] = turn_name(standing.turn);
    data["place"] = maybe(standing.place);
    data["ahead"] = maybe(standing.ahead);
    data["etaSeconds"] = maybe(standing.eta_s);
    data["pollAfterSeconds"] = standing.poll_after_s;
    return answer(call, std::move(data));
}

HttpResponse claim_place(Services& services, Call& call) {
    const std::string session = call.id("sessionId");
    Fields fields(call.body);
    const std::string token = fields.text("token", 1, kTokenBytes);
    fields.finish();
    const DbResult row =
        services.db.write("SELECT * FROM tix.tix_claim_place($1::uuid, $2::text, $3::uuid)",
                          {session, token, call.user_id()});
    return answer(
        call,
        {{"sessionId", session}, {"admissionId", row.text(0, 0)}, {"expiresAt", row.time(0, 1)}});
}

HttpResponse end_admission(Services& services, Call& call) {
    call.id("sessionId");
    const std::string admission = call.id("admissionId");
    const DbResult row =
        services.db.write("SELECT * FROM tix.tix_end_admission($1::uuid, $2::uuid, 'given_up')",
                          {admission, call.user_id()});
    if (!row.flag(0, 0)) throw ProblemError(make_problem("not_found"));
    HttpResponse response;
    response.status = 204;
    return response;
}

}  // namespace tix::gateway
