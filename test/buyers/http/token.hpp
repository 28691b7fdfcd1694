// Tokens as a trusted issuer signs them, and the requests that carry them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tix::buyers::http {

// Signs tokens of buyers with the HS256 key "demo".
class Issuer {
public:
    // Throws std::runtime_error when the file cannot be read.
    explicit Issuer(const std::string& key_file);
    std::string token(const std::string& user_id) const;

private:
    std::string key_;
};

// A whole request; `token`, `key` and `body` may be empty.
struct Request {
    const char* method = "GET";
    std::string path;
    std::string_view token = {};
    std::string_view key = {};     // Idempotency-Key
    std::string_view body = {};    // JSON
    std::string_view fields = {};  // further fields, each with its line end
    std::string print(const std::string& authority) const;
};

}  // namespace tix::buyers::http
