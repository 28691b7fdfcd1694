// Venues and their seat maps, as organisers make them.
#include "../pipeline/fields.hpp"
#include "../plan/flatten.hpp"
#include "../plan/parse.hpp"
#include "documents.hpp"
#include "routes.hpp"

namespace tix::gateway {
namespace {

constexpr std::size_t kNameMax = 500;
constexpr std::size_t kZoneMax = 64;
constexpr std::size_t kFaultsMax = 100;  // told of a plan that is refused

bool is_label(std::string_view text) {
    return !text.empty() && text.size() <= kLabelBytes;
}

struct VenueFields {
    std::optional<std::string> name, time_zone, address;
};

// The address is the organiser's own: the database wants an object of at most 64 kB.
VenueFields venue_fields(const Call& call, bool is_new) {
    Fields fields(call.body);
    VenueFields venue;
    if (is_new)
        venue.name = fields.text("name", 1, kNameMax);
    else
        venue.name = fields.optional_text("name", kNameMax);
    venue.time_zone = fields.optional_text("timeZone", kZoneMax);
    venue.address = fields.optional_object("address");
    fields.finish();
    return venue;
}

// One column of the seats as the literal of an array.
template <typename Print>
std::string column(const plan::Layout& layout, Print&& print) {
    std::vector<std::string> texts;
    texts.reserve(layout.seats.size());
    for (const plan::FlatSeat& seat : layout.seats)
        texts.push_back(print(seat));
    return array_literal(texts);
}

std::string column(const plan::Layout& layout, std::string plan::FlatSeat::*text) {
    return column(layout, [text](const plan::FlatSeat& seat) { return seat.*text; });
}

// As short as the database's four bytes need it.
std::string coordinate(double value) {
    return Json(static_cast<float>(value)).dump();
}

[[noreturn]] void refuse(const plan::Refusal& refusal) {
    Problem problem = make_problem("validation", refusal.message);
    std::string_view lines = refusal.detail;
    while (!lines.empty() && problem.errors.size() < kFaultsMax) {
        const std::string_view line = lines.substr(0, lines.find('\n'));
        lines.remove_prefix(std::min(line.size() + 1, lines.size()));
        if (!line.empty()) problem.errors.push_back({"plan", std::string(line)});
    }
    if (!refusal.hint.empty()) problem.errors.push_back({"plan", refusal.hint});
    throw ProblemError(std::move(problem));
}

struct CheckedPlan {
    plan::Layout layout;
    std::string sha256;
};

// What tix-import takes and refuses, with its words.
CheckedPlan checked_plan(const Call& call) {
    const auto ids = call.query_value("seatIds").value_or("guid");
    if (ids != "guid" && ids != "uuid") {
        Problem problem = make_problem("validation");
        problem.errors.push_back({"seatIds", "must be guid or uuid"});
        throw ProblemError(std::move(problem));
    }
    const bool by_uuid = ids == "uuid";
    auto source = plan::Source::of_text(std::string(call.http.body));
    if (const auto refusal = source.refusal()) refuse(*refusal);
    CheckedPlan checked;
    plan::Plan read;
    if (const auto refusal = plan::parse(source, read)) refuse(*refusal);
    const auto from = by_uuid ? plan::SeatIdFrom::uuid : plan::SeatIdFrom::guid;
    if (const auto refusal = plan::flatten(read, from, checked.layout)) refuse(*refusal);
    // The same plan read with other ids is another seat map.
    checked.sha256 = source.sha256(by_uuid ? "by-uuid" : "");
    return checked;
}

}  // namespace

HttpResponse create_venue(Services& services, Call& call) {
    const VenueFields venue = venue_fields(call, true);
    const DbResult row = services.db.write(
        "SELECT * FROM tix.tix_create_venue_as($1::uuid, $2::text, $3::text, $4::jsonb)",
        {call.user_id(), venue.name, venue.time_zone, venue.address});
    return made(call, "venueId", row.text(0, 0), "/v1/venues/");
}

HttpResponse update_venue(Services& services, Call& call) {
    const std::string id = call.id("venueId");
    const VenueFields venue = venue_fields(call, false);
    services.db.write(
        "SELECT * FROM tix.tix_update_venue_as($1::uuid, $2::uuid, $3::text, $4::text, $5::jsonb)",
        {call.user_id(), id, venue.name, venue.time_zone, venue.address});
    return done();
}

HttpResponse close_venue(Services& services, Call& call) {
    services.db.write("SELECT * FROM tix.tix_close_venue_as($1::uuid, $2::uuid)",
                      {call.user_id(), call.id("venueId")});
    return done();
}

HttpResponse list_seat_maps(Services& services, Call& call) {
    const DbResult rows =
        services.db.read("SELECT * FROM tix.tix_get_venue($1::uuid)", {call.id("venueId")});
    if (rows.rows() == 0) throw ProblemError(make_problem("not_found"));
    return answer(call, Json::parse(rows.text(0, 3)));
}

HttpResponse upload_seat_map(Services& services, Call& call) {
    const std::string venue = call.id("venueId");
    const Turnstile::Turn turn(services.plans);
    const CheckedPlan checked = checked_plan(call);
    const plan::Layout& layout = checked.layout;
    using Seat = plan::FlatSeat;
    const DbResult row = services.db.write(
        "SELECT * FROM tix.tix_upload_seat_map_as($1::uuid, $2::uuid, $3::text, $4::real, "
        "$5::real, $6::text, $7::jsonb, $8::text[], $9::text[], $10::text[], $11::text[], "
        "$12::text[], $13::int[], $14::real[], $15::real[], $16::text[], $17::boolean[])",
        {call.user_id(), venue, layout.name, coordinate(layout.width), coordinate(layout.height),
         checked.sha256, layout.decoration, column(layout, &Seat::seat_id),
         column(layout, &Seat::area_id), column(layout, &Seat::area_name),
         column(layout, &Seat::row_label), column(layout, &Seat::seat_number),
         column(layout, [](const Seat& seat) { return std::to_string(seat.position); }),
         column(layout, [](const Seat& seat) { return coordinate(seat.x); }),
         column(layout, [](const Seat& seat) { return coordinate(seat.y); }),
         column(layout, &Seat::category), column(layout, [](const Seat& seat) {
             return std::string(seat.accessible ? "t" : "f");
         })});
    return answer(call,
                  {{"seatMapId", row.text(0, 0)},
                   {"existing", row.flag(0, 1)},
                   {"seatCount", row.number(0, 2)},
                   {"name", layout.name}},
                  row.flag(0, 1) ? 200 : 201);
}

HttpResponse diff_seat_maps(Services& services, Call& call) {
    const std::string map = call.id("seatMapId");
    const std::string other = call.id("otherMapId");
    const Page page(call, is_label);
    const DbResult row = services.db.read(
        "SELECT * FROM tix.tix_seat_map_diff_as($1::uuid, $2::uuid, $3::uuid, $4::text, $5::int)",
        {call.user_id(), map, other, page.after(), page.limit()});
    Json document = Json::parse(row.text(0, 0));
    std::optional<std::string> next;
    if (std::to_string(document["seats"].size()) == page.limit())
        next = document["seats"].back()["seatId"].get<std::string>();
    return answer(call, std::move(document), 200, next);
}

}  // namespace tix::gateway
