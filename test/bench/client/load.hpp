// What the parts of the load client share: what is asked, what is answered, and a connection.
#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace tix::bench {

// One message: `batch` requests of `group` seats each, one after the other. Each request has a user
// of its own, the first of them `first_user`, for buyers are many.
struct Message {
    std::vector<std::uint32_t> seats;
    std::uint64_t first_user = 0;
};

enum class Pick {
    walk,  // the next seats of one walk over all seats that the connections share out
    hot,   // any of them, by chance
    same,  // the last one, always
};

struct Load {
    std::string statement;  // the file with the SQL; empty: Redis
    std::string redis;      // the path of its socket
    std::string session;
    std::string user;            // of the first request; later ones differ in the last 12 digits
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
    virtual void ask(const Message& message) = 0;
    // Reads what has come; true when the answer is whole.
    virtual bool read(Answer* answer) = 0;
};

// A uuid as text, of which user number n has the last 12 digits, in hexadecimal.
class UserText {
public:
    explicit UserText(const std::string& user) : text_(user) {
        if (text_.size() != kSize) throw std::invalid_argument(user + " is no uuid");
    }
    const std::string& of(std::uint64_t n) {
        for (std::size_t i = kSize; i-- > kSize - 12; n >>= 4)
            text_[i] = "0123456789abcdef"[n & 15];
        return text_;
    }

private:
    static constexpr std::size_t kSize = 36;
    std::string text_;
};

std::unique_ptr<Link> connect_postgres(const Load& load);
std::unique_ptr<Link> connect_redis(const Load& load);

}  // namespace tix::bench
