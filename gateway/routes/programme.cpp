// Events, sessions and prices, as organisers make them.
#include "../pipeline/fields.hpp"
#include "documents.hpp"
#include "routes.hpp"

namespace tix::gateway {
namespace {

constexpr std::size_t kNameMax = 500;
constexpr std::size_t kDescriptionMax = 65536;
constexpr std::size_t kNamesMax = 100;  // of categories and areas

}  // namespace

HttpResponse create_event(Services& services, Call& call) {
    Fields fields(call.body);
    const auto name = fields.text("name", 1, kNameMax);
    const auto map = fields.uuid("seatMapId");
    const auto description = fields.optional_text("description", kDescriptionMax);
    const auto organizer = fields.optional_uuid("organizerId");
    fields.finish();
    const DbResult row = services.db.write(
        "SELECT * FROM tix.tix_create_event_as($1::uuid, $2::text, $3::uuid, $4::text, $5::uuid, "
        "$6::text)",
        {call.user_id(), name, map, description, organizer, call.idempotency_key()});
    HttpResponse response = made(call, "eventId", row.text(0, 0), "/v1/admin/events/");
    mark_replayed(response, row.flag(0, 1));
    return response;
}

HttpResponse update_event(Services& services, Call& call) {
    const std::string event = call.id("eventId");
    Fields fields(call.body);
    const auto name = fields.optional_text("name", kNameMax);
    const auto description = fields.optional_text("description", kDescriptionMax);
    fields.finish();
    services.db.write(
        "SELECT * FROM tix.tix_update_event_as($1::uuid, $2::uuid, $3::text, $4::text)",
        {call.user_id(), event, name, description});
    return done();
}

HttpResponse list_own_events(Services& services, Call& call) {
    const Page page(call);
    return documents(
        call,
        services.db.read("SELECT * FROM tix.tix_list_events_as($1::uuid, $2::uuid, $3::int)",
                         {call.user_id(), page.after(), page.limit()}),
        page);
}

HttpResponse get_own_event(Services& services, Call& call) {
    return document(call, services.db.read("SELECT * FROM tix.tix_get_event_as($1::uuid, $2::uuid)",
                                           {call.user_id(), call.id("eventId")}));
}

HttpResponse create_session(Services& services, Call& call) {
    const std::string event = call.id("eventId");
    Fields fields(call.body);
    const auto map = fields.uuid("seatMapId");
    const auto starts = fields.time("startTime");
    const auto ends = fields.optional_time("endTime");
    const auto sale_starts = fields.optional_time("saleStartTime");
    const auto sale_ends = fields.optional_time("saleEndTime");
    fields.finish();
    const DbResult row = services.db.write(
        "SELECT * FROM tix.tix_create_session_as($1::uuid, $2::uuid, $3::uuid, $4::timestamptz, "
        "$5::timestamptz, $6::timestamptz, $7::timestamptz, $8::text)",
        {call.user_id(), event, map, starts, ends, sale_starts, sale_ends, call.idempotency_key()});
    HttpResponse response = made(call, "sessionId", row.text(0, 0), "/v1/admin/sessions/");
    mark_replayed(response, row.flag(0, 1));
    return response;
}

HttpResponse update_session(Services& services, Call& call) {
    const std::string session = call.id("sessionId");
    Fields fields(call.body);
    const auto starts = fields.optional_time("startTime");
    const auto ends = fields.optional_time("endTime");
    const auto sale_starts = fields.optional_time("saleStartTime");
    const auto sale_ends = fields.optional_time("saleEndTime");
    fields.finish();
    services.db.write(
        "SELECT * FROM tix.tix_update_session_as($1::uuid, $2::uuid, $3::timestamptz, "
        "$4::timestamptz, $5::timestamptz, $6::timestamptz)",
        {call.user_id(), session, starts, ends, sale_starts, sale_ends});
    return done();
}

HttpResponse set_price(Services& services, Call& call) {
    const std::string event = call.id("eventId");
    Fields fields(call.body);
    const auto price = fields.money("price");
    const auto categories = fields.optional_texts("categories", kNamesMax);
    const auto areas = fields.optional_texts("areaIds", kNamesMax);
    fields.finish();
    const std::vector<std::string> all;
    const DbResult row = services.db.write(
        "SELECT * FROM tix.tix_set_price_as($1::uuid, $2::uuid, $3::bigint, $4::text, $5::text[], "
        "$6::text[])",
        {call.user_id(), event, std::to_string(price.minor), price.currency,
         array_literal(categories.value_or(all)), array_literal(areas.value_or(all))});
    return answer(call, {{"categoryId", row.text(0, 0)}});
}

}  // namespace tix::gateway
