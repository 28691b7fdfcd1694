// What organisers do with their sessions. The database checks whose they are, whatever a token
// says.
#include "routes.hpp"
#include "shared.hpp"

namespace tix::gateway {

HttpResponse open_sale(Services& services, Call& call) {
    const std::string session = call.id("sessionId");
    const DbResult row = services.db.write("SELECT * FROM tix.tix_open_sale($1::uuid, $2::uuid)",
                                           {session, call.user_id()});
    return answer(call,
                  {{"sessionId", session}, {"status", "on_sale"}, {"seats", row.number(0, 0)}});
}

HttpResponse close_sale(Services& services, Call& call) {
    const std::string session = call.id("sessionId");
    const DbResult row = services.db.write("SELECT * FROM tix.tix_close_sale($1::uuid, $2::uuid)",
                                           {session, call.user_id()});
    return answer(call, {{"sessionId", session}, {"status", row.text(0, 0)}});
}

}  // namespace tix::gateway
