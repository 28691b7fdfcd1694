// httplib's client with a checked address and a watchdog.
#include "outbound.hpp"

#include <httplib.h>
#include <netdb.h>

#include <algorithm>

#include "watchdog.hpp"

namespace tix::gateway {
namespace {

// The addresses of a host, numeric; empty when it has none.
std::vector<std::string> resolve(const std::string& host) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) return {};
    std::vector<std::string> addresses;
    for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
        char text[NI_MAXHOST];
        if (getnameinfo(at->ai_addr, at->ai_addrlen, text, sizeof text, nullptr, 0,
                        NI_NUMERICHOST) == 0)
            addresses.emplace_back(text);
    }
    freeaddrinfo(found);
    return addresses;
}

std::optional<int> retry_after(const httplib::Response& response) {
    const std::string value = response.get_header_value("Retry-After");
    if (value.empty() || value.size() > 6 ||
        !std::all_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; }))
        return std::nullopt;
    return std::min(std::stoi(value), 86400);
}

OutboundAnswer send(const OutboundUrl& url, const std::string& address, const Outbound& request) {
    OutboundAnswer answer;
    const bool literal = url.host.find(':') != std::string::npos;
    const std::string host = literal ? "[" + url.host + "]" : url.host;
    httplib::Client client((url.secure ? "https://" : "http://") + host + ":" +
                           std::to_string(url.port));
    client.set_hostname_addr_map({{url.host, address}});
    client.set_follow_location(false);
    client.set_keep_alive(false);
    client.set_tcp_nodelay(true);
    client.set_connection_timeout(request.timeout);
    client.set_read_timeout(request.timeout);
    client.set_write_timeout(request.timeout);
    httplib::Request post;
    post.method = "POST";
    post.path = url.path;
    post.headers = {request.headers.begin(), request.headers.end()};
    post.body = request.body;
    post.response_handler = [&](const httplib::Response& response) {
        answer.status = response.status;
        answer.retry_after_s = retry_after(response);
        return false;  // its body is nobody's business
    };
    const Watchdog watchdog(client, request.timeout);
    const httplib::Result result = client.send(post);
    if (!answer.status && result) {  // 204 has no body, and its handler is not called
        answer.status = result->status;
        answer.retry_after_s = retry_after(*result);
    }
    if (!answer.status) answer.detail = "no answer: " + httplib::to_string(result.error());
    return answer;
}

}  // namespace

OutboundAnswer post_outbound(const Outbound& request) {
    const auto refuse = [](const char* why) { return OutboundAnswer{{}, {}, why}; };
    const std::optional<OutboundUrl> url = parse_outbound(request.url);
    if (!url) return refuse("refused: the url is malformed");
    const auto& trusted = request.trusted;
    const bool is_trusted =
        std::find(trusted.begin(), trusted.end(), url->authority()) != trusted.end();
    if (!url->secure && !is_trusted) return refuse("refused: not https");
    const std::vector<std::string> addresses = resolve(url->host);
    if (addresses.empty()) return refuse("no answer: the host has no address");
    if (!is_trusted && !std::all_of(addresses.begin(), addresses.end(), is_public_address))
        return refuse("refused: the address is not public");
    return send(*url, addresses.front(), request);
}

}  // namespace tix::gateway
