// A request and a response as the rest of the gateway sees them: values, no library types.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tix::gateway {

struct HttpRequest {
    std::string_view method;  // "HEAD" arrives as "GET"
    std::string_view path;    // as sent: still percent-encoded, without the query
    std::string_view query;   // as sent, without "?"
    std::string_view body;
    std::string_view peer;  // address of the other end of the connection
    std::vector<std::pair<std::string_view, std::string_view>> headers;

    // The value of a header, empty when it is missing; `name` in lower case.
    std::string_view header(std::string_view name) const;
};

struct HttpResponse {
    int status = 200;
    std::string content_type;
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers;
};

}  // namespace tix::gateway
