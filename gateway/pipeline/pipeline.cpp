// One function for each station.
#include "pipeline.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>

#include "../base/text.hpp"
#include "../crypto/random.hpp"
#include "../db/trace.hpp"
#include "../log/log.hpp"
#include "answer.hpp"
#include "query.hpp"
#include "trace.hpp"
#include "visitor.hpp"

namespace tix::gateway {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kRequestIdMax = 64;
// Those who are refused together shall not come back together: 1 to so many seconds.
constexpr std::int64_t kRetrySpreadS = 3;

std::string request_id_of(const HttpRequest& request) {
    const std::string_view sent = request.header("x-request-id");
    const bool good = !sent.empty() && sent.size() <= kRequestIdMax &&
                      std::all_of(sent.begin(), sent.end(), [](unsigned char c) {
                          return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                                 (c >= 'a' && c <= 'z') || c == '.' || c == '_' || c == '-';
                      });
    return good ? std::string(sent) : crypto::random_uuid();
}

// A field of the log that says of which trace a request is part.
void note_trace(const HttpRequest& request, Json& fields) {
    const std::string trace = checked_traceparent(request.header("traceparent"));
    if (!trace.empty()) fields["trace"] = trace_id(trace);
}

std::string address_of(const HttpRequest& request, const std::vector<std::string>& trusted) {
    const std::string_view told = request.header("x-real-ip");
    const bool believed =
        !told.empty() && std::find(trusted.begin(), trusted.end(), request.peer) != trusted.end();
    return std::string(believed ? told : request.peer);
}

[[noreturn]] void malformed(const char* detail) {
    throw ProblemError(make_problem("malformed_request", detail));
}

std::int64_t now_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now().time_since_epoch())
        .count();
}

// Media type of a Content-Type field, without parameters.
bool is_json(std::string_view type) {
    constexpr std::string_view kJson = "application/json";
    type = type.substr(0, type.find(';'));
    while (!type.empty() && type.back() == ' ')
        type.remove_suffix(1);
    return std::equal(type.begin(), type.end(), kJson.begin(), kJson.end(),
                      [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; });
}

Problem problem_of(const DbError& error) {
    switch (error.kind) {
        case DbError::Kind::kStatement:
            return problem_of_sqlstate(error.sqlstate, error.message, error.hint);
        case DbError::Kind::kOverloaded: {
            Problem problem = make_problem(
                "unavailable", "More is asked than can be answered now; nothing was done.");
            problem.retry_after_s = 1 + static_cast<int>(now_ms() % kRetrySpreadS);
            return problem;
        }
        case DbError::Kind::kUnknown:
            return make_problem("outcome_unknown",
                                "The database went away while it worked. Repeat the request with "
                                "the same Idempotency-Key, or look at what it changed.");
        default:
            return make_problem("unavailable");
    }
}

void set_missing(HttpResponse& response, const char* name, std::string value) {
    const bool is_there = std::any_of(response.headers.begin(), response.headers.end(),
                                      [&](const auto& header) { return header.first == name; });
    if (!is_there) response.headers.emplace_back(name, std::move(value));
}

}  // namespace

struct Pipeline::Rate {
    const char* name;
    std::int64_t Config::Limits::*per_minute;
    bool by_prefix_alone = false;  // there is no user yet
    // Counted by this gateway only: reads cost less than counting them for all gateways does.
    bool by_gateway = false;
};

const Pipeline::Rate& Pipeline::rate_of(LimitClass limit) {
    static constexpr std::array<Rate, 6> kRates{{
        {"none", nullptr},
        {"auth", &Config::Limits::auth_per_minute, true},
        {"lock", &Config::Limits::lock_per_minute},
        {"order", &Config::Limits::order_per_minute},
        {"pay", &Config::Limits::pay_per_minute},
        {"other", &Config::Limits::other_per_minute, false, true},
    }};
    return kRates[static_cast<std::size_t>(limit)];
}

Pipeline::Pipeline(Services& services, const std::vector<Route>& routes)
    : services_(services), routes_(routes) {
    for (std::size_t i = 0; i < routes.size(); ++i)
        router_.add(routes[i].method, routes[i].pattern, static_cast<int>(i));
}

Call Pipeline::call_of(const HttpRequest& request) const {
    const auto limits = services_.live.limits();
    std::string address = address_of(request, services_.config.server.trusted_proxies);
    std::string prefix = ip_prefix(address, static_cast<int>(limits->ipv4_prefix),
                                   static_cast<int>(limits->ipv6_prefix));
    return {.http = request,
            .request_id = request_id_of(request),
            .address = std::move(address),
            .prefix = std::move(prefix)};
}

