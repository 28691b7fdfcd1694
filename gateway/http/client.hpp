// An HTTP client that keeps one connection open and tells when it had to open another.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tix::gateway {

class HttpClient {
public:
    using Headers = std::vector<std::pair<std::string, std::string>>;
    struct Answer {
        int status;
        std::string body;
    };

    // `url` is http://host:port with an optional path in front of every request's path. Throws
    // std::invalid_argument for another form.
    HttpClient(const std::string& url, std::chrono::milliseconds timeout);
    ~HttpClient();

    // Nothing when no whole answer came; the other end may have acted all the same.
    std::optional<Answer> get(const std::string& path);
    std::optional<Answer> post(const std::string& path, const std::string& body,
                               const std::string& content_type, const Headers& headers = {});

    // How many connections were opened so far.
    unsigned connections() const;

private:
    struct Library;
    std::unique_ptr<Library> library_;
};

}  // namespace tix::gateway
