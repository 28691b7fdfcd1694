// A keep-alive connection to the edge from an address of its own, which never blocks.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "http/response.hpp"

namespace tix::buyers::http {

struct Server {
    std::uint32_t address = 0;  // IPv4, host byte order
    std::uint16_t port = 0;
    std::string authority;  // HOST:PORT for the Host field
};

// Reads http://HOST:PORT; throws std::runtime_error when it is not that or cannot be resolved.
Server parse_url(const std::string& url);

// The n-th address of a buyer in 127/8: never in 127.0/16, no octet at the end is 0 or 255.
std::uint32_t loopback_address(std::uint32_t n);

class Link {
public:
    enum class State : std::uint8_t { kClosed, kConnecting, kOpen };
    enum class News : std::uint8_t { kNothing, kOpened, kAnswered, kLost };

    Link() = default;
    ~Link() { close(); }
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;

    // Starts to connect from `source`; events of the socket carry `tag`. False: not possible now.
    bool open(int epoll, std::uint64_t tag, const Server& server, std::uint32_t source);
    void close();
    // The link must be open and no answer be due. False: the connection is lost.
    bool send(std::string_view request);
    // What the events of the socket bring. After kLost the link must be closed.
    News ready(std::uint32_t events);

    State state() const { return state_; }
    bool answer_is_due() const { return due_; }
    // The answer that has come, or the beginning of it.
    Response& response() { return reader_.response(); }

private:
    bool flush();
    bool watch(bool writing);
    News receive();

    State state_ = State::kClosed;
    bool due_ = false;
    bool watches_writing_ = false;
    int socket_ = -1;
    int epoll_ = -1;
    std::uint64_t tag_ = 0;
    std::string unsent_;
    ResponseReader reader_;
};

}  // namespace tix::buyers::http
