// The way of a request: route, client, token, limits, body, handler, answer, log, metrics.
//
// Every failure on that way is a problem document; nothing a stranger sends makes an exception
// leave here, and no text of the server's reaches a client but what the database says to clients.
#pragma once

#include <string>
#include <vector>

#include "call.hpp"
#include "router.hpp"
#include "services.hpp"

namespace tix::gateway {

class Pipeline {
public:
    Pipeline(Services& services, const std::vector<Route>& routes);

    HttpResponse handle(const HttpRequest& request) const;
    // For a request that had no reading; `code` is of errors.def.
    HttpResponse fault(std::string_view code) const;
    // Whether a body beyond the common limit is read at all: only for a route that takes one, and
    // from who may take that route. Empty, or a code of errors.def.
    std::string refuse_long_body(const HttpRequest& head) const;

private:
    struct Rate;
    static const Rate& rate_of(LimitClass limit);

    Call call_of(const HttpRequest& request) const;
    HttpResponse serve(Call& call, int& route, std::string& trouble) const;
    void authenticate(Call& call, const Route& route) const;
    // Takes a token from each bucket; the header fields go into `response`.
    void limit(Call& call, const Route& route, HttpResponse& response) const;
    Limiter::Verdict take_from_prefix(const Call& call, const Rate& rate) const;
    [[noreturn]] void refuse(const Rate& rate, const Limiter::Verdict& verdict) const;
    void read_body(Call& call, const Route& route) const;
    void log(const Call& call, int route, const HttpResponse& response, double seconds,
             const std::string& trouble) const;

    Services& services_;
    const std::vector<Route>& routes_;
    Router router_;
};

// The labels of the routes for the metrics: "POST /v1/orders".
std::vector<std::string> route_labels(const std::vector<Route>& routes);

}  // namespace tix::gateway
