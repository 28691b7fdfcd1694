// People: users and the log of acts for admins, and everybody's own account.
#include "../base/text.hpp"
#include "../pipeline/fields.hpp"
#include "documents.hpp"
#include "routes.hpp"

namespace tix::gateway {
namespace {

constexpr std::size_t kEmailBytes = 254;
constexpr std::size_t kNameBytes = 800;  // of the 200 characters
constexpr std::size_t kPhoneBytes = 32;
constexpr std::size_t kReasonBytesMax = 4000;  // of the 1000 characters

bool is_number(std::string_view text) {
    return parse_int64(text).value_or(0) > 0;
}

}  // namespace

HttpResponse list_acts(Services& services, Call& call) {
    const Page page(call, is_number);
    return documents(
        call,
        services.db.read("SELECT * FROM tix.tix_list_acts_as($1::uuid, $2::bigint, $3::int)",
                         {call.user_id(), page.after(), page.limit()}),
        page);
}

HttpResponse list_users(Services& services, Call& call) {
    const auto email = call.query_value("email");
    const auto role = call.query_value("role");
    const Page page(call);
    return documents(call,
                     services.db.read("SELECT * FROM tix.tix_list_users_as($1::uuid, $2::text, "
                                      "$3::text, $4::uuid, $5::int)",
                                      {call.user_id(), email, role, page.after(), page.limit()}),
                     page);
}

HttpResponse set_user_role(Services& services, Call& call) {
    const std::string user = call.id("userId");
    Fields fields(call.body);
    const auto role = fields.text("role", 1, kLabelBytes);
    fields.finish();
    services.db.write("SELECT * FROM tix.tix_set_user_role_as($1::uuid, $2::uuid, $3::text)",
                      {call.user_id(), user, role});
    return done();
}

HttpResponse set_user_status(Services& services, Call& call) {
    const std::string user = call.id("userId");
    Fields fields(call.body);
    const auto status = fields.text("status", 1, kLabelBytes);
    const auto reason = fields.text("reason", 1, kReasonBytesMax);
    fields.finish();
    services.db.write(
        "SELECT * FROM tix.tix_set_user_status_as($1::uuid, $2::uuid, $3::text, $4::text)",
        {call.user_id(), user, status, reason});
    return done();
}

HttpResponse get_profile(Services& services, Call& call) {
    return document(
        call, services.db.read("SELECT * FROM tix.tix_get_profile($1::uuid)", {call.user_id()}));
}

HttpResponse update_profile(Services& services, Call& call) {
    Fields fields(call.body);
    const auto name = fields.optional_text("displayName", kNameBytes);
    const auto phone = fields.optional_text("phoneNumber", kPhoneBytes);
    fields.finish();
    return document(call, services.db.write(
                              "SELECT * FROM tix.tix_update_profile($1::uuid, $2::text, $3::text)",
                              {call.user_id(), name, phone}));
}

HttpResponse export_own(Services& services, Call& call) {
    const DbResult row =
        services.db.write("SELECT * FROM tix.tix_export_own($1::uuid)", {call.user_id()});
    return answer(call, Json::parse(row.text(0, 0)));
}

HttpResponse erase_own(Services& services, Call& call) {
    Fields fields(call.body);
    const auto email = fields.text("email", 1, kEmailBytes);
    fields.finish();
    services.db.write("SELECT * FROM tix.tix_erase_own($1::uuid, $2::text)",
                      {call.user_id(), email});
    return done();
}

HttpResponse sign_out_everywhere(Services& services, Call& call) {
    const DbResult row =
        services.db.write("SELECT * FROM tix.tix_sign_out_everywhere($1::uuid)", {call.user_id()});
    return answer(call, {{"ended", row.number(0, 0)}});
}

}  // namespace tix::gateway
