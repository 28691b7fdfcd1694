// Counts unique violations on tickets in the log of the PostgreSQL server.
#pragma once

#include <cstdint>
#include <string>

namespace tix::buyers::http {

class ServerLog {
public:
    // What stands in the log now does not count. Throws std::runtime_error when it is unreadable.
    explicit ServerLog(const std::string& file);
    std::uint64_t violations() const;

private:
    std::string file_;
    std::uint64_t size_ = 0;
};

}  // namespace tix::buyers::http
