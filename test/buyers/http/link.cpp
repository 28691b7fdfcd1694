// Sockets, epoll and partial reads and writes behind a Link.
#include "http/link.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace tix::buyers::http {
namespace {

sockaddr_in socket_address(std::uint32_t address, std::uint16_t port) {
    sockaddr_in found{};
    found.sin_family = AF_INET;
    found.sin_addr.s_addr = htonl(address);
    found.sin_port = htons(port);
    return found;
}

void set(int socket, int level, int name) {
    const int yes = 1;
    setsockopt(socket, level, name, &yes, sizeof yes);
}

}  // namespace

Server parse_url(const std::string& url) {
    constexpr std::string_view kScheme = "http://";
    std::string authority = url.substr(0, kScheme.size()) == kScheme ? url.substr(7) : "";
    if (!authority.empty() && authority.back() == '/') authority.pop_back();
    const std::size_t colon = authority.find(':');
    if (colon == std::string::npos || authority.find('/') != std::string::npos)
        throw std::runtime_error("\"" + url + "\" is not http://HOST:PORT");
    addrinfo hints{};
    hints.ai_family = AF_INET;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV;
    addrinfo* found = nullptr;
    const int status = getaddrinfo(authority.substr(0, colon).c_str(),
                                   authority.substr(colon + 1).c_str(), &hints, &found);
    if (status != 0) throw std::runtime_error(url + ": " + gai_strerror(status));
    const auto* address = reinterpret_cast<const sockaddr_in*>(found->ai_addr);
    const Server server{ntohl(address->sin_addr.s_addr), ntohs(address->sin_port), authority};
    freeaddrinfo(found);
    return server;
}

std::uint32_t loopback_address(std::uint32_t n) {
    constexpr std::uint32_t kHosts = 254;
    constexpr std::uint32_t kNets = 254 * 256;
    const std::uint32_t net = 256 + n / kHosts % kNets;  // from 127.1.0
    return 127U << 24 | net << 8 | (n % kHosts + 1);
}

bool Link::open(int epoll, std::uint64_t tag, const Server& server, std::uint32_t source) {
    close();
    epoll_ = epoll;
    tag_ = tag;
    socket_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (socket_ < 0)
        throw std::runtime_error(std::string("no socket for a buyer: ") +
                                 std::generic_category().message(errno));
    set(socket_, IPPROTO_TCP, TCP_NODELAY);
    set(socket_, SOL_SOCKET, SO_REUSEADDR);
    set(socket_, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT);
    const sockaddr_in from = socket_address(source, 0);
    const sockaddr_in to = socket_address(server.address, server.port);
    if (bind(socket_, reinterpret_cast<const sockaddr*>(&from), sizeof from) != 0)
        throw std::runtime_error("an address in 127/8 cannot be used: " +
                                 std::generic_category().message(errno));
    const bool begun = connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0 ||
                       errno == EINPROGRESS;
    epoll_event event{};
    event.events = EPOLLIN | EPOLLRDHUP | EPOLLOUT;
    event.data.u64 = tag_;
    if (!begun || epoll_ctl(epoll_, EPOLL_CTL_ADD, socket_, &event) != 0) {
        close();
        return false;
    }
    watches_writing_ = true;
    state_ = State::kConnecting;
    return true;
}

void Link::close() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
    state_ = State::kClosed;
    due_ = false;
    unsent_.clear();
    reader_.reset();
}

bool Link::send(std::string_view request) {
    reader_.reset();
    due_ = true;
    unsent_.assign(request);
    return flush();
}

bool Link::flush() {
    while (!unsent_.empty()) {
        const ssize_t count = ::send(socket_, unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
        if (count < 0) return false;
        unsent_.erase(0, static_cast<std::size_t>(count));
    }
    return watch(!unsent_.empty());
}

bool Link::watch(bool writing) {
    if (writing == watches_writing_) return true;
    watches_writing_ = writing;
    epoll_event event{};
    event.events = EPOLLIN | EPOLLRDHUP | (writing ? EPOLLOUT : 0U);
    event.data.u64 = tag_;
    return epoll_ctl(epoll_, EPOLL_CTL_MOD, socket_, &event) == 0;
}

Link::News Link::ready(std::uint32_t events) {
    if (state_ == State::kConnecting) {
        int error = 0;
        socklen_t size = sizeof error;
        getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &size);
        if (error != 0 || !watch(false)) return News::kLost;
        state_ = State::kOpen;
        return News::kOpened;
    }
    if ((events & EPOLLOUT) != 0 && !flush()) return News::kLost;
    if ((events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0) return receive();
    return News::kNothing;
}

Link::News Link::receive() {
    static std::array<char, 256 * 1024> buffer;
    ssize_t count = 0;
    do {
        count = recv(socket_, buffer.data(), buffer.size(), 0);
    } while (count < 0 && errno == EINTR);
    if (count < 0) return errno == EAGAIN ? News::kNothing : News::kLost;
    const ResponseReader::State state =
        count == 0 ? reader_.end() : reader_.take({buffer.data(), static_cast<std::size_t>(count)});
    if (!due_ || state == ResponseReader::State::kBroken) return News::kLost;
    if (state != ResponseReader::State::kDone) return News::kNothing;
    due_ = false;
    return News::kAnswered;
}

}  // namespace tix::buyers::http
