// Sessions that do not take place as they were sold: cancelled, with the money given back in steps,
// or postponed.
#include "../pipeline/fields.hpp"
#include "routes.hpp"
#include "shared.hpp"

namespace tix::gateway {
namespace {

constexpr std::size_t kActReasonBytes = 1000;
constexpr std::int64_t kStepDefault = 100;
constexpr std::int64_t kStepMax = 1000;

}  // namespace

HttpResponse cancel_session(Services& services, Call& call) {
    const std::string session = call.id("sessionId");
    Fields fields(call.body);
    const std::string reason = fields.text("reason", 1, kActReasonBytes);
    fields.finish();
    const DbResult row =
        services.db.write("SELECT * FROM tix.tix_cancel_session($1::uuid, $2::text, $3::uuid)",
                          {session, reason, call.user_id()});
    return answer(
        call, {{"sessionId", session}, {"status", "cancelled"}, {"massRefundId", row.text(0, 0)}});
}

HttpResponse postpone_session(Services& services, Call& call) {
    const std::string session = call.id("sessionId");
    Fields fields(call.body);
    const std::string starts = fields.time("startTime");
    const std::string ends = fields.time("endTime");
    const std::string refund_until = fields.time("refundUntil");
    const std::string reason = fields.text("reason", 1, kActReasonBytes);
    fields.finish();
    services.db.write(
        "SELECT * FROM tix.tix_postpone_session($1::uuid, $2::timestamptz, $3::timestamptz,"
        " $4::timestamptz, $5::text, $6::uuid)",
        {session, starts, ends, refund_until, reason, call.user_id()});
    return answer(call, {{"sessionId", session},
                         {"startTime", starts},
                         {"endTime", ends},
                         {"refundUntil", refund_until}});
}

HttpResponse get_mass_refund(Services& services, Call& call) {
    const std::string session = call.id("sessionId");
    const DbResult rows = services.db.read(
        "SELECT * FROM tix.tix_mass_refund_of($1::uuid, $2::uuid)", {session, call.user_id()});
    if (rows.rows() == 0) throw ProblemError(make_problem("not_found"));
    return answer(call, {{"massRefundId", rows.text(0, 0)},
                         {"sessionId", session},
                         {"reason", rows.text(0, 1)},
                         {"startedAt", rows.time(0, 2)},
                         {"finishedAt", nullable_time(rows, 0, 3)},
                         {"total", rows.number(0, 4)},
                         {"done", rows.number(0, 5)},
                         {"failed", rows.number(0, 6)},
                         {"failures", Json::parse(rows.text(0, 7))}});
}

HttpResponse step_mass_refunds(Services& services, Call& call) {
    Fields fields(call.body);
    const auto orders = fields.optional_number("maxOrders", 1, kStepMax);
    fields.finish();
    const DbResult row =
        services.db.write("SELECT * FROM tix.tix_carry_on_mass_refunds($1::uuid, $2::int)",
                          {call.user_id(), std::to_string(orders.value_or(kStepDefault))});
    services.refunds.wake();
    return answer(call, {{"handled", row.number(0, 0)}});
}

}  // namespace tix::gateway
