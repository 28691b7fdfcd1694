// A connection to Redis: its protocol over a unix socket, no library between.
//
// A request of one seat is SET NX with an expiry; a group is one call of a script that takes all of
// its keys or none; a batch is a pipeline, written at once and read to the last reply.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <stdexcept>
#include <string_view>

#include "load.hpp"

namespace tix::bench {

namespace {

constexpr const char* kScript =
    "for i = 1, #KEYS do if redis.call('EXISTS', KEYS[i]) == 1 then return 0 end end "
    "for i = 1, #KEYS do redis.call('SET', KEYS[i], ARGV[1], 'PX', ARGV[2]) end "
    "return 1";

[[noreturn]] void fail(const char* what) {
    throw std::runtime_error(std::string("redis: ") + what + ": " + std::strerror(errno));
}

int open_socket(const std::string& path) {
    sockaddr_un at = {};
    at.sun_family = AF_UNIX;
    if (path.size() >= sizeof at.sun_path) throw std::runtime_error("redis: path is too long");
    path.copy(at.sun_path, path.size());
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) fail("socket");
    if (connect(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0) {
        close(fd);
        fail("connect");
    }
    return fd;
}

void append_number(std::string* out, std::uint64_t n) {
    char digit[20];
    const auto [end, error] = std::to_chars(digit, digit + sizeof digit, n);
    out->append(digit, end);
}

void append(std::string* out, std::string_view word) {
    *out += '$';
    append_number(out, word.size());
    *out += "\r\n";
    *out += word;
    *out += "\r\n";
}

class Redis : public Link {
public:
    explicit Redis(const Load& load)
        : load_(load), fd_(open_socket(load.redis)), user_(load.user), key_(load.session + ':') {
        if (load_.group > 1) load_script();
    }
    ~Redis() override { close(fd_); }
    Redis(const Redis&) = delete;
    Redis& operator=(const Redis&) = delete;

    int socket() const override { return fd_; }
    void ask(const Message& message) override {
        out_.clear();
        std::uint64_t user = message.first_user;
        for (std::size_t i = 0; i < message.seats.size(); i += load_.group, user++) {
            if (load_.group > 1)
                call_script(&message.seats[i], user_.of(user));
            else
                set_key(message.seats[i], user_.of(user));
        }
        write_all();
    }
    bool read(Answer* answer) override {
        receive();
        std::string_view line;
        while (replies_ < load_.batch && take_line(&line)) {
            replies_++;
            if (line[0] == '-') throw std::runtime_error("redis: " + std::string(line));
            if (line == "+OK" || line == ":1")
                answer->won++;
            else
                answer->lost++;
        }
        if (replies_ < load_.batch) return false;
        replies_ = 0;
        return true;
    }

private:
    // A key is the session and the seat.
    void key(std::uint32_t seat) {
        key_.resize(load_.session.size() + 1);
        append_number(&key_, seat);
        append(&out_, key_);
    }
    void set_key(std::uint32_t seat, std::string_view user) {
        out_ += "*6\r\n$3\r\nSET\r\n";
        key(seat);
        append(&out_, user);
        out_ += "$2\r\nNX\r\n$2\r\nPX\r\n";
        append(&out_, load_.ttl_ms);
    }
    void call_script(const std::uint32_t* seats, std::string_view user) {
        out_ += '*' + std::to_string(5 + load_.group) + "\r\n$7\r\nEVALSHA\r\n";
        append(&out_, script_);
        append(&out_, std::to_string(load_.group));
        for (std::uint32_t i = 0; i < load_.group; i++)
            key(seats[i]);
        append(&out_, user);
        append(&out_, load_.ttl_ms);
    }
    void load_script() {
        out_ = "*3\r\n$6\r\nSCRIPT\r\n$4\r\nLOAD\r\n";
        append(&out_, kScript);
        write_all();
        std::string_view line;
        while (!take_line(&line))  // the size
            receive();
        while (!take_line(&line))
            receive();
        script_ = line;
    }

    void write_all() {
        std::size_t done = 0;
        while (done < out_.size()) {
            const ssize_t n = send(fd_, out_.data() + done, out_.size() - done, MSG_NOSIGNAL);
            if (n < 0) fail("send");
            done += static_cast<std::size_t>(n);
        }
    }
    void receive() {
        in_.erase(0, taken_);
        taken_ = 0;
        char buffer[8192];
        const ssize_t n = recv(fd_, buffer, sizeof buffer, 0);
        if (n < 0) fail("receive");
        if (n == 0) throw std::runtime_error("redis: it closed the connection");
        in_.append(buffer, static_cast<std::size_t>(n));
    }
    // Takes a line from what was received; it stays there until the next receive(). No reply but
    // that of SCRIPT LOAD has two.
    bool take_line(std::string_view* line) {
        const std::size_t end = in_.find("\r\n", taken_);
        if (end == std::string::npos) return false;
        *line = std::string_view(in_).substr(taken_, end - taken_);
        taken_ = end + 2;
        return true;
    }

    const Load& load_;
    int fd_;
    UserText user_;
    std::string key_;
    std::string script_;
    std::string out_;
    std::string in_;
    std::size_t taken_ = 0;
    std::uint32_t replies_ = 0;
};

}  // namespace

std::unique_ptr<Link> connect_redis(const Load& load) {
    return std::make_unique<Redis>(load);
}

}  // namespace tix::bench
