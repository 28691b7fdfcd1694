// Orders of the user who asks; another's do not exist.
#include "../pipeline/fields.hpp"
#include "routes.hpp"
#include "shared.hpp"

namespace tix::gateway {
namespace {

constexpr char kProvider[] = "mock";
constexpr std::size_t kPromoBytes = 64;

// A seat of an order, as items_of_order() has it.
Json item_json(const Json& item) {
    const std::string currency = item["priceCurrency"].get<std::string>();
    const auto amount = [&](const Json& of, const char* name) {
        return money(of[name].get<std::int64_t>(), currency);
    };
    Json charges = Json::array();
    for (const Json& charge : item["charges"])
        charges.push_back({{"kind", charge["kind"]},
                           {"name", charge["name"]},
                           {"amount", amount(charge, "amount")},
                           {"included", charge["included"]}});
    return {{"seatId", item["seatId"]},
            {"lockId", item["lockId"]},
            {"tariff", item["tariff"]},
            {"attendee", item["attendee"]},
            {"price", amount(item, "priceAmount")},
            {"base", amount(item, "baseAmount")},
            {"discount", amount(item, "discountAmount")},
            {"fees", amount(item, "feeAmount")},
            {"taxes", amount(item, "taxAmount")},
            {"kept", amount(item, "keptAmount")},
            {"cancelledAt", item["cancelledAt"]},
            {"charges", std::move(charges)}};
}

}  // namespace

Json order_json(const DbResult& rows, int i) {
    Json items = Json::array();
    for (const Json& item : Json::parse(rows.text(i, 8)))
        items.push_back(item_json(item));
    return {{"orderId", rows.text(i, 0)},
            {"sessionId", rows.text(i, 1)},
            {"status", rows.text(i, 2)},
            {"total", money(rows.number(i, 3), rows.text(i, 4))},
            {"createdAt", rows.time(i, 5)},
            {"expiresAt", rows.time(i, 6)},
            {"completedAt", nullable_time(rows, i, 7)},
            {"items", std::move(items)},
            {"version", rows.number(i, 9)}};
}

HttpResponse create_order(Services& services, Call& call) {
    Fields fields(call.body);
    const auto locks = fields.lock_ids("lockIds", kLocksMax);
    const std::string provider = fields.optional_text("provider", kLabelBytes).value_or(kProvider);
    const auto items = fields.optional_objects("items", kListMax);
    const auto promo = fields.optional_text("promo", kPromoBytes);
    fields.finish();
    const DbResult row = services.db.write(
        "SELECT * FROM tix.tix_create_order($1::bigint[], $2::uuid, $3::text, $4::jsonb, $5::text,"
        " $6::text)",
        {array_literal(locks), call.user_id(), provider, items, promo, call.idempotency_key()});
    // Only what never changes: a repeated request gets the same answer.
    HttpResponse response = answer(call,
                                   {{"orderId", row.text(0, 0)},
                                    {"sessionId", row.text(0, 5)},
                                    {"status", "created"},
                                    {"total", money(row.number(0, 1), row.text(0, 2))},
                                    {"createdAt", row.time(0, 6)},
                                    {"expiresAt", row.time(0, 3)},
                                    {"seatIds", row.array(0, 4)}},
                                   201);
    mark_replayed(response, row.flag(0, 7));
    response.headers.emplace_back("Location", "/v1/orders/" + std::string(row.text(0, 0)));
    return response;
}

HttpResponse list_orders(Services& services, Call& call) {
    const Page page(call);
    const DbResult rows =
        services.db.read("SELECT * FROM tix.tix_list_orders($1::uuid, $2::uuid, $3::int)",
                         {call.user_id(), page.after(), page.limit()});
    Json orders = Json::array();
    for (int i = 0; i < rows.rows(); ++i)
        orders.push_back(order_json(rows, i));
    return answer(call, std::move(orders), 200, page.next(rows));
}

HttpResponse get_order(Services& services, Call& call) {
    const DbResult rows = services.db.read("SELECT * FROM tix.tix_get_order($1::uuid, $2::uuid)",
                                           {call.id("orderId"), call.user_id()});
    if (rows.rows() == 0) throw ProblemError(make_problem("not_found"));
    return answer(call, order_json(rows, 0));
}

HttpResponse cancel_order(Services& services, Call& call) {
    const std::string order = call.id("orderId");
    const DbResult row = services.db.write("SELECT * FROM tix.tix_cancel_order($1::uuid, $2::uuid)",
                                           {order, call.user_id()});
    return answer(call,
                  {{"orderId", order}, {"status", "cancelled"}, {"released", row.array(0, 0)}});
}

}  // namespace tix::gateway
