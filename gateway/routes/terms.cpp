// Tariffs, fees and taxes, promotions, quotas and terms of cancellation, as organisers set them.
#include "../pipeline/fields.hpp"
#include "documents.hpp"
#include "routes.hpp"

namespace tix::gateway {
namespace {

constexpr std::size_t kNameMax = 64;
constexpr std::size_t kNamesMax = 100;
constexpr std::int64_t kCountMax = INT32_MAX;
constexpr std::int64_t kYearSeconds = 366LL * 86400;

// A rule is an amount or thousandths; the database refuses both and neither.
struct Rule {
    explicit Rule(Fields& fields)
        : price(fields.optional_money("price")), permille(fields.optional_permille("permille")) {}
    DbValue amount() const { return price ? DbValue(std::to_string(price->minor)) : std::nullopt; }
    DbValue currency() const { return price ? DbValue(price->currency) : std::nullopt; }

    std::optional<Amount> price;
    DbValue permille;
};

// Amounts of a promotion are all of one currency: the one that is named.
DbValue minor_in(Fields& fields, const char* name, const std::string& currency) {
    const auto money = fields.optional_money(name);
    if (!money) return std::nullopt;
    if (money->currency != currency) fields.fault(name, "must be in the promotion's currency");
    return std::to_string(money->minor);
}

}  // namespace

HttpResponse set_tariff(Services& services, Call& call) {
    const std::string event = call.id("eventId");
    Fields fields(call.body);
    const auto name = fields.text("name", 1, kNameMax);
    const Rule rule(fields);
    const auto category = fields.optional_uuid("categoryId");
    fields.finish();
    const DbResult row = services.db.write(
        "SELECT * FROM tix.tix_set_tariff_as($1::uuid, $2::uuid, $3::text, $4::bigint, $5::text, "
        "$6::numeric, $7::uuid)",
        {call.user_id(), event, name, rule.amount(), rule.currency(), rule.permille, category});
    return answer(call, {{"tariffId", row.text(0, 0)}});
}

HttpResponse drop_tariff(Services& services, Call& call) {
    return done_if(
        services.db.write("SELECT * FROM tix.tix_drop_tariff_as($1::uuid, $2::uuid, $3::uuid)",
                          {call.user_id(), call.id("eventId"), call.id("tariffId")}));
}

HttpResponse set_charge(Services& services, Call& call) {
    const std::string event = call.id("eventId");
    Fields fields(call.body);
    const auto kind = fields.text("kind", 1, kNameMax);
    const auto name = fields.text("name", 1, kNameMax);
    const Rule rule(fields);
    const bool included = fields.flag("included", false);
    const auto categories = fields.optional_texts("categories", kNamesMax);
    const auto tariffs = fields.optional_texts("tariffs", kNamesMax);
    fields.finish();
    const DbResult row = services.db.write(
        "SELECT * FROM tix.tix_set_charge_as($1::uuid, $2::uuid, $3::text, $4::text, $5::bigint, "
        "$6::text, $7::numeric, $8::boolean, $9::text[], $10::text[])",
        {call.user_id(), event, kind, name, rule.amount(), rule.currency(), rule.permille,
         included ? "t" : "f", list_of(categories), list_of(tariffs)});
    return answer(call, {{"chargeId", row.text(0, 0)}});
}

HttpResponse drop_charge(Services& services, Call& call) {
    return done_if(
        services.db.write("SELECT * FROM tix.tix_drop_charge_as($1::uuid, $2::uuid, $3::uuid)",
                          {call.user_id(), call.id("eventId"), call.id("chargeId")}));
}

HttpResponse set_promotion(Services& services, Call& call) {
    const std::string event = call.id("eventId");
    Fields fields(call.body);
    const auto code = fields.text("code", 1, kNameMax);
    const auto currency = fields.text("currency", 3, 3);
    const auto amount = minor_in(fields, "price", currency);
    const auto permille = fields.optional_permille("permille");
    const auto from = fields.optional_time("validFrom");
    const auto until = fields.optional_time("validUntil");
    const auto uses = fields.optional_number("maxUses", 0, kCountMax);
    const auto each = fields.optional_number("maxUsesPerUser", 0, kCountMax);
    const auto budget = minor_in(fields, "budget", currency);
    const auto minimum = minor_in(fields, "minimum", currency);
    const auto tariffs = fields.optional_texts("tariffs", kNamesMax);
    const auto categories = fields.optional_texts("categories", kNamesMax);
    fields.finish();
    const DbResult row = services.db.write(
        "SELECT * FROM tix.tix_set_promotion_as($1::uuid, $2::uuid, $3::text, $4::text, "
        "$5::bigint, $6::numeric, $7::timestamptz, $8::timestamptz, $9::int, $10::int, "
        "$11::bigint, $12::bigint, $13::text[], $14::text[])",
        {call.user_id(), event, code, currency, amount, permille, from, until, digits(uses),
         digits(each), budget, minimum, list_of(tariffs), list_of(categories)});
    return answer(call, {{"promotionId", row.text(0, 0)}});
}

HttpResponse list_promotions(Services& services, Call& call) {
    const Page page(call);
    return documents(
        call,
        services.db.read(
            "SELECT * FROM tix.tix_list_promotions_as($1::uuid, $2::uuid, $3::uuid, $4::int)",
            {call.user_id(), call.id("eventId"), page.after(), page.limit()}),
        page);
}

HttpResponse set_quota(Services& services, Call& call) {
    const std::string event = call.id("eventId");
    Fields fields(call.body);
    const auto category = fields.uuid("categoryId");
    const auto quota = fields.number("quota", 0, kCountMax);
    fields.finish();
    services.db.write("SELECT * FROM tix.tix_set_quota_as($1::uuid, $2::uuid, $3::uuid, $4::int)",
                      {call.user_id(), event, category, std::to_string(quota)});
    return done();
}

HttpResponse set_cancellation_terms(Services& services, Call& call) {
    const std::string event = call.id("eventId");
    Fields fields(call.body);
    const auto until = fields.number("untilBeforeStartSeconds", 0, kYearSeconds);
    const auto permille = fields.optional_permille("keptPermille");
    const auto kept = fields.optional_number("keptMinor", 0, INT64_MAX);
    fields.finish();
    services.db.write(
        "SELECT * FROM tix.tix_set_cancellation_terms_as($1::uuid, $2::uuid, $3::interval, "
        "$4::numeric, $5::bigint)",
        {call.user_id(), event, seconds(until), permille.value_or("0"),
         std::to_string(kept.value_or(0))});
    return done();
}

}  // namespace tix::gateway
