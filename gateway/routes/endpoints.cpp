// Outgoing webhooks: endpoints, their secrets and what became of deliveries. For admins.
#include "../base/text.hpp"
#include "../pipeline/fields.hpp"
#include "documents.hpp"
#include "routes.hpp"

namespace tix::gateway {
namespace {

constexpr std::size_t kUrlMax = 2000;
constexpr std::size_t kDescriptionMax = 1000;
constexpr std::size_t kTypesMax = 100;
constexpr std::int64_t kBothMax = 30LL * 86400;

bool is_number(std::string_view text) {
    return parse_int64(text).value_or(0) > 0;
}

}  // namespace

HttpResponse create_webhook(Services& services, Call& call) {
    Fields fields(call.body);
    const auto url = fields.text("url", 1, kUrlMax);
    const auto types = fields.texts("types", 1, kTypesMax);
    const auto description = fields.optional_text("description", kDescriptionMax);
    fields.finish();
    const DbResult row = services.db.write(
        "SELECT * FROM tix.tix_create_webhook_as($1::uuid, $2::text, $3::text[], $4::text)",
        {call.user_id(), url, array_literal(types), description});
    return answer(call, {{"endpointId", row.text(0, 0)}, {"secret", row.text(0, 1)}}, 201);
}

HttpResponse list_webhooks(Services& services, Call& call) {
    const Page page(call);
    return documents(
        call,
        services.db.read("SELECT * FROM tix.tix_list_webhooks_as($1::uuid, $2::uuid, $3::int)",
                         {call.user_id(), page.after(), page.limit()}),
        page);
}

HttpResponse update_webhook(Services& services, Call& call) {
    const std::string id = call.id("endpointId");
    Fields fields(call.body);
    const auto url = fields.optional_text("url", kUrlMax);
    const auto types = fields.optional_texts("types", kTypesMax);
    const auto description = fields.optional_text("description", kDescriptionMax);
    const auto enabled = fields.optional_flag("enabled");
    fields.finish();
    services.db.write(
        "SELECT * FROM tix.tix_update_webhook_as($1::uuid, $2::uuid, $3::text, $4::text[], "
        "$5::text, $6::boolean)",
        {call.user_id(), id, url, list_of(types), description,
         enabled ? DbValue(*enabled ? "t" : "f") : std::nullopt});
    return done();
}

HttpResponse delete_webhook(Services& services, Call& call) {
    services.db.write("SELECT * FROM tix.tix_delete_webhook_as($1::uuid, $2::uuid)",
                      {call.user_id(), call.id("endpointId")});
    return done();
}

HttpResponse rotate_webhook_secret(Services& services, Call& call) {
    const std::string id = call.id("endpointId");
    Fields fields(call.body);
    const auto both = fields.optional_number("bothForSeconds", 0, kBothMax);
    fields.finish();
    const DbResult row = services.db.write(
        "SELECT * FROM tix.tix_rotate_webhook_secret_as($1::uuid, $2::uuid, $3::interval)",
        {call.user_id(), id, seconds(both)});
    return answer(call, {{"endpointId", id}, {"secret", row.text(0, 0)}});
}

HttpResponse list_webhook_deliveries(Services& services, Call& call) {
    const std::string id = call.id("endpointId");
    const auto status = call.query_value("status");
    if (status && *status != "pending" && *status != "delivered" && *status != "dead") {
        Problem problem = make_problem("validation");
        problem.errors.push_back({"status", "must be pending, delivered or dead"});
        throw ProblemError(std::move(problem));
    }
    const Page page(call, is_number);
    return documents(
        call,
        services.db.read("SELECT * FROM tix.tix_list_webhook_deliveries_as($1::uuid, $2::uuid, "
                         "$3::text, $4::bigint, $5::int)",
                         {call.user_id(), id, status, page.after(), page.limit()}),
        page);
}

HttpResponse retry_webhook(Services& services, Call& call) {
    const std::string& id = call.param("deliveryId");
    if (!is_number(id)) throw ProblemError(make_problem("not_found"));
    services.db.write("SELECT * FROM tix.tix_webhook_retry_as($1::uuid, $2::bigint)",
                      {call.user_id(), id});
    return done();
}

}  // namespace tix::gateway
