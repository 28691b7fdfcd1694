// Tickets, their codes and QR images, and the check of a code by staff.
#include "../auth/ticket_code.hpp"
#include "../pipeline/fields.hpp"
#include "../qr/qr.hpp"
#include "routes.hpp"
#include "shared.hpp"

namespace tix::gateway {
namespace {

constexpr std::uint32_t kFirstIssue = 1;

std::string code_of(const Services& services, std::string_view session, std::string_view ticket) {
    return make_ticket_code(static_cast<std::uint8_t>(services.config.tickets.key_id), session,
                            ticket, kFirstIssue, services.ticket_key);
}

// A row of tix_get_ticket() and tix_list_tickets().
Json ticket_json(const Services& services, const DbResult& rows, int i) {
    return {{"ticketId", rows.text(i, 0)},
            {"orderId", rows.text(i, 1)},
            {"sessionId", rows.text(i, 2)},
            {"seatId", rows.text(i, 3)},
            {"status", rows.text(i, 4)},
            {"price", money(rows.number(i, 5), rows.text(i, 6))},
            {"issuedAt", rows.time(i, 7)},
            {"code", code_of(services, rows.text(i, 2), rows.text(i, 0))}};
}

DbResult own_ticket(Services& services, const Call& call) {
    DbResult rows = services.db.read("SELECT * FROM tix.tix_get_ticket($1::uuid, $2::uuid)",
                                     {call.id("ticketId"), call.user_id()});
    if (rows.rows() == 0) throw ProblemError(make_problem("not_found"));
    return rows;
}

// Why a ticket in this state is not admitted; CONTRACT's reasons.
const char* reason_of(std::string_view status) {
    if (status == "valid") return "ok";
    if (status == "used") return "already_used";
    return "canceled";
}

}  // namespace

HttpResponse list_tickets(Services& services, Call& call) {
    const Page page(call);
    const DbResult rows =
        services.db.read("SELECT * FROM tix.tix_list_tickets($1::uuid, $2::uuid, $3::int)",
                         {call.user_id(), page.after(), page.limit()});
    Json tickets = Json::array();
    for (int i = 0; i < rows.rows(); ++i)
        tickets.push_back(ticket_json(services, rows, i));
    return answer(call, std::move(tickets), 200, page.next(rows));
}

HttpResponse get_ticket(Services& services, Call& call) {
    return answer(call, ticket_json(services, own_ticket(services, call), 0));
}

HttpResponse get_ticket_qr(Services& services, Call& call) {
    const DbResult ticket = own_ticket(services, call);
    HttpResponse response;
    response.content_type = "image/svg+xml";
    response.body = qr_svg(code_of(services, ticket.text(0, 2), ticket.text(0, 0)));
    return response;
}

HttpResponse verify_ticket(Services& services, Call& call) {
    const std::string id = call.id("ticketId");
    Fields fields(call.body);
    const std::string code = fields.text("code", 1, kLabelBytes);
    fields.finish();
    const DbResult rows = services.db.read("SELECT * FROM tix.tix_find_ticket($1::uuid)", {id});
    if (rows.rows() == 0) throw ProblemError(make_problem("not_found"));
    // A code is good when it is the one this ticket has.
    const bool genuine = code == code_of(services, rows.text(0, 0), id);
    const std::string reason = genuine ? reason_of(rows.text(0, 2)) : "invalid";
    return answer(call, {{"valid", reason == "ok"},
                         {"reason", reason},
                         {"ticketId", id},
                         {"sessionId", rows.text(0, 0)},
                         {"seatId", rows.text(0, 1)}});
}

}  // namespace tix::gateway
