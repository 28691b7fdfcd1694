// Reads with poll() and a deadline, keeps what came too early, sends a response in one piece.
#include "stream.hpp"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace tix::gateway {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t kPiece = 16384;
constexpr std::size_t kRoomyBytes = 131072;  // more than any body but a seating plan

int remaining_ms(steady_clock::time_point until) {
    const auto left = std::chrono::ceil<milliseconds>(until - steady_clock::now()).count();
    return static_cast<int>(std::max<long long>(left, 0));
}

}  // namespace

ClientStream::ClientStream(int socket, int wake, milliseconds deadline, milliseconds linger)
    : socket_(socket), wake_(wake), deadline_(deadline), linger_(linger) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (getpeername(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) return;
    if (address.ss_family == AF_UNIX) {
        peer_ = "unix:";
    } else if (address.ss_family == AF_INET) {
        const auto& from = reinterpret_cast<const sockaddr_in&>(address);
        peer_ = inet_ntop(AF_INET, &from.sin_addr, text.data(), text.size());
        peer_port_ = ntohs(from.sin_port);
    } else if (address.ss_family == AF_INET6) {
        const auto& from = reinterpret_cast<const sockaddr_in6&>(address);
        peer_ = inet_ntop(AF_INET6, &from.sin6_addr, text.data(), text.size());
        peer_port_ = ntohs(from.sin6_port);
    }
}

ClientStream::Arrival ClientStream::wait(milliseconds keep_alive) {
    if (!received_.empty()) return Arrival::kBytes;
    std::array<pollfd, 2> polled{{{socket_, POLLIN, 0}, {wake_, POLLIN, 0}}};
    int ready = poll(polled.data(), polled.size(), static_cast<int>(keep_alive.count()));
    if (ready > 0 && polled[0].revents == 0)
        ready = poll(polled.data(), 1, static_cast<int>(linger_.count()));
    if (ready <= 0) return Arrival::kIdle;
    return receive(steady_clock::now()) ? Arrival::kBytes : Arrival::kClosed;
}

bool ClientStream::receive(steady_clock::time_point until) {
    pollfd polled{socket_, POLLIN, 0};
    while (true) {
        std::array<char, kPiece> piece;
        const ssize_t got = recv(socket_, piece.data(), piece.size(), MSG_DONTWAIT);
        if (got > 0) {
            received_.append(piece.data(), static_cast<std::size_t>(got));
            return true;
        }
        if (got == 0 || (errno != EAGAIN && errno != EINTR)) return false;
        if (poll(&polled, 1, remaining_ms(until)) == 0) return false;
    }
}

Head ClientStream::read_head(const HeadLimits& limits) {
    constexpr std::string_view kEnd = "\r\n\r\n";
    const auto until = steady_clock::now() + deadline_;
    std::size_t looked_at = 0;
    std::size_t end = 0;
    while ((end = received_.find(kEnd, looked_at)) == std::string::npos) {
        if (received_.size() > limits.head_bytes) break;
        // A line of our own that ends without CR never comes to an end: refuse it at once.
        for (auto feed = received_.find('\n', looked_at); feed != std::string::npos;
             feed = received_.find('\n', feed + 1))
            if (feed == 0 || received_[feed - 1] != '\r') return refused_head("malformed_request");
        looked_at = received_.size() < kEnd.size() ? 0 : received_.size() - kEnd.size() + 1;
        if (!receive(until)) return refused_head("");
    }
    if (end == std::string::npos || end + kEnd.size() > limits.head_bytes) {
        const bool in_line = received_.find("\r\n") > limits.line_bytes;
        return refused_head(in_line ? "uri_too_long" : "headers_too_large");
    }
    head_ = received_.substr(0, end + kEnd.size());
    received_.erase(0, head_.size());
    Head head = check_head(head_, limits);
    // httplib would decode fields and refuse some targets; it needs to know the method alone.
    plain_ = std::string(head.method) + " / HTTP/1.1\r\n\r\n";
    plain_read_ = 0;
    return head;
}

bool ClientStream::read_body(std::size_t length, std::string& body) {
    const auto until = steady_clock::now() + deadline_;
    while (received_.size() < length)
        if (!receive(until)) return false;
    body = received_.substr(0, length);
    received_.erase(0, length);
    // An idle connection does not keep the room of a long body.
    if (received_.capacity() > kRoomyBytes) received_.shrink_to_fit();
    return true;
}

bool ClientStream::discard_body(std::size_t length) {
    const auto until = steady_clock::now() + deadline_;
    for (;;) {
        const std::size_t part = std::min(received_.size(), length);
        received_.erase(0, part);
        length -= part;
        if (length == 0) return true;
        if (!receive(until)) return false;
    }
}

void ClientStream::write_continue() {
    outgoing_ += "HTTP/1.1 100 Continue\r\n\r\n";
    flush();
}

bool ClientStream::flush() {
    const auto until = steady_clock::now() + deadline_;
    pollfd polled{socket_, POLLOUT, 0};
    std::size_t sent = 0;
    while (sent < outgoing_.size()) {
        const ssize_t taken = send(socket_, outgoing_.data() + sent, outgoing_.size() - sent,
                                   MSG_NOSIGNAL | MSG_DONTWAIT);
        if (taken > 0) {
            sent += static_cast<std::size_t>(taken);
        } else if (errno != EAGAIN && errno != EINTR) {
            return false;
        } else if (poll(&polled, 1, remaining_ms(until)) == 0) {
            return false;
        }
    }
    outgoing_.clear();
    return true;
}

ssize_t ClientStream::read(char* to, std::size_t size) {
    const std::size_t count = std::min(size, plain_.size() - plain_read_);
    std::memcpy(to, plain_.data() + plain_read_, count);
    plain_read_ += count;
    return static_cast<ssize_t>(count);
}

ssize_t ClientStream::write(const char* from, std::size_t size) {
    outgoing_.append(from, size);
    return static_cast<ssize_t>(size);
}

void ClientStream::get_remote_ip_and_port(std::string& ip, int& port) const {
    ip = peer_;
    port = peer_port_;
}

void ClientStream::get_local_ip_and_port(std::string& ip, int& port) const {
    ip.clear();
    port = 0;
}

}  // namespace tix::gateway
