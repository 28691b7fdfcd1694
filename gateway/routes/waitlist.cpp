// The waiting list of a session, for those who wait. What was offered is an ordinary lock.
#include "../base/text.hpp"
#include "../pipeline/fields.hpp"
#include "documents.hpp"
#include "routes.hpp"

namespace tix::gateway {
namespace {

constexpr std::int64_t kSeatsMax = 20;

bool is_entry(std::string_view text) {
    return parse_int64(text).value_or(0) > 0;
}

// Columns of tix_waitlist_position().
enum Column { kEntry, kStatus, kAhead, kLock, kSeats, kExpires };

}  // namespace

HttpResponse join_waitlist(Services& services, Call& call) {
    const std::string session = call.id("sessionId");
    Fields fields(call.body);
    const auto quantity = fields.number("quantity", 1, kSeatsMax);
    Json wish = Json::object();
    if (const auto area = fields.optional_text("area", kLabelBytes)) wish["area"] = *area;
    if (const auto kind = fields.optional_text("category", kLabelBytes)) wish["category"] = *kind;
    wish["accessible"] = fields.flag("accessible", false);
    fields.finish();
    const DbResult row = services.db.write(
        "SELECT * FROM tix.tix_join_waitlist($1::uuid, $2::jsonb, $3::int, $4::uuid)",
        {session, wish.dump(), std::to_string(quantity), call.user_id()});
    return answer(call,
                  {{"sessionId", session},
                   {"entryId", row.text(0, 0)},
                   {"ahead", row.null(0, 1) ? Json() : Json(row.number(0, 1))}},
                  201);
}

HttpResponse get_waitlist_position(Services& services, Call& call) {
    const std::string session = call.id("sessionId");
    const DbResult row = services.db.write(
        "SELECT * FROM tix.tix_waitlist_position($1::uuid, $2::uuid)", {session, call.user_id()});
    if (row.rows() == 0) throw ProblemError(make_problem("not_found"));
    Json data = {{"sessionId", session},
                 {"entryId", row.text(0, kEntry)},
                 {"status", row.text(0, kStatus)},
                 {"ahead", row.null(0, kAhead) ? Json() : Json(row.number(0, kAhead))}};
    if (!row.null(0, kLock))
        data["offer"] = {{"lockId", row.text(0, kLock)},
                         {"seatIds", row.array(0, kSeats)},
                         {"expiresAt", row.time(0, kExpires)}};
    return answer(call, std::move(data));
}

HttpResponse leave_waitlist(Services& services, Call& call) {
    return done_if(services.db.write("SELECT * FROM tix.tix_leave_waitlist($1::uuid, $2::uuid)",
                                     {call.id("sessionId"), call.user_id()}));
}

HttpResponse list_waitlist(Services& services, Call& call) {
    const Page page(call, is_entry);
    return documents(
        call,
        services.db.write("SELECT * FROM tix.tix_list_waitlist($1::uuid, $2::bigint, $3::int)",
                          {call.user_id(), page.after(), page.limit()}),
        page);
}

}  // namespace tix::gateway
