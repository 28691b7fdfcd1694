// The HTTP server: hands every well-framed request to one function. Never faces the net: the edge
// does; a connection costs a thread here.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "head.hpp"
#include "message.hpp"

namespace tix::gateway {

struct ServerSettings {
    std::string host = "127.0.0.1";
    int port = 0;             // 0: none
    std::string unix_socket;  // path; empty: none
    int threads = 400;        // as many connections at a time
    std::size_t body_bytes = 65536;
    // Bodies up to this are asked about before they are kept: empty, or the code of the refusal.
    std::size_t long_body_bytes = 0;
    std::function<std::string(const HttpRequest& head)> refuse_long_body;
    std::chrono::milliseconds keep_alive{75000};  // longest pause between two requests
    std::chrono::milliseconds deadline{10000};    // for a head, a body or a response
    std::chrono::milliseconds linger{1000};       // of idle connections when it drains
    HeadLimits head;
};

class HttpServer {
public:
    using Handler = std::function<HttpResponse(const HttpRequest&)>;
    // Answers a request that has no reading; gets a code of errors.def.
    using FaultHandler = std::function<HttpResponse(std::string_view code)>;

    HttpServer(ServerSettings settings, Handler handler, FaultHandler fault_handler);
    ~HttpServer();

    // Listens, or takes the `passed` sockets from descriptor 3 on instead. False when the address
    // is taken; errno tells why.
    bool bind(int passed = 0);
    // Serves until drain(); returns when the last request was answered.
    void run();
    // Serves the connections that wait and takes no more, lets requests in progress finish, and
    // ends idle connections a moment later: who has just sent a request on one is answered.
    // Thread-safe.
    void drain();

private:
    class Library;
    std::unique_ptr<Library> library_;
};

}  // namespace tix::gateway
