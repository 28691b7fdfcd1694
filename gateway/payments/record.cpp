// One statement a fact.
#include "record.hpp"

#include "../crypto/random.hpp"

namespace tix::gateway {
namespace {

constexpr char kEvent[] =
    "SELECT * FROM tix.tix_payment_event($1::text, $2::text, $3::text, $4::text, $5::uuid,"
    " $6::bigint, $7::text, $8::jsonb)";
constexpr char kAuthorized[] =
    "SELECT * FROM tix.tix_payment_authorized($1::text, $2::text, $3::text, $4::uuid,"
    " $5::bigint, $6::text, $7::jsonb)";

DbValue number(const std::optional<std::int64_t>& value) {
    return value ? DbValue(std::to_string(*value)) : std::nullopt;
}

std::string event_id_of(const Fact& fact) {
    return fact.event_id.empty() ? "answer-" + crypto::random_uuid() : fact.event_id;
}

}  // namespace

Recorded record_news(DbPool& database, std::string_view provider, const Fact& fact) {
    const DbResult row = database.write(
        kEvent, {std::string(provider), event_id_of(fact), fact.kind, fact.transaction_id,
                 fact.order_id, number(fact.amount), fact.currency, fact.payload.dump()});
    return {std::string(row.text(0, 0)), std::string(row.text(0, 1))};
}

Recorded record_answer(DbPool& database, std::string_view provider, const Fact& fact) {
    if (fact.kind != "authorized") return record_news(database, provider, fact);
    const DbResult row = database.write(
        kAuthorized, {std::string(provider), event_id_of(fact), fact.transaction_id, fact.order_id,
                      number(fact.amount), fact.currency, fact.payload.dump()});
    return {"applied", std::string(row.text(0, 0))};
}

}  // namespace tix::gateway
