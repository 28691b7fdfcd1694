// An HTTP client that keeps one connection open and tells when it had to open another; and a shelf
// of them for threads that come and go.
//
// With https the certificate must be right for the name, by the system's certificates. Redirects
// are not followed.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tix::gateway {

class HttpClient {
public:
    using Headers = std::vector<std::pair<std::string, std::string>>;
    struct Request {
        std::string method;
        std::string path;  // behind that of the URL; goes out as it is, query included
        Headers headers;
        std::string body, content_type;
        std::chrono::milliseconds timeout{10000};  // for all of it
    };
    struct Answer {
        int status;
        std::string body;
        Headers headers;  // names in lower case

        // The value of a header, empty when it is missing; `name` in lower case.
        std::string header(const std::string& name) const;
    };
    static constexpr std::size_t kAnswerBytesMax = 1 << 20;  // more is no answer

    // `url` is http(s)://host[:port] with an optional path in front of every request's path. Throws
    // std::invalid_argument for another form.
    HttpClient(const std::string& url, std::chrono::milliseconds timeout);
    ~HttpClient();

    // Nothing when no whole answer came; the other end may have acted all the same.
    std::optional<Answer> get(const std::string& path);
    std::optional<Answer> post(const std::string& path, const std::string& body,
                               const std::string& content_type, const Headers& headers = {});
    // The same, with a deadline that dripping does not move; it is the request's own. The time that
    // the resolver of names takes comes on top.
    std::optional<Answer> send(const Request& request);

    // How many connections were opened so far.
    unsigned connections() const;

private:
    struct Library;
    std::unique_ptr<Library> library_;
};

// Thread-safe: each request takes a client that nobody uses, or makes another.
class HttpClients {
public:
    // As for HttpClient.
    explicit HttpClients(std::string url);

    // As HttpClient::send().
    std::optional<HttpClient::Answer> send(const HttpClient::Request& request);

private:
    std::string url_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<HttpClient>> idle_;  // at most one a thread that asks
};

}  // namespace tix::gateway
