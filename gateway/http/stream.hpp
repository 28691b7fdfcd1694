// One connection of a client: whole heads in, whole responses out, with deadlines for both.
//
// httplib reads a head in pieces with no deadline for the whole and writes each response in
// several packets; this stream hands it a head that is complete and checked, and collects what it
// writes.
#pragma once

#include <httplib.h>

#include <chrono>
#include <string>

#include "head.hpp"

namespace tix::gateway {

class ClientStream : public httplib::Stream {
public:
    // `wake` becomes readable when the server drains; idle connections then end after `linger`.
    ClientStream(int socket, int wake, std::chrono::milliseconds deadline,
                 std::chrono::milliseconds linger);

    enum class Arrival { kBytes, kIdle, kClosed };
    // Waits for the first byte of the next request.
    Arrival wait(std::chrono::milliseconds keep_alive);

    // Reads a head and checks it; fault "" when the client went away or was too slow.
    Head read_head(const HeadLimits& limits);
    // Reads the body that follows the head; false when the client went away or was too slow.
    bool read_body(std::size_t length, std::string& body);
    // Reads `length` bytes and keeps none of them; false as read_body().
    bool discard_body(std::size_t length);
    void write_continue();
    // Sends what was written; false when the client does not take it in time.
    bool flush();

    bool is_readable() const override { return true; }
    bool is_writable() const override { return true; }
    ssize_t read(char* to, std::size_t size) override;
    ssize_t write(const char* from, std::size_t size) override;
    void get_remote_ip_and_port(std::string& ip, int& port) const override;
    void get_local_ip_and_port(std::string& ip, int& port) const override;
    // httplib only compares it with FD_SETSIZE, and would refuse our higher numbers.
    int socket() const override { return 0; }

private:
    bool receive(std::chrono::steady_clock::time_point until);

    int socket_;
    int wake_;
    std::chrono::milliseconds deadline_;
    std::chrono::milliseconds linger_;
    std::string peer_;
    int peer_port_ = 0;
    std::string received_;  // bytes read but not consumed
    std::string head_;      // the head that was checked
    std::string plain_;     // what httplib reads of it
    std::size_t plain_read_ = 0;
    std::string outgoing_;
};

}  // namespace tix::gateway
