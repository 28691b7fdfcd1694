// Prints both kinds of documents.
#include "answer.hpp"

#include <array>
#include <ctime>

namespace tix::gateway {

std::string timestamp() {
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    tm parts{};
    gmtime_r(&now.tv_sec, &parts);
    std::array<char, 40> text{};
    const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
    const std::string thousandths = std::to_string(1000 + now.tv_nsec / 1000000);
    return std::string(text.data(), size) + "." + thousandths.substr(1) + "Z";
}

HttpResponse answer(const Call& call, Json data, int status,
                    const std::optional<std::string>& next_cursor) {
    Json meta = {{"requestId", call.request_id}, {"timestamp", timestamp()}};
    if (next_cursor) meta["nextCursor"] = *next_cursor;
    HttpResponse response;
    response.status = status;
    response.content_type = "application/json";
    Json document = {{"meta", std::move(meta)}};
    document["data"] = std::move(data);
    response.body = document.dump() + '\n';  // kind to people with curl
    return response;
}

HttpResponse problem_answer(const Problem& problem, const std::string& request_id) {
    Json document = {{"type", "urn:tix:problem:" + problem.code},
                     {"title", problem.title},
                     {"status", problem.status},
                     {"code", problem.code},
                     {"detail", problem.detail.empty() ? problem.title : problem.detail},
                     {"requestId", request_id}};
    for (const FieldError& error : problem.errors)
        document["errors"].push_back({{"field", error.field}, {"message", error.message}});
    for (const SeatReason& seat : problem.unavailable_seats)
        document["unavailableSeats"].push_back({{"seatId", seat.seat_id}, {"reason", seat.reason}});
    if (!problem.queue.empty())
        document["queue"] = {{"joinUrl", "/v1/queue/" + problem.queue + "/join"},
                             {"statusUrl", "/v1/queue/" + problem.queue + "/status"},
                             {"pageUrl", "/queue/" + problem.queue}};
    if (problem.puzzle)
        document["proofOfWork"] = {{"algorithm", "SHA-256"},
                                   {"challenge", problem.puzzle->challenge},
                                   {"zeroBits", problem.puzzle->bits},
                                   {"expiresAt", problem.puzzle->expires_at}};
    HttpResponse response;
    response.status = problem.status;
    response.content_type = "application/problem+json";
    response.body = document.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
    if (problem.retry_after_s >= 0)
        response.headers.emplace_back("Retry-After", std::to_string(problem.retry_after_s));
    if (!problem.allow.empty()) response.headers.emplace_back("Allow", problem.allow);
    if (problem.status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
    response.headers.emplace_back("X-Request-Id", request_id);
    response.headers.emplace_back("Cache-Control", "no-store");
    return response;
}

}  // namespace tix::gateway
