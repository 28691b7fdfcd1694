// The seats of a session: list, 2-bit map, one seat, availability, changes.
#include <algorithm>
#include <chrono>
#include <ctime>

#include "../base/text.hpp"
#include "../pipeline/fields.hpp"
#include "routes.hpp"
#include "shared.hpp"

namespace tix::gateway {
namespace {

constexpr char kOctets[] = "application/octet-stream";
constexpr std::int64_t kWaitMax = 25;  // seconds; proxies end silent requests at 30
constexpr std::int64_t kChangesDefault = 1000;
constexpr std::int64_t kChangesMax = 10000;

DbValue area_of(const Call& call) {
    const auto area = call.query_value("area");
    if (area && area->size() > kLabelBytes) throw ProblemError(make_problem("not_found"));
    return area;
}

bool names_tag(std::string_view header, const std::string& tag) {
    return header == "*" || header.find(tag) != std::string_view::npos;
}

std::string quoted(std::string_view text) {
    return Json(text).dump();
}

// One seat, printed at once: a tree of 40 000 of them takes a hundred times the room of the text.
void print_seat(const DbResult& rows, int i, std::string& out) {
    out += R"({"seatId":)" + quoted(rows.text(i, 0)) + R"(,"ordinal":)";
    out.append(rows.text(i, 1)).append(R"(,"areaId":)").append(quoted(rows.text(i, 3)));
    out += R"(,"row":)" + quoted(rows.text(i, 4)) + R"(,"number":)" + quoted(rows.text(i, 5));
    out.append(R"(,"x":)").append(rows.text(i, 6)).append(R"(,"y":)").append(rows.text(i, 7));
    out += R"(,"category":)" + quoted(rows.text(i, 8)) + R"(,"accessible":)";
    out += rows.flag(i, 9) ? "true" : "false";
    out += R"(,"state":)" + quoted(rows.text(i, 10));
    if (!rows.null(i, 11)) out += rows.flag(i, 11) ? R"(,"mine":true)" : R"(,"mine":false)";
    out += '}';
}

// The document of a list of seats, with its envelope.
HttpResponse seat_list(const Call& call, const DbResult& map, const DbResult& rows) {
    HttpResponse response = answer(call, {{"sessionId", call.id("sessionId")},
                                          {"seq", map.text(0, 0)},
                                          {"layoutVersion", map.number(0, 1)},
                                          {"seats", Json::array()}});
    constexpr std::string_view kEmpty = R"("seats":[])";
    const std::size_t place = response.body.find(kEmpty) + kEmpty.size() - 1;
    std::string seats;
    for (int i = 0; i < rows.rows(); ++i) {
        if (i > 0) seats += ',';
        print_seat(rows, i, seats);
    }
    response.body.insert(place, seats);
    return response;
}

}  // namespace

HttpResponse get_seats(Services& services, Call& call) {
    const std::string session = call.id("sessionId");
    services.sessions.need_shown(session);
    const DbValue area = area_of(call);
    // The edge keeps answers until the second ends; who names a change wants one that has it. Read
    // now, every answer does.
    call.query_number("atLeast", 0, 0, INT64_MAX);
    const bool octets = call.http.header("accept").find(kOctets) != std::string_view::npos;
    // Read before the seats: they are then at least as new as this position.
    const DbResult map = or_not_found([&] {
        return services.db.read("SELECT * FROM tix.tix_seat_map($1::uuid, $2::text)",
                                {session, area});
    });
    const std::string seq(map.text(0, 0));
    const std::string tag = '"' + seq + (octets ? "" : "-json") + '"';
    const bool personal = call.user && !octets;  // tells which seats are the user's own
    HttpResponse response;
    if (!personal && names_tag(call.http.header("if-none-match"), tag)) {
        response.status = 304;
    } else if (octets) {
        response.content_type = kOctets;
        response.body = map.bytes(0, 2);
    } else {
        const Turnstile::Turn turn(services.seat_lists);
        const DbResult rows = or_not_found([&] {
            return services.db.read(
                "SELECT * FROM tix.tix_seats($1::uuid, $2::text, $3::uuid)",
                {session, area, call.user ? DbValue(call.user_id()) : std::nullopt});
        });
        response = seat_list(call, map, rows);
    }
    response.headers = {{"ETag", tag},
                        {"Tix-Seq", seq},
                        {"Tix-Layout-Version", std::string(map.text(0, 1))},
                        {"Vary", "Accept, Authorization"},
                        {"X-Accel-Expires", "@" + std::to_string(std::time(nullptr))},
                        {"Cache-Control", personal ? "private, no-cache" : "no-cache"}};
    return response;
}

HttpResponse get_seat(Services& services, Call& call) {
    const std::string session = call.id("sessionId");
    const std::string& seat = call.param("seatId");
    services.sessions.need_shown(session);
    const DbResult rows = or_not_found([&] {
        return services.db.read("SELECT * FROM tix.tix_seat_status($1::uuid, $2::text)",
                                {session, seat});
    });
    if (rows.rows() == 0 || rows.null(0, 0)) throw ProblemError(make_problem("not_found"));
    return answer(call, {{"seatId", rows.text(0, 0)},
                         {"ordinal", rows.number(0, 1)},
                         {"areaId", rows.text(0, 2)},
                         {"state", rows.text(0, 3)},
                         {"expiresAt", rows.null(0, 4) ? Json() : Json(rows.time(0, 4))}});
}

HttpResponse get_availability(Services& services, Call& call) {
    const std::string session = call.id("sessionId");
    services.sessions.need_shown(session);
    const DbResult rows = or_not_found([&] {
        return services.db.read("SELECT * FROM tix.tix_availability($1::uuid)", {session});
    });
    Json areas = Json::array();
    for (int i = 0; i < rows.rows(); ++i)
        areas.push_back({{"areaId", rows.text(i, 0)},
                         {"category", rows.text(i, 1)},
                         {"free", rows.number(i, 2)},
                         {"held", rows.number(i, 3)},
                         {"confirming", rows.number(i, 4)},
                         {"sold", rows.number(i, 5)},
                         {"blocked", rows.number(i, 6)},
                         {"capacity", rows.number(i, 7)},
                         {"grade", rows.text(i, 8)}});
    return answer(call, std::move(areas));
}

HttpResponse get_changes(Services& services, Call& call) {
    const std::string session = call.id("sessionId");
    services.sessions.need_shown(session);
    const std::int64_t since = call.query_number("since", 0, INT64_MIN, INT64_MAX);
    const std::int64_t wait = call.query_number("wait", 0, 0, kWaitMax);
    const std::int64_t limit = call.query_number("limit", kChangesDefault, 1, kChangesMax);
    const auto read = [&] {
        return services.db.read("SELECT * FROM tix.tix_changes($1::bigint, $2::uuid, $3::int, 0)",
                                {std::to_string(since), session, std::to_string(limit)});
    };
    DbResult rows = read();
    if (rows.rows() == 0 && wait > 0) {
        services.feed.wait_for_change(call.address, session, since, std::chrono::seconds(wait));
        rows = read();
    }
    std::string seq = std::to_string(since);
    Json changes = Json::array();
    for (int i = 0; i < rows.rows(); ++i) {
        if (rows.text(i, 4) == "resync") throw ProblemError(make_problem("resync"));
        seq = rows.text(i, 0);
        changes.push_back({{"seq", seq},
                           {"ordinal", rows.number(i, 3)},
                           {"state", rows.text(i, 4)},
                           {"layoutVersion", rows.number(i, 2)}});
    }
    return answer(call, {{"seq", seq}, {"changes", std::move(changes)}});
}

}  // namespace tix::gateway
