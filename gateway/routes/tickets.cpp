// Tickets, their codes and QR images, and the check of a code by staff.
#include "../pipeline/fields.hpp"
#include "../qr/qr.hpp"
#include "routes.hpp"
#include "shared.hpp"

namespace tix::gateway {
namespace {

// A row of tix_get_ticket() and tix_list_tickets().
Json ticket_json(const DbResult& rows, int i) {
    return {{"ticketId", rows.text(i, 0)},  {"orderId", rows.text(i, 1)},
            {"sessionId", rows.text(i, 2)}, {"seatId", rows.text(i, 3)},
            {"status", rows.text(i, 4)},    {"price", money(rows.number(i, 5), rows.text(i, 6))},
            {"issuedAt", rows.time(i, 7)},  {"code", rows.text(i, 8)}};
}

DbResult own_ticket(Services& services, const Call& call) {
    DbResult rows = services.db.read("SELECT * FROM tix.tix_get_ticket($1::uuid, $2::uuid)",
                                     {call.id("ticketId"), call.user_id()});
    if (rows.rows() == 0) throw ProblemError(make_problem("not_found"));
    return rows;
}

}  // namespace

HttpResponse list_tickets(Services& services, Call& call) {
    const Page page(call);
    const DbResult rows =
        services.db.read("SELECT * FROM tix.tix_list_tickets($1::uuid, $2::uuid, $3::int)",
                         {call.user_id(), page.after(), page.limit()});
    Json tickets = Json::array();
    for (int i = 0; i < rows.rows(); ++i)
        tickets.push_back(ticket_json(rows, i));
    return answer(call, std::move(tickets), 200, page.next(rows));
}

HttpResponse get_ticket(Services& services, Call& call) {
    return answer(call, ticket_json(own_ticket(services, call), 0));
}

HttpResponse get_ticket_qr(Services& services, Call& call) {
    const DbResult ticket = own_ticket(services, call);
    HttpResponse response;
    response.content_type = "image/svg+xml";
    response.body = qr_svg(ticket.text(0, 8));
    return response;
}

HttpResponse verify_ticket(Services& services, Call& call) {
    const std::string id = call.id("ticketId");
    Fields fields(call.body);
    const std::string code = fields.text("code", 1, kLabelBytes);
    fields.finish();
    const DbResult rows =
        services.db.read("SELECT * FROM tix.tix_verify_ticket($1::uuid, $2)", {id, code});
    if (rows.rows() == 0) throw ProblemError(make_problem("not_found"));
    const std::string_view reason = rows.text(0, 2);
    return answer(call, {{"valid", reason == "ok"},
                         {"reason", reason},
                         {"ticketId", id},
                         {"sessionId", rows.text(0, 0)},
                         {"seatId", rows.text(0, 1)}});
}

}  // namespace tix::gateway