HttpResponse Pipeline::handle(const HttpRequest& request) const {
    const auto began = Clock::now();
    services_.metrics.in_flight(1);
    Call call = call_of(request);
    const Traced traced(call.request_id, checked_traceparent(request.header("traceparent")));
    int route = -1;
    std::string trouble;  // for the log alone
    HttpResponse response;
    try {
        response = serve(call, route, trouble);
    } catch (const ProblemError& error) {
        response = problem_answer(error.problem(), call.request_id);
        trouble = error.problem().code;
    } catch (const std::exception& error) {
        response = problem_answer(make_problem("internal"), call.request_id);
        trouble = error.what();
    }
    set_missing(response, "X-Request-Id", call.request_id);
    set_missing(response, "Cache-Control", "no-store");
    const double seconds = std::chrono::duration<double>(Clock::now() - began).count();
    services_.metrics.in_flight(-1);
    services_.metrics.request(route, response.status, seconds);
    log(call, route, response, seconds, trouble);
    return response;
}

HttpResponse Pipeline::fault(std::string_view code) const {
    Problem problem = make_problem(code);
    if (problem.status == 405) problem.allow = "DELETE, GET, HEAD, PATCH, POST";
    const std::string id = crypto::random_uuid();
    const HttpResponse response = problem_answer(problem, id);
    log_info("no_request", {{"requestId", id}, {"status", response.status}, {"trouble", code}});
    services_.metrics.request(-1, response.status, 0);
    return response;
}

HttpResponse Pipeline::serve(Call& call, int& route, std::string& trouble) const {
    Match match = router_.match(call.http.method, call.http.path);
    switch (match.kind) {
        case Match::Kind::found:
            break;
        case Match::Kind::bad_path:
            malformed("The path is not percent-encoded UTF-8.");
        case Match::Kind::method_not_allowed: {
            Problem problem = make_problem("method_not_allowed");
            problem.allow = match.allow;
            throw ProblemError(std::move(problem));
        }
        case Match::Kind::not_found:
            throw ProblemError(make_problem("not_found"));
    }
    route = match.route;
    const Route& taken = routes_[static_cast<std::size_t>(route)];
    call.params = std::move(match.params);
    HttpResponse limits;
    HttpResponse response;
    try {
        const AsRank rank(rank_of(taken));
        authenticate(call, taken);
        services_.guard.admit(visitor_of(call));
        limit(call, taken, limits);
        if (may_be_judged(taken))
            services_.guard.judge(visitor_of(call), call.http.header("tix-proof"));
        call.query = parse_query(call.http.query);
        read_body(call, taken);
        response = taken.handler(services_, call);
        // The edge may keep it for the time when we are away, and asks all the same while we are
        // not.
        if (taken.access == Access::kAnybody && call.http.method == "GET" && !call.user)
            set_missing(response, "X-Accel-Expires", "@1");
    } catch (const ProblemError& error) {
        response = problem_answer(error.problem(), call.request_id);
        trouble = error.problem().code;
    } catch (const DbError& error) {
        const Problem problem = problem_of(error);
        response = problem_answer(problem, call.request_id);
        trouble = error.sqlstate + " " + error.message;
        if (problem.status >= 500)
            services_.metrics.database_error(error.sqlstate.empty() ? problem.code
                                                                    : error.sqlstate);
    }
    for (auto& header : limits.headers)
        response.headers.push_back(std::move(header));
    if (const auto event = event_of(taken, response.status))
        services_.guard.note(visitor_of(call), *event);
    return response;
}

void Pipeline::authenticate(Call& call, const Route& route) const {
    constexpr std::string_view kScheme = "bearer ";
    const std::string_view field = call.http.header("authorization");
    if (!field.empty()) {
        const bool is_bearer =
            field.size() > kScheme.size() &&
            std::equal(kScheme.begin(), kScheme.end(), field.begin(),
                       [](char a, char b) { return a == (b >= 'A' && b <= 'Z' ? b + 32 : b); });
        const auto& auth = services_.config.auth;
        std::string why = "no bearer token";
        if (is_bearer)
            call.user = verify(field.substr(kScheme.size()), services_.keys.current()->own->keys,
                               {auth.issuer, {auth.audience}}, std::time(nullptr), why);
        if (!call.user) {
            // Guessing is limited, too.
            const Rate& rate = rate_of(LimitClass::kOther);
            const auto verdict = take_from_prefix(call, rate);
            if (!verdict.allowed) refuse(rate, verdict);
            log_info("token_refused", {{"requestId", call.request_id}, {"reason", why}});
            throw ProblemError(make_problem("invalid_token"));
        }
    }
    if (route.access == Access::kAnybody) return;
    if (!call.user) throw ProblemError(make_problem("unauthorized"));
    if (!may(route.access, call.user->role)) throw ProblemError(make_problem("forbidden"));
}

