// For load balancers and Prometheus.
#include "routes.hpp"
#include "shared.hpp"

namespace tix::gateway {

HttpResponse healthz(Services&, Call& call) {
    return answer(call, {{"status", "ok"}});
}

HttpResponse readyz(Services& services, Call& call) {
    bool database = false;
    bool engine = false;
    try {
        const DbResult row = services.db.read("SELECT * FROM tix.tix_health()", {});
        database = row.flag(0, 0);
        engine = row.flag(0, 1);
    } catch (const DbError&) {
        // Said below.
    }
    const bool ready = database && engine;
    HttpResponse response = answer(call,
                                   {{"status", ready ? "ready" : "unavailable"},
                                    {"database", database ? "ok" : "unavailable"},
                                    {"engine", engine ? "ok" : "unavailable"}},
                                   ready ? 200 : 503);
    if (!ready) response.headers.emplace_back("Retry-After", "1");
    return response;
}

HttpResponse metrics_text(Services& services, Call&) {
    const DbPool::Gauge pool = services.db.gauge();
    services.metrics.database_pool(pool.open, pool.busy, pool.waiting);
    HttpResponse response;
    response.content_type = "text/plain; version=0.0.4; charset=utf-8";
    response.body = services.metrics.text();
    return response;
}

}  // namespace tix::gateway
