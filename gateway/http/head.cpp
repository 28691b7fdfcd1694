// One pass over the lines of a head.
#include "head.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace tix::gateway {
namespace {

constexpr char kMalformed[] = "malformed_request";

char lower_case(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), lower_case);
    return text;
}

bool is_token(std::string_view text) {
    constexpr std::string_view kSymbols = "!#$%&'*+-.^_`|~";
    return !text.empty() && std::all_of(text.begin(), text.end(), [&](unsigned char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
               kSymbols.find(static_cast<char>(c)) != std::string_view::npos;
    });
}

bool is_field_text(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](unsigned char c) { return c == '\t' || (c >= 0x20 && c != 0x7f); });
}

// A name or address with at most a port, or nothing (RFC 9112 section 3.2); the characters decide.
bool is_host(std::string_view text) {
    constexpr std::string_view kOthers = "-._~%!$&'()*+;=:[]";
    return std::all_of(text.begin(), text.end(), [&](unsigned char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
               kOthers.find(static_cast<char>(c)) != std::string_view::npos;
    });
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
        text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
        text.remove_suffix(1);
    return text;
}

bool is_served(std::string_view method) {
    constexpr std::array<std::string_view, 7> kMethods{"GET",   "HEAD",   "POST",   "PUT",
                                                       "PATCH", "DELETE", "OPTIONS"};
    return std::find(kMethods.begin(), kMethods.end(), method) != kMethods.end();
}

// A path without a fragment: the library would cut that off.
bool is_target(std::string_view target) {
    return !target.empty() && target[0] == '/' &&
           std::all_of(target.begin(), target.end(),
                       [](unsigned char c) { return c > 0x20 && c < 0x7f && c != '#'; });
}

// Fields that decide about framing or identity: a second one is a second reading.
struct Seen {
    bool host = false, length = false, authorization = false, type = false, key = false,
         address = false, keep_alive = false;
};

// False when a field is not acceptable.
bool take_field(std::string_view name, std::string_view value, Head& head, Seen& seen) {
    const auto once = [](bool& flag) { return !std::exchange(flag, true); };
    if (name == "transfer-encoding") return false;  // the edge sends a length
    if (name == "host") return is_host(value) && once(seen.host);
    if (name == "authorization") return once(seen.authorization);
    if (name == "content-type") return once(seen.type);
    if (name == "idempotency-key") return once(seen.key);
    if (name == "x-real-ip") return once(seen.address);
    if (name == "connection") {
        const std::string options = lower(std::string(value));
        if (options.find("close") != std::string::npos) head.keep_alive = false;
        if (options.find("keep-alive") != std::string::npos) seen.keep_alive = true;
        return true;
    }
    if (name == "expect")
        return head.expects_continue = lower(std::string(value)) == "100-continue";
    if (name != "content-length") return true;
    const auto [end, error] =
        std::from_chars(value.data(), value.data() + value.size(), head.content_length);
    return once(seen.length) && error == std::errc() && end == value.data() + value.size();
}

// The fault of the request line, nullptr when it is good.
const char* take_request_line(std::string_view line, const HeadLimits& limits, Head& head) {
    if (line.size() > limits.line_bytes) return "uri_too_long";
    const auto first = line.find(' ');
    const auto last = line.rfind(' ');
    if (first == std::string_view::npos || last == first) return kMalformed;
    head.method = line.substr(0, first);
    head.target = line.substr(first + 1, last - first - 1);
    const std::string_view version = line.substr(last + 1);
    if (!is_token(head.method) || !is_target(head.target) ||
        (version != "HTTP/1.1" && version != "HTTP/1.0"))
        return kMalformed;
    return is_served(head.method) ? nullptr : "method_not_allowed";
}

}  // namespace

Head refused_head(const char* fault) {
    Head head;
    head.fault = fault;
    return head;
}

Head check_head(std::string& text, const HeadLimits& limits) {
    Head head;
    Seen seen;
    std::size_t end = text.find("\r\n");
    if (end == std::string::npos) return refused_head(kMalformed);
    const std::string_view request_line(text.data(), end);
    head.fault = take_request_line(request_line, limits, head);
    if (head.fault != nullptr) return head;
    for (std::size_t start = end + 2; (end = text.find("\r\n", start)) != start; start = end + 2) {
        if (end == std::string::npos) return refused_head(kMalformed);
        if (head.fields.size() == limits.fields || end - start > limits.field_bytes)
            return refused_head("headers_too_large");
        const auto colon = text.find(':', start);
        if (colon >= end) return refused_head(kMalformed);
        const auto from = text.begin() + static_cast<std::ptrdiff_t>(start);
        const auto to = text.begin() + static_cast<std::ptrdiff_t>(colon);
        std::transform(from, to, from, lower_case);
        const std::string_view name(text.data() + start, colon - start);
        const std::string_view value =
            trimmed(std::string_view(text).substr(colon + 1, end - colon - 1));
        if (!is_token(name) || !is_field_text(value) || !take_field(name, value, head, seen))
            return refused_head(kMalformed);
        head.fields.emplace_back(name, value);
    }
    const bool is_new = request_line.ends_with("1.1");
    if (!seen.host && is_new) return refused_head(kMalformed);
    if (!is_new && !seen.keep_alive) head.keep_alive = false;  // RFC 9112 section 9.3
    return head;
}

}  // namespace tix::gateway