std::string Pipeline::refuse_long_body(const HttpRequest& head) const {
    const Match match = router_.match(head.method, head.path);
    if (match.kind != Match::Kind::found) return "payload_too_large";
    const Route& route = routes_[static_cast<std::size_t>(match.route)];
    if (route.body != Body::kPlan) return "payload_too_large";
    Call call = call_of(head);
    try {
        authenticate(call, route);
    } catch (const ProblemError& error) {
        return error.problem().code;
    }
    return {};
}

Limiter::Verdict Pipeline::take_from_prefix(const Call& call, const Rate& rate) const {
    const auto limits = services_.live.limits();
    const std::int64_t per_minute =
        (*limits).*rate.per_minute * (rate.by_prefix_alone ? 1 : limits->prefix_factor);
    return services_.limits.take(std::string(rate.name) + " net " + call.prefix, per_minute,
                                 rate.by_gateway, now_ms());
}

void Pipeline::refuse(const Rate& rate, const Limiter::Verdict& verdict) const {
    services_.metrics.limited(rate.name);
    Problem problem = make_problem("rate_limited");
    problem.retry_after_s = verdict.retry_after_s;
    throw ProblemError(std::move(problem));
}

void Pipeline::limit(Call& call, const Route& route, HttpResponse& response) const {
    const bool exempt =
        call.user && (call.user->role == "box_office" || call.user->role == "admin");
    if (route.limit == LimitClass::kNone || exempt) return;
    const Rate& rate = rate_of(route.limit);
    Limiter::Verdict verdict = take_from_prefix(call, rate);
    if (verdict.allowed && call.user && !rate.by_prefix_alone) {
        verdict = services_.limits.take(std::string(rate.name) + " user " + call.user_id(),
                                        (*services_.live.limits()).*rate.per_minute,
                                        rate.by_gateway, now_ms());
    }
    response.headers = {{"RateLimit-Limit", std::to_string(verdict.limit)},
                        {"RateLimit-Remaining", std::to_string(verdict.remaining)},
                        {"RateLimit-Reset", std::to_string(verdict.reset_s)}};
    if (!verdict.allowed) refuse(rate, verdict);
}

void Pipeline::read_body(Call& call, const Route& route) const {
    if (route.body == Body::kRaw) return;
    if (route.body == Body::kPlan) {
        if (!is_json(call.http.header("content-type")))
            throw ProblemError(make_problem("unsupported_media_type"));
        return;
    }
    if (route.body == Body::kNone) {
        if (!call.http.body.empty()) malformed("This request takes no body.");
        return;
    }
    if (!is_json(call.http.header("content-type")) || !call.http.header("content-encoding").empty())
        throw ProblemError(make_problem("unsupported_media_type"));
    std::string error;
    auto body = parse_json(call.http.body, {}, error);
    if (!body) throw ProblemError(make_problem("malformed_request", error));
    call.body = std::move(*body);
}

void Pipeline::log(const Call& call, int route, const HttpResponse& response, double seconds,
                   const std::string& trouble) const {
    Json fields = {{"requestId", call.request_id},
                   {"method", call.http.method},
                   {"path", call.http.path},
                   {"status", response.status},
                   {"ms", static_cast<double>(static_cast<std::int64_t>(seconds * 1e5)) / 100},
                   {"address", call.address}};
    if (route >= 0) fields["route"] = routes_[static_cast<std::size_t>(route)].pattern;
    note_trace(call.http, fields);
    if (call.user) fields["user"] = call.user->subject;
    if (!trouble.empty()) fields["trouble"] = trouble;
    if (response.status >= 500) {
        log_error("request", fields);
    } else {
        log_info("request", fields);
    }
}

std::vector<std::string> route_labels(const std::vector<Route>& routes) {
    std::vector<std::string> labels;
    for (const Route& route : routes)
        labels.push_back(std::string(route.method) + " " + route.pattern);
    return labels;
}

}  // namespace tix::gateway
