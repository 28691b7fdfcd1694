// Reads the log from where it ended when the sale began.
#include "http/server_log.hpp"

#include <fstream>
#include <stdexcept>

namespace tix::buyers::http {

ServerLog::ServerLog(const std::string& file) : file_(file) {
    std::ifstream log(file_, std::ios::binary | std::ios::ate);
    if (!log) throw std::runtime_error("the server's log \"" + file_ + "\" is not readable");
    size_ = static_cast<std::uint64_t>(log.tellg());
}

std::uint64_t ServerLog::violations() const {
    std::ifstream log(file_, std::ios::binary);
    log.seekg(static_cast<std::streamoff>(size_));
    std::uint64_t found = 0;
    for (std::string line; std::getline(log, line);)
        found += line.find("duplicate key value violates unique constraint") != line.npos &&
                 line.find("tickets_one_per_seat") != line.npos;
    return found;
}

}  // namespace tix::buyers::http
