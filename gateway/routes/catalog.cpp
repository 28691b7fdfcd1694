// Venues, events and sessions, as everybody may see them.
#include "../base/text.hpp"
#include "routes.hpp"
#include "shared.hpp"

namespace tix::gateway {
namespace {

// The one row of an object, or 404.
const DbResult& only_row(const DbResult& rows) {
    if (rows.rows() == 0) throw ProblemError(make_problem("not_found"));
    return rows;
}

Json prices(std::string_view stored) {
    Json list = Json::array();
    for (const Json& price : Json::parse(stored))
        list.push_back({{"categories", price["categories"]},
                        {"areaIds", price["areaIds"]},
                        {"price", money(price["priceAmount"].get<std::int64_t>(),
                                        price["priceCurrency"].get<std::string>())}});
    return list;
}

// Tariffs and charges: an amount becomes money.
Json rules(std::string_view stored) {
    Json list = Json::parse(stored);
    for (Json& rule : list) {
        const Json amount = rule["amount"];
        const Json currency = rule["currency"];
        rule.erase("currency");
        if (amount.is_number())
            rule["amount"] = money(amount.get<std::int64_t>(), currency.get<std::string>());
    }
    return list;
}

Json cancellation(std::string_view stored) {
    const Json terms = Json::parse(stored);
    const auto kept = terms["keptAmount"].get<std::int64_t>();
    const bool known = terms["currency"].is_string();
    return {{"untilSecondsBeforeStart", terms["untilSecondsBeforeStart"]},
            {"keptPermille", terms["keptPermille"]},
            {"kept", known ? money(kept, terms["currency"].get<std::string>()) : Json()}};
}

[[noreturn]] void refuse(const char* field, const char* message) {
    Problem problem = make_problem("validation");
    problem.errors.push_back({field, message});
    throw ProblemError(std::move(problem));
}

DbValue uuid_in_query(const Call& call, const char* name) {
    auto id = call.query_value(name);
    if (id && !is_uuid(*id)) refuse(name, "must be a uuid");
    return id;
}

DbValue time_in_query(const Call& call, const char* name) {
    auto time = call.query_value(name);
    if (time && !is_rfc3339(*time))
        refuse(name, "must be a time of RFC 3339, such as 2026-11-21T20:00:00Z");
    return time;
}

}  // namespace

HttpResponse list_venues(Services& services, Call& call) {
    const Page page(call);
    const DbResult rows =
        services.db.read("SELECT * FROM tix.tix_search_venues($1::text, $2::uuid, $3::int)",
                         {call.query_value("q"), page.after(), page.limit()});
    Json venues = Json::array();
    for (int i = 0; i < rows.rows(); ++i)
        venues.push_back({{"venueId", rows.text(i, 0)},
                          {"name", rows.text(i, 1)},
                          {"capacity", rows.number(i, 2)}});
    return answer(call, std::move(venues), 200, page.next(rows));
}

HttpResponse get_venue(Services& services, Call& call) {
    const DbResult rows =
        services.db.read("SELECT * FROM tix.tix_get_venue($1::uuid)", {call.id("venueId")});
    only_row(rows);
    return answer(call, {{"venueId", rows.text(0, 0)},
                         {"name", rows.text(0, 1)},
                         {"capacity", rows.number(0, 2)},
                         {"seatMaps", Json::parse(rows.text(0, 3))}});
}

HttpResponse list_events(Services& services, Call& call) {
    const Page page(call);
    const DbResult rows = services.db.read(
        "SELECT * FROM tix.tix_search_events($1::text, $2::uuid, $3::uuid, $4::int)",
        {call.query_value("q"), uuid_in_query(call, "venueId"), page.after(), page.limit()});
    Json events = Json::array();
    for (int i = 0; i < rows.rows(); ++i)
        events.push_back({{"eventId", rows.text(i, 0)},
                          {"name", rows.text(i, 1)},
                          {"venueId", rows.text(i, 2)},
                          {"venueName", rows.text(i, 3)},
                          {"status", rows.text(i, 4)},
                          {"nextStart", nullable(rows, i, 5)}});
    return answer(call, std::move(events), 200, page.next(rows));
}

HttpResponse get_event(Services& services, Call& call) {
    const DbResult rows =
        services.db.read("SELECT * FROM tix.tix_get_event($1::uuid)", {call.id("eventId")});
    only_row(rows);
    return answer(call, {{"eventId", rows.text(0, 0)},
                         {"name", rows.text(0, 1)},
                         {"venueId", rows.text(0, 2)},
                         {"venueName", rows.text(0, 3)},
                         {"status", rows.text(0, 4)},
                         {"description", nullable(rows, 0, 5)},
                         {"sessions", Json::parse(rows.text(0, 6))},
                         {"prices", prices(rows.text(0, 7))}});
}

HttpResponse get_terms(Services& services, Call& call) {
    const DbResult rows =
        services.db.read("SELECT * FROM tix.tix_event_terms($1::uuid)", {call.id("eventId")});
    only_row(rows);
    return answer(call, {{"tariffs", rules(rows.text(0, 0))},
                         {"charges", rules(rows.text(0, 1))},
                         {"cancellation", cancellation(rows.text(0, 2))}});
}

HttpResponse list_sessions(Services& services, Call& call) {
    const Page page(call);
    const DbResult rows = services.db.read(
        "SELECT * FROM tix.tix_list_sessions($1::timestamptz, $2::timestamptz, $3::uuid, $4::uuid, "
        "$5::uuid, $6::int)",
        {time_in_query(call, "from"), time_in_query(call, "until"), uuid_in_query(call, "eventId"),
         uuid_in_query(call, "venueId"), page.after(), page.limit()});
    Json sessions = Json::array();
    for (int i = 0; i < rows.rows(); ++i)
        sessions.push_back({{"sessionId", rows.text(i, 0)},
                            {"eventId", rows.text(i, 1)},
                            {"eventName", rows.text(i, 2)},
                            {"venueId", rows.text(i, 3)},
                            {"venueName", rows.text(i, 4)},
                            {"timeZone", rows.text(i, 5)},
                            {"startTime", rows.time(i, 6)},
                            {"startLocal", rows.text(i, 7)},
                            {"endLocal", rows.text(i, 8)},
                            {"saleStartLocal", rows.text(i, 9)},
                            {"saleEndLocal", rows.text(i, 10)},
                            {"status", rows.text(i, 11)}});
    return answer(call, std::move(sessions), 200, page.next(rows));
}

HttpResponse get_session(Services& services, Call& call) {
    const DbResult rows =
        services.db.read("SELECT * FROM tix.tix_get_session($1::uuid)", {call.id("sessionId")});
    only_row(rows);
    return answer(call, {{"sessionId", rows.text(0, 0)},
                         {"eventId", rows.text(0, 1)},
                         {"eventName", rows.text(0, 2)},
                         {"venueId", rows.text(0, 3)},
                         {"venueName", rows.text(0, 4)},
                         {"seatMapId", rows.text(0, 5)},
                         {"startTime", rows.time(0, 6)},
                         {"endTime", rows.time(0, 7)},
                         {"saleStartTime", rows.time(0, 8)},
                         {"saleEndTime", rows.time(0, 9)},
                         {"status", rows.text(0, 10)},
                         {"capacity", rows.number(0, 11)}});
}

}  // namespace tix::gateway
