// What organisers do with their sessions. The database checks whose they are, whatever a token
// says.
#include "../pipeline/fields.hpp"
#include "documents.hpp"
#include "routes.hpp"

namespace tix::gateway {
namespace {

constexpr std::size_t kReasonMax = 1000;
constexpr std::size_t kChannelKeyMax = 43;
constexpr std::int64_t kSeatsMax = 1000000;
constexpr std::int64_t kDaySeconds = 86400;

// The reason in a body that holds nothing else.
std::string only_reason(const Call& call) {
    Fields fields(call.body);
    std::string reason = fields.text("reason", 1, kReasonMax);
    fields.finish();
    return reason;
}

HttpResponse seats_answer(const Call& call, const std::string& session, const DbResult& row) {
    return answer(call, {{"sessionId", session}, {"seatIds", row.array(0, 0)}});
}

}  // namespace

HttpResponse open_sale(Services& services, Call& call) {
    const std::string session = call.id("sessionId");
    const DbResult row = services.db.write("SELECT * FROM tix.tix_open_sale($1::uuid, $2::uuid)",
                                           {session, call.user_id()});
    return answer(call,
                  {{"sessionId", session}, {"status", "on_sale"}, {"seats", row.number(0, 0)}});
}

HttpResponse close_sale(Services& services, Call& call) {
    const std::string session = call.id("sessionId");
    const DbResult row = services.db.write("SELECT * FROM tix.tix_close_sale($1::uuid, $2::uuid)",
                                           {session, call.user_id()});
    return answer(call, {{"sessionId", session}, {"status", row.text(0, 0)}});
}

HttpResponse get_own_session(Services& services, Call& call) {
    return document(call,
                    services.db.read("SELECT * FROM tix.tix_get_session_as($1::uuid, $2::uuid)",
                                     {call.user_id(), call.id("sessionId")}));
}

HttpResponse pause_sale(Services& services, Call& call) {
    const std::string session = call.id("sessionId");
    services.db.write("SELECT * FROM tix.tix_pause_as($1::uuid, $2::uuid, $3::text)",
                      {call.user_id(), session, only_reason(call)});
    return done();
}

HttpResponse stop_sale(Services& services, Call& call) {
    const std::string session = call.id("sessionId");
    services.db.write("SELECT * FROM tix.tix_emergency_stop_as($1::uuid, $2::uuid, $3::text)",
                      {call.user_id(), session, only_reason(call)});
    return done();
}

HttpResponse resume_sale(Services& services, Call& call) {
    services.db.write("SELECT * FROM tix.tix_resume_as($1::uuid, $2::uuid)",
                      {call.user_id(), call.id("sessionId")});
    return done();
}

HttpResponse load_session(Services& services, Call& call) {
    const std::string session = call.id("sessionId");
    const DbResult row = services.db.write(
        "SELECT * FROM tix.tix_load_session_as($1::uuid, $2::uuid)", {call.user_id(), session});
    return answer(call, {{"sessionId", session},
                         {"seats", row.number(0, 0)},
                         {"areas", row.number(0, 1)},
                         {"holds", row.number(0, 2)},
                         {"bytes", row.number(0, 3)}});
}

HttpResponse block_seats(Services& services, Call& call) {
    const std::string session = call.id("sessionId");
    Fields fields(call.body);
    const auto seats = fields.texts("seatIds", 1, kListMax);
    const auto kind = fields.optional_text("kind", kLabelBytes);
    const auto reason = fields.optional_text("reason", kReasonMax);
    const auto until = fields.optional_time("until");
    fields.finish();
    return seats_answer(
        call, session,
        services.db.write("SELECT * FROM tix.tix_block_seats_as($1::uuid, $2::uuid, $3::text[], "
                          "$4::text, $5::text, $6::timestamptz)",
                          {call.user_id(), session, array_literal(seats), kind.value_or("house"),
                           reason, until}));
}

HttpResponse unblock_seats(Services& services, Call& call) {
    const std::string session = call.id("sessionId");
    Fields fields(call.body);
    const auto seats = fields.texts("seatIds", 1, kListMax);
    fields.finish();
    return seats_answer(
        call, session,
        services.db.write("SELECT * FROM tix.tix_unblock_seats_as($1::uuid, $2::uuid, $3::text[])",
                          {call.user_id(), session, array_literal(seats)}));
}

HttpResponse force_release(Services& services, Call& call) {
    const std::string session = call.id("sessionId");
    Fields fields(call.body);
    const auto seats = fields.texts("seatIds", 1, kListMax);
    const auto reason = fields.text("reason", 1, kReasonMax);
    fields.finish();
    return seats_answer(call, session,
                        services.db.write("SELECT * FROM tix.tix_force_release_as($1::uuid, "
                                          "$2::uuid, $3::text[], $4::text)",
                                          {call.user_id(), session, array_literal(seats), reason}));
}

HttpResponse set_channel(Services& services, Call& call) {
    const std::string session = call.id("sessionId");
    Fields fields(call.body);
    const auto key = fields.text("key", 1, kChannelKeyMax);
    const auto seats = fields.texts("seatIds", 0, kListMax);
    const auto from = fields.optional_time("from");
    const auto until = fields.optional_time("until");
    fields.finish();
    services.db.write(
        "SELECT * FROM tix.tix_set_channel_as($1::uuid, $2::uuid, $3::text, $4::text[], "
        "$5::timestamptz, $6::timestamptz)",
        {call.user_id(), session, key, array_literal(seats), from, until});
    return done();
}

HttpResponse set_limit(Services& services, Call& call) {
    const std::string session = call.id("sessionId");
    Fields fields(call.body);
    const auto scope = fields.text("scope", 1, kLabelBytes);
    const auto seats = fields.number("seats", 0, kSeatsMax);
    fields.finish();
    services.db.write("SELECT * FROM tix.tix_set_limit_as($1::uuid, $2::uuid, $3::text, $4::int)",
                      {call.user_id(), session, scope, std::to_string(seats)});
    return done();
}

HttpResponse apply_seat_map(Services& services, Call& call) {
    const std::string session = call.id("sessionId");
    Fields fields(call.body);
    const auto map = fields.uuid("seatMapId");
    fields.finish();
    const DbResult rows =
        services.db.write("SELECT * FROM tix.tix_apply_seat_map_as($1::uuid, $2::uuid, $3::uuid)",
                          {call.user_id(), session, map});
    if (rows.flag(0, 0)) return answer(call, {{"sessionId", session}, {"seatMapId", map}});
    Problem problem =
        make_problem("conflict", "Seats that the map lacks are held, being paid, sold or blocked.");
    for (int i = 0; i < rows.rows() && i < static_cast<int>(kListMax); ++i)
        problem.unavailable_seats.push_back(
            {std::string(rows.text(i, 1)), std::string(rows.text(i, 2))});
    throw ProblemError(std::move(problem));
}

HttpResponse open_waitlist(Services& services, Call& call) {
    const std::string session = call.id("sessionId");
    Fields fields(call.body);
    const auto grace = fields.optional_number("graceSeconds", 0, kDaySeconds);
    const auto offer = fields.optional_number("offerSeconds", 1, kDaySeconds);
    fields.finish();
    services.db.write(
        "SELECT * FROM tix.tix_open_waitlist_as($1::uuid, $2::uuid, $3::interval, "
        "$4::interval)",
        {call.user_id(), session, seconds(grace), seconds(offer)});
    return done();
}

HttpResponse close_waitlist(Services& services, Call& call) {
    services.db.write("SELECT * FROM tix.tix_close_waitlist_as($1::uuid, $2::uuid)",
                      {call.user_id(), call.id("sessionId")});
    return done();
}

}  // namespace tix::gateway
