// The gateway with two more routes: the yardstick of a lock over HTTP, which makes the same hops
// and only inserts the row that a lock writes into the journal, and a lock that is never joined.
#include <cstdio>
#include <string>

#include "app/app.hpp"
#include "locks/calls.hpp"
#include "pipeline/answer.hpp"
#include "pipeline/fields.hpp"
#include "pipeline/services.hpp"
#include "routes/routes.hpp"

namespace {

using namespace tix::gateway;

struct Wanted {
    std::string session;
    std::vector<std::string> seats;
    std::int64_t ttl_s;
};

Wanted read(Call& call) {
    Wanted wanted;
    wanted.session = call.id("sessionId");
    Fields fields(call.body);
    wanted.seats = fields.texts("seatIds", 1, kListMax);
    wanted.ttl_s = fields.number("ttlSeconds", 1, 60);
    fields.finish();
    return wanted;
}

HttpResponse answer_row(const Call& call, const DbResult& row, const std::string& session) {
    return answer(call,
                  {{"lockId", row.text(0, 2)},
                   {"expiresAt", row.time(0, 3)},
                   {"seatIds", row.array(0, 4)},
                   {"sessionId", session}},
                  201);
}

HttpResponse insert_row(Services& services, Call& call) {
    const Wanted wanted = read(call);
    const DbResult row = services.db.write(
        "SELECT * FROM bench.insert_only($1::uuid, $2::text[], $3::uuid, $4::interval)",
        {wanted.session, array_literal(wanted.seats), call.user_id(),
         std::to_string(wanted.ttl_s) + " seconds"});
    return answer_row(call, row, wanted.session);
}

HttpResponse lock_alone(Services& services, Call& call) {
    const Wanted wanted = read(call);
    services.sessions.need_on_sale(wanted.session);
    const LockRequest request{wanted.session, call.user_id(), wanted.seats, wanted.ttl_s, {}, {}};
    const DbResult row = lock_call(services.db, {&request});
    if (!row.flag(0, 0)) throw ProblemError(make_problem(row.text(0, 1)));
    return answer_row(call, row, wanted.session);
}

}  // namespace

int main(int argc, char** argv) {
    constexpr std::string_view kConfig = "--config=";
    const std::string_view argument = argc == 2 ? argv[1] : "";
    if (!argument.starts_with(kConfig)) {
        std::fprintf(stderr, "usage: tix-gateway --config=FILE\n");
        return 2;
    }
    std::vector<Route> table = routes();
    table.push_back({"POST", "/v1/bench/{sessionId}/insert", insert_row, Access::kUser,
                     LimitClass::kLock, Body::kJson});
    table.push_back({"POST", "/v1/bench/{sessionId}/lock", lock_alone, Access::kUser,
                     LimitClass::kLock, Body::kJson});
    try {
        const std::string file(argument.substr(kConfig.size()));
        return App([file] { return read_config(file); }, table).run(0);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "tix-gateway: error: %s\n", error.what());
        return 2;
    }
}
