// Where connections come from: a TCP port, a unix socket, or sockets that somebody else has opened.
//
// A new gateway takes a unix socket over by putting its own in the old one's place: from then on
// every connection is its, and the old one finishes those that wait in its own queue. So a restart
// refuses nobody. Sockets passed by a supervisor (LISTEN_FDS, as systemd does) do the same for
// ports.
#pragma once

#include <string>
#include <vector>

namespace tix::gateway {

class ListeningSockets {
public:
    ListeningSockets() = default;
    ListeningSockets(const ListeningSockets&) = delete;
    ListeningSockets& operator=(const ListeningSockets&) = delete;
    ~ListeningSockets();

    // Each false when it cannot be had; errno tells why. `host` is a numeric address.
    bool open_port(const std::string& host, int port);
    bool open_unix(const std::string& path);
    // Takes `count` open sockets, from descriptor `first` on.
    bool take(int first, int count);

    const std::vector<int>& all() const { return sockets_; }
    // Ends the listening. What a unix socket's path names may be another's by now and stays.
    void close();

private:
    bool add(int socket);

    std::vector<int> sockets_;
};

}  // namespace tix::gateway
