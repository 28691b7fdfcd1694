// What organisers do with the waiting rooms of their sessions. The database checks whose they are.
#include "../pipeline/fields.hpp"
#include "routes.hpp"
#include "shared.hpp"

namespace tix::gateway {
namespace {

// The bounds of tix_open_queue().
constexpr std::int64_t kRateMax = 100000;
constexpr std::int64_t kActiveMax = 1000000;
constexpr std::int64_t kGraceMax = 3600;
constexpr std::int64_t kAdmissionMax = 86400;
constexpr std::int64_t kLengthMax = 100000000;
constexpr std::int64_t kTargetMax = 60000;
constexpr std::size_t kModeBytes = 16;
constexpr std::size_t kTimeBytes = 40;

DbValue number_text(const std::optional<std::int64_t>& number) {
    return number ? DbValue(std::to_string(*number)) : std::nullopt;
}

DbValue seconds_text(const std::optional<std::int64_t>& seconds) {
    return seconds ? DbValue(std::to_string(*seconds) + " seconds") : std::nullopt;
}

HttpResponse state_answer(const Call& call, const std::string& session, const char* state) {
    return answer(call, {{"sessionId", session}, {"state", state}});
}

Json real(const DbResult& row, int column) {
    return row.null(0, column) ? Json() : Json::parse(row.text(0, column));
}

}  // namespace

HttpResponse open_queue(Services& services, Call& call) {
    const std::string session = call.id("sessionId");
    Fields fields(call.body);
    const auto mode = fields.optional_text("mode", kModeBytes);
    const auto rate = fields.optional_number("rate", 1, kRateMax);
    const auto active = fields.optional_number("maxActive", 1, kActiveMax);
    const auto opens_at = fields.optional_text("opensAt", kTimeBytes);
    const auto grace = fields.optional_number("claimWithinSeconds", 1, kGraceMax);
    const auto admission = fields.optional_number("admissionSeconds", 1, kAdmissionMax);
    const auto length = fields.optional_number("maxLength", 1, kLengthMax);
    const auto target = fields.optional_number("targetP99Ms", 1, kTargetMax);
    fields.finish();
    services.db.write(
        "SELECT * FROM tix.tix_open_waiting_room($1::uuid, $2::uuid, $3::text, $4::float8,"
        " $5::int, $6::timestamptz, $7::interval, $8::interval, $9::int, $10::int)",
        {session, call.user_id(), mode, number_text(rate), number_text(active), opens_at,
         seconds_text(grace), seconds_text(admission), number_text(length), number_text(target)});
    services.queues.wake();
    HttpResponse response = state_answer(call, session, "open");
    response.status = 201;
    return response;
}

HttpResponse pause_queue(Services& services, Call& call) {
    const std::string session = call.id("sessionId");
    services.db.write("SELECT * FROM tix.tix_pause_waiting_room($1::uuid, $2::uuid)",
                      {session, call.user_id()});
    services.queues.wake();
    return state_answer(call, session, "paused");
}

HttpResponse resume_queue(Services& services, Call& call) {
    const std::string session = call.id("sessionId");
    services.db.write("SELECT * FROM tix.tix_resume_waiting_room($1::uuid, $2::uuid)",
                      {session, call.user_id()});
    services.queues.wake();
    return state_answer(call, session, "open");
}

HttpResponse set_queue_rate(Services& services, Call& call) {
    const std::string session = call.id("sessionId");
    Fields fields(call.body);
    const auto rate = fields.number("rate", 1, kRateMax);
    const auto active = fields.optional_number("maxActive", 1, kActiveMax);
    fields.finish();
    services.db.write(
        "SELECT * FROM tix.tix_set_waiting_room_rate($1::uuid, $2::uuid, $3::float8, $4::int)",
        {session, call.user_id(), std::to_string(rate), number_text(active)});
    return answer(
        call,
        {{"sessionId", session}, {"rate", rate}, {"maxActive", active ? Json(*active) : Json()}});
}

HttpResponse close_queue(Services& services, Call& call) {
    const std::string session = call.id("sessionId");
    services.db.write("SELECT * FROM tix.tix_close_waiting_room($1::uuid, $2::uuid)",
                      {session, call.user_id()});
    services.queues.wake();
    return state_answer(call, session, "closed");
}

HttpResponse report_queue(Services& services, Call& call) {
    const std::string session = call.id("sessionId");
    const DbResult row = services.db.write(
        "SELECT * FROM tix.tix_waiting_room_report($1::uuid, $2::uuid)", {session, call.user_id()});
    if (row.rows() == 0) throw ProblemError(make_problem("not_found"));
    return answer(call, {{"sessionId", session},
                         {"state", row.text(0, 1)},
                         {"mode", row.text(0, 2)},
                         {"joined", row.number(0, 3)},
                         {"depth", row.number(0, 4)},
                         {"serving", row.number(0, 5)},
                         {"admitted", row.number(0, 6)},
                         {"claimed", row.number(0, 7)},
                         {"active", row.number(0, 8)},
                         {"outstanding", row.number(0, 9)},
                         {"expired", row.number(0, 10)},
                         {"maxActive", row.number(0, 11)},
                         {"rate", real(row, 12)},
                         {"rateNow", real(row, 13)},
                         {"pace", real(row, 14)},
                         {"etaSeconds", real(row, 15)},
                         {"etaErrorSeconds", real(row, 16)},
                         {"asOf", row.time(0, 17)}});
}

}  // namespace tix::gateway
