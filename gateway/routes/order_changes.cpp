// What becomes of an order after it was made: more seats, fewer, other ones, none to pay for, money
// back; and what has become of it so far.
#include "../pipeline/fields.hpp"
#include "routes.hpp"
#include "shared.hpp"

namespace tix::gateway {
namespace {

constexpr std::size_t kMovesMax = 100;

// An answer that a repeated request gets again; `flag` is the column that says so.
HttpResponse repeatable(const Call& call, Json data, const DbResult& row, int flag) {
    HttpResponse response = answer(call, std::move(data));
    mark_replayed(response, row.flag(0, flag));
    return response;
}

// What changed in the items of an order, as order_history keeps it: amounts are minor units.
Json change_json(std::string_view stored, std::string_view currency) {
    Json change = Json::parse(stored);
    for (const char* amount : {"amount", "refunded", "kept"})
        if (const auto found = change.find(amount); found != change.end())
            *found = money(found->get<std::int64_t>(), currency);
    return change;
}

DbResult own_order(Services& services, const Call& call) {
    DbResult rows = services.db.read("SELECT * FROM tix.tix_get_order($1::uuid, $2::uuid)",
                                     {call.id("orderId"), call.user_id()});
    if (rows.rows() == 0) throw ProblemError(make_problem("not_found"));
    return rows;
}

}  // namespace

HttpResponse add_to_order(Services& services, Call& call) {
    const std::string order = call.id("orderId");
    Fields fields(call.body);
    const auto locks = fields.lock_ids("lockIds", kLocksMax);
    const auto items = fields.optional_objects("items", kListMax);
    fields.finish();
    const DbResult row = services.db.write(
        "SELECT * FROM tix.tix_add_to_order($1::uuid, $2::uuid, $3::bigint[], $4::jsonb, $5::text)",
        {order, call.user_id(), array_literal(locks), items, call.idempotency_key()});
    return repeatable(call,
                      {{"orderId", order},
                       {"total", money(row.number(0, 0), row.text(0, 1))},
                       {"expiresAt", row.time(0, 2)},
                       {"seatIds", row.array(0, 3)}},
                      row, 4);
}

HttpResponse cancel_items(Services& services, Call& call) {
    const std::string order = call.id("orderId");
    Fields fields(call.body);
    const auto seats = fields.texts("seatIds", 1, kListMax);
    const auto reason = fields.optional_text("reason", kReasonBytes);
    fields.finish();
    const DbResult row = services.db.write(
        "SELECT * FROM tix.tix_cancel_items($1::uuid, $2::uuid, $3::text[], $4::text, $5::text)",
        {order, call.user_id(), array_literal(seats), reason.value_or("cancelled"),
         call.idempotency_key()});
    services.refunds.wake();
    return repeatable(call, cancelled_items(order, row), row, 4);
}

HttpResponse reseat_order(Services& services, Call& call) {
    const std::string order = call.id("orderId");
    Fields fields(call.body);
    const std::string changes = fields.text_map("changes", kMovesMax);
    const auto locks = fields.lock_ids("lockIds", kLocksMax);
    fields.finish();
    const DbResult row = services.db.write(
        "SELECT * FROM tix.tix_reseat_order($1::uuid, $2::uuid, $3::jsonb, $4::bigint[], $5::text)",
        {order, call.user_id(), changes, array_literal(locks), call.idempotency_key()});
    services.refunds.wake();
    return repeatable(
        call, {{"orderId", order}, {"refunded", money(row.number(0, 0), row.text(0, 1))}}, row, 2);
}

HttpResponse complete_order(Services& services, Call& call) {
    const std::string order = call.id("orderId");
    const DbResult row = services.db.write(
        "SELECT * FROM tix.tix_complete_free_order($1::uuid, $2::uuid)", {order, call.user_id()});
    return answer(call,
                  {{"orderId", order}, {"status", "completed"}, {"seatIds", row.array(0, 0)}});
}

HttpResponse refund_order(Services& services, Call& call) {
    const std::string order = call.id("orderId");
    const DbResult row = services.db.write(
        "SELECT * FROM tix.tix_refund_postponed_order($1::uuid, $2::uuid, $3::text)",
        {order, call.user_id(), call.idempotency_key()});
    services.refunds.wake();
    return repeatable(call, {{"orderId", order}, {"refundId", nullable(row, 0, 0)}}, row, 1);
}

HttpResponse list_refunds(Services& services, Call& call) {
    const DbResult order = own_order(services, call);
    const DbResult rows = services.db.read("SELECT * FROM tix.tix_list_refunds($1::uuid, $2::uuid)",
                                           {call.id("orderId"), call.user_id()});
    Json refunds = Json::array();
    for (int i = 0; i < rows.rows(); ++i)
        refunds.push_back({{"refundId", rows.text(i, 0)},
                           {"amount", money(rows.number(i, 1), rows.text(i, 2))},
                           {"status", rows.text(i, 3)},
                           {"reason", rows.text(i, 4)},
                           {"seatId", nullable(rows, i, 5)},
                           {"requestedAt", rows.time(i, 6)},
                           {"processedAt", nullable_time(rows, i, 7)}});
    return answer(call, std::move(refunds));
}

HttpResponse get_history(Services& services, Call& call) {
    const DbResult order = own_order(services, call);
    const DbResult rows =
        services.db.read("SELECT * FROM tix.tix_order_history($1::uuid, $2::uuid)",
                         {call.id("orderId"), call.user_id()});
    Json history = Json::array();
    for (int i = 0; i < rows.rows(); ++i)
        history.push_back(
            {{"at", rows.time(i, 0)},
             {"from", nullable(rows, i, 1)},
             {"to", rows.text(i, 2)},
             {"cause", rows.text(i, 3)},
             {"byBuyer", rows.flag(i, 4)},
             {"change",
              rows.null(i, 5) ? Json() : change_json(rows.text(i, 5), order.text(0, 4))}});
    return answer(call, std::move(history));
}

}  // namespace tix::gateway
