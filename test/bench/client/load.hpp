// What the parts of the load client share: what is asked, what is answered, and a connection.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace tix::bench {

// The seats of one message: `batch` requests of `group` seats each, one after the other.
using Seats = std::vector<std::uint32_t>;

enum class Pick {
    walk,  // the next seats of one walk over all seats that the connections share out
    hot,   // any of them, by chance
    same,  // the last one, always
};

struct Load {
    std::string statement;  // the file with the SQL; empty: Redis
    std::string redis;      // the path of its socket
    std::string session;
    std::string user;
    std::string ttl_ms = "150";  // for Redis; statements say it themselves
    std::string ttl_s = "0.15";  // for tix_lock_batch
    Pick pick = Pick::walk;
    std::uint32_t seats = 40000;
    std::uint32_t clients = 8;
    std::uint32_t threads = 2;
    std::uint32_t group = 1;
    std::uint32_t batch = 1;
    double seconds = 2;
};

// How the requests of one message ended. A request is won unless its answer has no rows, or says
// false, nil or 0.
struct Answer {
    std::uint32_t won = 0;
    std::uint32_t lost = 0;
};

// One connection with at most one message under way. Throws std::runtime_error.
class Link {
public:
    virtual ~Link() = default;
    virtual int socket() const = 0;
    // Sends a message.
    virtual void ask(const Seats& seats) = 0;
    // Reads what has come; true when the answer is whole.
    virtual bool read(Answer* answer) = 0;
};

std::unique_ptr<Link> connect_postgres(const Load& load);
std::unique_ptr<Link> connect_redis(const Load& load);

}  // namespace tix::bench
