// tix-mock-provider: a payment provider that does what the payment method tells it to.
#include <signal.h>

#include <charconv>
#include <cstdio>
#include <string>
#include <thread>

#include "../config/config.hpp"
#include "../http/server.hpp"
#include "../mock/courier.hpp"

namespace {

using namespace tix::gateway;

constexpr char kHelp[] =
    "tix-mock-provider plays a payment provider for demos and tests.\n"
    "\n"
    "Usage: tix-mock-provider --port=N --webhook-url=URL --secret-file=FILE\n"
    "\n"
    "POST /v1/charges asks for money, /v1/captures and /v1/voids for what is reserved or its end,\n"
    "/v1/refunds pays back; a signed webhook tells the outcome, again and again until it is\n"
    "answered with 2xx. GET /v1/payments/ID tells the same to who asks.\n"
    "Exit status: 0 ended by SIGTERM, 1 could not serve, 2 wrong usage.\n";
constexpr int kThreads = 64;
constexpr int kCouriers = 4;

struct Options {
    int port = 0;
    std::string webhook_url, secret_file;
};

int usage(const std::string& message) {
    std::fprintf(stderr, "tix-mock-provider: error: %s\nHINT:  Try \"tix-mock-provider --help\".\n",
                 message.c_str());
    return 2;
}

bool take_option(std::string_view argument, Options& options) {
    const auto value_of = [&](std::string_view name) {
        return argument.starts_with(name) ? argument.substr(name.size()) : std::string_view();
    };
    if (const auto port = value_of("--port="); !port.empty())
        return std::from_chars(port.data(), port.data() + port.size(), options.port).ptr ==
               port.data() + port.size();
    if (const auto url = value_of("--webhook-url="); !url.empty())
        options.webhook_url = url;
    else if (const auto file = value_of("--secret-file="); !file.empty())
        options.secret_file = file;
    else
        return false;
    return true;
}

HttpResponse answer(int status, const Json& body) {
    HttpResponse response;
    response.status = status;
    response.content_type = "application/json";
    response.body = body.dump();
    return response;
}

HttpResponse accept(Courier& courier, const std::string& id, const Json& body,
                    const std::vector<PlannedEvent>& events) {
    if (!courier.take(id, body["paymentId"].get<std::string>(), events))
        return answer(503, {{"error", "too many events wait"}});
    return answer(202, {{"status", "accepted"}});
}

HttpResponse charge(Courier& courier, const HttpRequest& request) {
    std::string error;
    const auto body = parse_json(request.body, {}, error);
    const auto events = body ? plan_events(*body) : std::nullopt;
    if (!events) return answer(400, {{"error", "no charge, or an unknown payment method"}});
    return accept(courier, (*body)["paymentId"].get<std::string>(), *body, *events);
}

// 422 means never: asking again would be answered the same.
HttpResponse follow(Courier& courier, const HttpRequest& request, const char* kind) {
    std::string error;
    const auto body = parse_json(request.body, {}, error);
    const auto event = body ? plan_follow(*body, kind) : std::nullopt;
    if (!event) return answer(422, {{"error", "no such charge"}});
    return accept(courier, (*body)["paymentId"].get<std::string>() + kind, *body, {*event});
}

HttpResponse refund(Courier& courier, const HttpRequest& request) {
    std::string error;
    const auto body = parse_json(request.body, {}, error);
    const auto event = body ? plan_refund(*body) : std::nullopt;
    if (!event) return answer(422, {{"error", "no refund, or one of an unknown transaction"}});
    return accept(courier, (*body)["refundId"].get<std::string>(), *body, {*event});
}

HttpResponse details(Courier& courier, const std::string& payment) {
    const auto bodies = courier.told(payment);
    if (!bodies) return answer(404, {{"error", "not found"}});
    Json events = Json::array();
    std::string error;
    for (const std::string& body : *bodies)
        events.push_back(parse_json(body, {}, error).value_or(Json()));
    return answer(200, {{"events", std::move(events)}});
}

HttpResponse handle(Courier& courier, const HttpRequest& request) {
    if (request.path == "/healthz") return answer(200, {{"status", "ok"}});
    if (request.path == "/v1/charges" && request.method == "POST") return charge(courier, request);
    if (request.path == "/v1/captures" && request.method == "POST")
        return follow(courier, request, "captured");
    if (request.path == "/v1/voids" && request.method == "POST")
        return follow(courier, request, "voided");
    if (request.path == "/v1/refunds" && request.method == "POST") return refund(courier, request);
    constexpr std::string_view kPayments = "/v1/payments/";
    if (request.path.starts_with(kPayments) && request.method == "GET")
        return details(courier, std::string(request.path.substr(kPayments.size())));
    return answer(404, {{"error", "not found"}});
}

int serve(const Options& options) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    signal(SIGPIPE, SIG_IGN);
    Courier courier(options.webhook_url, read_secret("--secret-file", options.secret_file),
                    kCouriers);
    ServerSettings settings;
    settings.port = options.port;
    settings.threads = kThreads;
    HttpServer server(
        settings, [&](const HttpRequest& request) { return handle(courier, request); },
        [](std::string_view code) {
            return answer(400, {{"error", code}});
        });
    if (!server.bind()) {
        std::fprintf(stderr, "tix-mock-provider: error: port %d is in use\n", options.port);
        return 1;
    }
    std::thread serving([&] { server.run(); });
    int signal_number = 0;
    sigwait(&signals, &signal_number);
    server.drain();
    serving.join();
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    for (int i = 1; i < argc; ++i) {
        if (std::string_view(argv[i]) == "--help") return std::fputs(kHelp, stdout) < 0;
        if (!take_option(argv[i], options)) return usage(std::string("bad option ") + argv[i]);
    }
    if (options.port <= 0 || options.webhook_url.empty() || options.secret_file.empty())
        return usage("--port, --webhook-url and --secret-file are needed");
    try {
        return serve(options);
    } catch (const std::exception& error) {
        return usage(error.what());
    }
}
