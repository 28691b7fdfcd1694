// Gates of a venue, and whom they let in to a session.
#include "../pipeline/fields.hpp"
#include "documents.hpp"
#include "routes.hpp"

namespace tix::gateway {
namespace {

constexpr std::size_t kNameMax = 800;  // bytes of the 200 characters
constexpr std::size_t kDayBytes = 10;  // 2026-11-21
constexpr std::int64_t kEntriesMax = 1000;
constexpr std::int64_t kYearSeconds = 366LL * 86400;

DbValue day_of(Fields& fields) {
    const auto day = fields.optional_text("onDay", kDayBytes);
    const auto like = [](std::string_view text) {
        if (text.size() != kDayBytes) return false;
        for (std::size_t i = 0; i < text.size(); ++i)
            if (i == 4 || i == 7 ? text[i] != '-' : text[i] < '0' || text[i] > '9') return false;
        return true;
    };
    if (day && !like(*day)) fields.fault("onDay", "must be a day, such as 2026-11-21");
    return day;
}

}  // namespace

HttpResponse add_gate(Services& services, Call& call) {
    const std::string venue = call.id("venueId");
    Fields fields(call.body);
    const auto name = fields.text("name", 1, kNameMax);
    fields.finish();
    const DbResult row =
        services.db.write("SELECT * FROM tix.tix_add_gate_as($1::uuid, $2::uuid, $3::text)",
                          {call.user_id(), venue, name});
    return answer(call, {{"gateId", row.text(0, 0)}}, 201);
}

HttpResponse list_gates(Services& services, Call& call) {
    const Page page(call);
    return documents(
        call,
        services.db.read(
            "SELECT * FROM tix.tix_list_gates_as($1::uuid, $2::uuid, $3::uuid, $4::int)",
            {call.user_id(), call.id("venueId"), page.after(), page.limit()}),
        page);
}

HttpResponse close_gate(Services& services, Call& call) {
    return done_if(services.db.write("SELECT * FROM tix.tix_close_gate_as($1::uuid, $2::uuid)",
                                     {call.user_id(), call.id("gateId")}));
}

HttpResponse set_entry_rule(Services& services, Call& call) {
    const std::string gate = call.id("gateId");
    Fields fields(call.body);
    const auto session = fields.uuid("sessionId");
    const auto before = fields.optional_number("opensBeforeSeconds", 0, kYearSeconds);
    const auto after = fields.optional_number("closesAfterSeconds", 0, kYearSeconds);
    const auto entries = fields.optional_number("entriesMax", 1, kEntriesMax);
    const bool reentry = fields.flag("reentry", false);
    const auto per = fields.optional_text("entriesPer", kLabelBytes);
    const auto day = day_of(fields);
    const auto zone = fields.optional_text("timeZone", kLabelBytes);
    fields.finish();
    services.db.write(
        "SELECT * FROM tix.tix_set_entry_rule_as($1::uuid, $2::uuid, $3::uuid, $4::interval, "
        "$5::interval, $6::int, $7::boolean, $8::text, $9::date, $10::text)",
        {call.user_id(), gate, session, seconds(before), seconds(after), digits(entries),
         reentry ? "t" : "f", per, day, zone});
    return done();
}

HttpResponse remove_entry_rule(Services& services, Call& call) {
    const std::string gate = call.id("gateId");
    Fields fields(call.body);
    const auto session = fields.uuid("sessionId");
    const auto day = day_of(fields);
    fields.finish();
    return done_if(services.db.write(
        "SELECT * FROM tix.tix_remove_entry_rule_as($1::uuid, $2::uuid, $3::uuid, $4::date)",
        {call.user_id(), gate, session, day}));
}

}  // namespace tix::gateway
