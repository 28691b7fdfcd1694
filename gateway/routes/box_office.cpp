// What the house does for a buyer: sells over the counter, moves and takes back seats, pays back,
// blocks tickets. The database checks who asks and whose session it is, whatever a token says.
#include "../pipeline/fields.hpp"
#include "routes.hpp"
#include "shared.hpp"

namespace tix::gateway {
namespace {

constexpr std::size_t kMovesMax = 100;
constexpr std::size_t kPromoBytes = 64;
constexpr std::size_t kActReasonBytes = 1000;

DbResult order_for(Services& services, const Call& call) {
    return services.db.read("SELECT * FROM tix.tix_get_order_for($1::uuid, $2::uuid)",
                            {call.id("orderId"), call.user_id()});
}

// An amount in the body is of the order's currency, which never changes; as minor units.
DbValue amount_of_order(Services& services, const Call& call, const char* name,
                        const std::optional<Amount>& amount) {
    if (!amount) return std::nullopt;
    const DbResult order = order_for(services, call);
    if (order.text(0, 4) == amount->currency) return std::to_string(amount->minor);
    Problem problem = make_problem("validation");
    problem.errors.push_back({name, "must be in " + std::string(order.text(0, 4))});
    throw ProblemError(std::move(problem));
}

}  // namespace

HttpResponse sell_order(Services& services, Call& call) {
    Fields fields(call.body);
    const auto locks = fields.lock_ids("lockIds", kLocksMax);
    const std::string buyer = fields.uuid("buyerId");
    const std::string method = fields.text("method", 1, kLabelBytes);
    const auto items = fields.optional_objects("items", kListMax);
    const auto promo = fields.optional_text("promo", kPromoBytes);
    fields.finish();
    const DbResult row = services.db.write(
        "SELECT * FROM tix.tix_box_office_order($1::bigint[], $2::uuid, $3::uuid, $4::text,"
        " $5::jsonb, $6::text, $7::text)",
        {array_literal(locks), call.user_id(), buyer, method, items, promo,
         call.idempotency_key()});
    HttpResponse response = answer(call,
                                   {{"orderId", row.text(0, 0)},
                                    {"buyerId", buyer},
                                    {"status", "completed"},
                                    {"total", money(row.number(0, 1), row.text(0, 2))},
                                    {"seatIds", row.array(0, 3)},
                                    {"paymentId", nullable(row, 0, 4)}},
                                   201);
    mark_replayed(response, row.flag(0, 5));
    return response;
}

HttpResponse get_order_for(Services& services, Call& call) {
    const DbResult row = order_for(services, call);
    Json order = order_json(row, 0);
    order["buyerId"] = row.text(0, 10);
    return answer(call, std::move(order));
}

HttpResponse cancel_items_for(Services& services, Call& call) {
    const std::string order = call.id("orderId");
    Fields fields(call.body);
    const auto seats = fields.texts("seatIds", 1, kListMax);
    const std::string reason = fields.text("reason", 1, kReasonBytes);
    const auto keep = fields.optional_money("keep");
    fields.finish();
    const DbValue kept = amount_of_order(services, call, "keep", keep);
    const DbResult row = services.db.write(
        "SELECT * FROM tix.tix_cancel_items_for($1::uuid, $2::uuid, $3::text[], $4::text,"
        " $5::bigint, $6::text)",
        {order, call.user_id(), array_literal(seats), reason, kept.value_or("0"),
         call.idempotency_key()});
    services.refunds.wake();
    HttpResponse response = answer(call, cancelled_items(order, row));
    mark_replayed(response, row.flag(0, 4));
    return response;
}

HttpResponse reseat_order_for(Services& services, Call& call) {
    const std::string order = call.id("orderId");
    Fields fields(call.body);
    const std::string changes = fields.text_map("changes", kMovesMax);
    const std::string reason = fields.text("reason", 1, kReasonBytes);
    fields.finish();
    const DbResult row = services.db.write(
        "SELECT * FROM tix.tix_reseat_order_for($1::uuid, $2::uuid, $3::jsonb, $4::text,"
        " $5::text)",
        {order, call.user_id(), changes, reason, call.idempotency_key()});
    services.refunds.wake();
    HttpResponse response =
        answer(call, {{"orderId", order}, {"refunded", money(row.number(0, 0), row.text(0, 1))}});
    mark_replayed(response, row.flag(0, 2));
    return response;
}

HttpResponse refund_order_for(Services& services, Call& call) {
    const std::string order = call.id("orderId");
    Fields fields(call.body);
    const auto amount = fields.optional_money("amount");
    const std::string reason = fields.text("reason", 1, kActReasonBytes);
    fields.finish();
    const DbValue minor = amount_of_order(services, call, "amount", amount);
    const DbResult row = services.db.write(
        "SELECT * FROM tix.tix_refund_order_for($1::uuid, $2::uuid, $3::bigint, $4::text,"
        " $5::text)",
        {order, call.user_id(), minor, reason, call.idempotency_key()});
    services.refunds.wake();
    HttpResponse response = answer(call, {{"orderId", order}, {"refundId", nullable(row, 0, 0)}});
    mark_replayed(response, row.flag(0, 1));
    return response;
}

HttpResponse block_ticket(Services& services, Call& call) {
    const std::string ticket = call.id("ticketId");
    Fields fields(call.body);
    const std::string reason = fields.text("reason", 1, kActReasonBytes);
    fields.finish();
    const DbResult row =
        services.db.write("SELECT * FROM tix.tix_block_ticket_for($1::uuid, $2::uuid, $3::text)",
                          {ticket, call.user_id(), reason});
    return answer(call, {{"ticketId", ticket}, {"blocked", true}, {"changed", row.flag(0, 0)}});
}

HttpResponse unblock_ticket(Services& services, Call& call) {
    const std::string ticket = call.id("ticketId");
    const DbResult row =
        services.db.write("SELECT * FROM tix.tix_block_ticket_for($1::uuid, $2::uuid, NULL)",
                          {ticket, call.user_id()});
    return answer(call, {{"ticketId", ticket}, {"blocked", false}, {"changed", row.flag(0, 0)}});
}

}  // namespace tix::gateway
