// Opens sockets that never block and are closed when another program is run.
#include "listener.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace tix::gateway {
namespace {

constexpr int kBacklog = 1024;  // httplib listens with 5

}  // namespace

ListeningSockets::~ListeningSockets() {
    close();
}

bool ListeningSockets::add(int socket) {
    sockets_.push_back(socket);
    // Whom poll() saw may be gone, or another process may have been quicker.
    fcntl(socket, F_SETFL, fcntl(socket, F_GETFL) | O_NONBLOCK);
    return ::listen(socket, kBacklog) == 0;
}

bool ListeningSockets::open_port(const std::string& host, int port) {
    addrinfo hints{};
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* address = nullptr;
    if (getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &address) != 0) {
        errno = EADDRNOTAVAIL;
        return false;
    }
    const int socket = ::socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    // No SO_REUSEPORT: a second gateway would quietly take half the connections, and lose those
    // that wait in its queue when it ends.
    const int yes = 1;
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    const bool bound = ::bind(socket, address->ai_addr, address->ai_addrlen) == 0;
    const int why = errno;
    freeaddrinfo(address);
    if (!bound) {
        ::close(socket);
        errno = why;
        return false;
    }
    return add(socket);
}

bool ListeningSockets::open_unix(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string beside = path + "." + std::to_string(getpid());
    if (beside.size() >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return false;
    }
    std::memcpy(address.sun_path, beside.c_str(), beside.size() + 1);
    const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    unlink(beside.c_str());
    if (::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        const int why = errno;
        ::close(socket);
        errno = why;
        return false;
    }
    // Ready before it has its name: nobody finds one that does not listen yet.
    return add(socket) && chmod(beside.c_str(), 0660) == 0 &&
           std::rename(beside.c_str(), path.c_str()) == 0;
}

bool ListeningSockets::take(int first, int count) {
    for (int socket = first; socket < first + count; ++socket) {
        int listens = 0;
        socklen_t size = sizeof listens;
        if (getsockopt(socket, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0) return false;
        fcntl(socket, F_SETFD, FD_CLOEXEC);
        if (!add(socket)) return false;
    }
    return true;
}

void ListeningSockets::close() {
    for (const int socket : sockets_)
        ::close(socket);
    sockets_.clear();
}

}  // namespace tix::gateway
