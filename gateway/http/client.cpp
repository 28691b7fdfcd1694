// httplib's client.
#include "client.hpp"

#include <httplib.h>

#include <charconv>
#include <stdexcept>

namespace tix::gateway {
namespace {

struct Url {
    std::string host, path;
    int port = 80;
};

Url parse(const std::string& url) {
    constexpr std::string_view kScheme = "http://";
    Url parts;
    if (!url.starts_with(kScheme)) throw std::invalid_argument("\"" + url + "\" is no http:// URL");
    const std::string rest = url.substr(kScheme.size());
    const std::string authority = rest.substr(0, rest.find('/'));
    const auto colon = authority.find(':');
    parts.host = authority.substr(0, colon);
    parts.path = rest.substr(authority.size());
    if (colon != std::string::npos) {
        const char* end = authority.data() + authority.size();
        const auto [stop, error] = std::from_chars(authority.data() + colon + 1, end, parts.port);
        if (error != std::errc() || stop != end) parts.port = 0;
    }
    if (parts.host.empty() || parts.port <= 0 || parts.port > 65535)
        throw std::invalid_argument("\"" + url + "\" names no host and port");
    return parts;
}

}  // namespace

struct HttpClient::Library {
    Library(Url url, std::chrono::milliseconds timeout)
        : path(std::move(url.path)), client(url.host, url.port) {
        client.set_keep_alive(true);
        client.set_tcp_nodelay(true);
        client.set_connection_timeout(timeout);
        client.set_read_timeout(timeout);
        client.set_write_timeout(timeout);
        client.set_socket_options([this](int) { ++connections; });
    }

    static std::optional<Answer> answer(const httplib::Result& result) {
        if (!result) return std::nullopt;
        return Answer{result->status, result->body};
    }

    std::string path;
    unsigned connections = 0;
    httplib::Client client;
};

HttpClient::HttpClient(const std::string& url, std::chrono::milliseconds timeout)
    : library_(std::make_unique<Library>(parse(url), timeout)) {}
HttpClient::~HttpClient() = default;

std::optional<HttpClient::Answer> HttpClient::get(const std::string& path) {
    return Library::answer(library_->client.Get(library_->path + path));
}

std::optional<HttpClient::Answer> HttpClient::post(const std::string& path, const std::string& body,
                                                   const std::string& content_type,
                                                   const Headers& headers) {
    const httplib::Headers fields(headers.begin(), headers.end());
    return Library::answer(
        library_->client.Post(library_->path + path, fields, body, content_type));
}

unsigned HttpClient::connections() const {
    return library_->connections;
}

}  // namespace tix::gateway
