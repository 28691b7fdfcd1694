// httplib's client.
#include "client.hpp"

#include <httplib.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include "watchdog.hpp"

namespace tix::gateway {
namespace {

constexpr std::chrono::milliseconds kConnectMax{5000};

struct Url {
    std::string origin, path;  // scheme://host:port
};

Url parse(const std::string& url) {
    const auto scheme_bytes = url.find("://");
    const std::string scheme = scheme_bytes == std::string::npos ? "" : url.substr(0, scheme_bytes);
    if (scheme != "http" && scheme != "https")
        throw std::invalid_argument("\"" + url + "\" is no http:// or https:// URL");
    const std::string rest = url.substr(scheme_bytes + 3);
    const std::string authority = rest.substr(0, rest.find('/'));
    const auto colon = authority.find(':');
    int port = scheme == "http" ? 80 : 443;
    if (colon != std::string::npos) {
        const char* end = authority.data() + authority.size();
        const auto [stop, error] = std::from_chars(authority.data() + colon + 1, end, port);
        if (error != std::errc() || stop != end) port = 0;
    }
    const std::string host = authority.substr(0, colon);
    if (host.empty() || port <= 0 || port > 65535)
        throw std::invalid_argument("\"" + url + "\" names no host and port");
    return {scheme + "://" + host + ":" + std::to_string(port), rest.substr(authority.size())};
}

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return text;
}

}  // namespace

struct HttpClient::Library {
    Library(Url url, std::chrono::milliseconds timeout)
        : path(std::move(url.path)), client(url.origin) {
        client.set_keep_alive(true);
        client.set_tcp_nodelay(true);
        client.set_url_encode(false);
        client.set_follow_location(false);
        client.enable_server_certificate_verification(true);
        client.set_socket_options([this](int) { ++connections; });
        set_timeout(timeout);
    }

    void set_timeout(std::chrono::milliseconds timeout) {
        client.set_connection_timeout(std::min(timeout, kConnectMax));
        client.set_read_timeout(timeout);
        client.set_write_timeout(timeout);
    }

    static std::optional<Answer> answer(const httplib::Result& result) {
        if (!result) return std::nullopt;
        Answer answer{result->status, result->body, {}};
        for (const auto& [name, value] : result->headers)
            answer.headers.emplace_back(lower(name), value);
        return answer;
    }

    std::string path;
    unsigned connections = 0;
    httplib::Client client;
};

std::string HttpClient::Answer::header(const std::string& name) const {
    const auto found = std::find_if(headers.begin(), headers.end(),
                                    [&](const auto& header) { return header.first == name; });
    return found == headers.end() ? "" : found->second;
}

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

std::optional<HttpClient::Answer> HttpClient::send(const Request& request) {
    httplib::Request asked;
    asked.method = request.method;
    asked.path = library_->path + request.path;
    asked.headers = {request.headers.begin(), request.headers.end()};
    if (!request.content_type.empty()) asked.headers.emplace("Content-Type", request.content_type);
    asked.body = request.body;
    std::string body;
    asked.content_receiver = [&body](const char* bytes, std::size_t count, std::uint64_t,
                                     std::uint64_t) {
        if (body.size() + count > kAnswerBytesMax) return false;
        body.append(bytes, count);
        return true;
    };
    library_->set_timeout(request.timeout);
    const Watchdog watchdog(library_->client, request.timeout);
    auto answer = Library::answer(library_->client.send(asked));
    if (answer) answer->body = std::move(body);
    return answer;
}

unsigned HttpClient::connections() const {
    return library_->connections;
}

HttpClients::HttpClients(std::string url) : url_(std::move(url)) {
    const HttpClient check(url_, {});  // throws now rather than at the first request
}

std::optional<HttpClient::Answer> HttpClients::send(const HttpClient::Request& request) {
    std::unique_ptr<HttpClient> client;
    {
        const std::scoped_lock lock(mutex_);
        if (!idle_.empty()) {
            client = std::move(idle_.back());
            idle_.pop_back();
        }
    }
    if (!client) client = std::make_unique<HttpClient>(url_, request.timeout);
    auto answer = client->send(request);
    // One that got no answer may be in any state: it is not used again.
    if (answer) {
        const std::scoped_lock lock(mutex_);
        idle_.push_back(std::move(client));
    }
    return answer;
}

}  // namespace tix::gateway
