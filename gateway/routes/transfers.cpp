// A ticket changes hands or gets a new code, and is given back by who has it now.
#include "../pipeline/fields.hpp"
#include "routes.hpp"
#include "shared.hpp"

namespace tix::gateway {
namespace {

constexpr std::int64_t kOfferMin = 60;  // seconds
constexpr std::int64_t kOfferMax = 30 * 86400;
constexpr std::int64_t kOfferDefault = 3 * 86400;
constexpr std::size_t kOfferBytes = 100;

HttpResponse repeatable(const Call& call, Json data, bool replayed) {
    HttpResponse response = answer(call, std::move(data));
    mark_replayed(response, replayed);
    return response;
}

}  // namespace

HttpResponse transfer_ticket(Services& services, Call& call) {
    const std::string ticket = call.id("ticketId");
    Fields fields(call.body);
    const std::string to = fields.uuid("toUserId");
    fields.finish();
    const DbResult row = services.db.write(
        "SELECT * FROM tix.tix_transfer_ticket($1::uuid, $2::uuid, $3::uuid, $4::text)",
        {ticket, call.user_id(), to, call.idempotency_key()});
    return repeatable(call, {{"ticketId", ticket}, {"toUserId", to}, {"issue", row.number(0, 0)}},
                      row.flag(0, 1));
}

HttpResponse offer_ticket(Services& services, Call& call) {
    const std::string ticket = call.id("ticketId");
    Fields fields(call.body);
    const auto ttl = fields.optional_number("ttlSeconds", kOfferMin, kOfferMax);
    fields.finish();
    const DbResult row = services.db.write(
        "SELECT * FROM tix.tix_offer_ticket($1::uuid, $2::uuid, $3::interval)",
        {ticket, call.user_id(), std::to_string(ttl.value_or(kOfferDefault)) + " seconds"});
    return answer(
        call, {{"ticketId", ticket}, {"offerCode", row.text(0, 0)}, {"expiresAt", row.time(0, 1)}},
        201);
}

HttpResponse withdraw_offer(Services& services, Call& call) {
    const std::string ticket = call.id("ticketId");
    const DbResult row = services.db.write(
        "SELECT * FROM tix.tix_withdraw_offer($1::uuid, $2::uuid)", {ticket, call.user_id()});
    return answer(call, {{"ticketId", ticket}, {"withdrawn", row.flag(0, 0)}});
}

HttpResponse accept_ticket(Services& services, Call& call) {
    Fields fields(call.body);
    const std::string offer = fields.text("offerCode", 1, kOfferBytes);
    fields.finish();
    const DbResult row =
        services.db.write("SELECT * FROM tix.tix_accept_ticket($1::text, $2::uuid, $3::text)",
                          {offer, call.user_id(), call.idempotency_key()});
    return repeatable(call, {{"ticketId", row.text(0, 0)}, {"issue", row.number(0, 1)}},
                      row.flag(0, 2));
}

HttpResponse reissue_ticket(Services& services, Call& call) {
    const std::string ticket = call.id("ticketId");
    const DbResult row =
        services.db.write("SELECT * FROM tix.tix_reissue_ticket($1::uuid, $2::uuid, $3::text)",
                          {ticket, call.user_id(), call.idempotency_key()});
    return repeatable(call, {{"ticketId", ticket}, {"code", row.text(0, 0)}}, row.flag(0, 1));
}

HttpResponse cancel_ticket(Services& services, Call& call) {
    const std::string ticket = call.id("ticketId");
    Fields fields(call.body);
    const auto reason = fields.optional_text("reason", kReasonBytes);
    fields.finish();
    const DbResult row = services.db.write(
        "SELECT * FROM tix.tix_cancel_ticket($1::uuid, $2::uuid, $3::text, $4::text)",
        {ticket, call.user_id(), reason.value_or("cancelled"), call.idempotency_key()});
    services.refunds.wake();
    return repeatable(call, {{"ticketId", ticket}, {"refundId", nullable(row, 0, 0)}},
                      row.flag(0, 1));
}

}  // namespace tix::gateway
