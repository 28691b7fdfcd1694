// The gateway with one more route: the yardstick of a lock over HTTP. It makes the same hops and
// only inserts the row that a lock writes into the journal.
#include <cstdio>
#include <string>

#include "app/app.hpp"
#include "pipeline/answer.hpp"
#include "pipeline/fields.hpp"
#include "pipeline/services.hpp"
#include "routes/routes.hpp"

namespace {

using namespace tix::gateway;

HttpResponse insert_row(Services& services, Call& call) {
    const std::string& session = call.id("sessionId");
    Fields fields(call.body);
    const auto seats = fields.texts("seatIds", 1, kListMax);
    const auto ttl = fields.number("ttlSeconds", 1, 60);
    fields.finish();
    const DbResult row = services.db.write(
        "SELECT * FROM bench.insert_only($1::uuid, $2::text[], $3::uuid, $4::interval)",
        {session, array_literal(seats), call.user_id(), std::to_string(ttl) + " seconds"});
    return answer(call,
                  {{"lockId", row.text(0, 2)},
                   {"expiresAt", row.time(0, 3)},
                   {"seatIds", row.array(0, 4)},
                   {"sessionId", session}},
                  201);
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
    try {
        return App(read_config(std::string(argument.substr(kConfig.size()))), table).run();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "tix-gateway: error: %s\n", error.what());
        return 2;
    }
}
