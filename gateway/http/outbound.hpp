// One POST to an address that somebody else chose.
//
// It goes to public addresses only: the name is resolved here, every address it has is looked at,
// and the connection goes to the one that was, so a name that changes its mind reaches nothing
// inside. Redirects are not followed, bodies of answers are not read, certificates are verified.
// Limits: one deadline for all of it, names and handshakes included but for the resolver's own.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tix::gateway {

struct OutboundUrl {
    bool secure = false;
    std::string host;  // without the brackets of an IPv6 address
    int port = 0;
    std::string path;

    // host:port, as in the list of trusted ones.
    std::string authority() const { return host + ":" + std::to_string(port); }
};

// Nothing for anything but http(s)://host[:port][/path] in printable ASCII, without a user.
std::optional<OutboundUrl> parse_outbound(std::string_view url);

// Whether an IPv4 or IPv6 address, as text, is one of the public net: not loopback, private,
// link-local, shared, multicast, reserved, or any of these inside IPv6.
bool is_public_address(const std::string& address);

struct Outbound {
    std::string url, body;
    std::vector<std::pair<std::string, std::string>> headers;
    std::chrono::milliseconds timeout{10000};
    // host:port of receivers that may be reached without TLS and at any address.
    std::vector<std::string> trusted;
};

struct OutboundAnswer {
    std::optional<int> status;         // nothing: there was no answer
    std::optional<int> retry_after_s;  // of 0 to 86400
    std::string detail;                // for people
};

OutboundAnswer post_outbound(const Outbound& request);

}  // namespace tix::gateway
