// Many viewers of one session's stream, and one who changes seats: what arrives, in which order,
// when.
//
//   tix-viewers PORT SESSION VIEWERS SECONDS
//
// One thread with an epoll loop holds the viewers; another changes a hundred seats every half
// second by libpq (PGHOST and its like) and notes which number the change got and when it was
// committed. A viewer has it when it hears of that number. Prints one JSON object.
#include <arpa/inet.h>
#include <fcntl.h>
#include <libpq-fe.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr int kConnectingMax = 200;  // so that the edge's queue holds them
constexpr milliseconds kEvery{500};
constexpr int kSeats = 100;
constexpr milliseconds kLast{3000};  // what the last change may take

struct Change {
    long long seq;
    Clock::time_point at;
};

struct Viewer {
    int socket = -1;
    bool open = false;          // its stream has begun
    long long seq = 0;          // 0: it has heard nothing yet
    std::size_t waits_for = 0;  // the change that it has not heard of
    std::string text;
};

// What the changer has done so far.
class Changes {
public:
    void add(Change change) {
        const std::scoped_lock lock(mutex_);
        all_.push_back(change);
    }
    std::vector<Change> after(std::size_t count) const {
        const std::scoped_lock lock(mutex_);
        return {all_.begin() + static_cast<std::ptrdiff_t>(std::min(count, all_.size())),
                all_.end()};
    }
    std::size_t size() const {
        const std::scoped_lock lock(mutex_);
        return all_.size();
    }

private:
    mutable std::mutex mutex_;
    std::vector<Change> all_;
};

[[noreturn]] void fail(const std::string& what) {
    std::fprintf(stderr, "tix-viewers: %s\n", what.c_str());
    std::exit(2);
}

std::string value_of(PGconn* database, const char* sql, const char* session, const char* more) {
    const char* const values[] = {session, more};
    PGresult* result =
        PQexecParams(database, sql, more == nullptr ? 1 : 2, nullptr, values, nullptr, nullptr, 0);
    if (PQresultStatus(result) != PGRES_TUPLES_OK || PQntuples(result) != 1)
        fail(PQerrorMessage(database));
    std::string value = PQgetvalue(result, 0, 0);
    PQclear(result);
    return value;
}

// Ten holds of ten seats, and their end.
constexpr char kHold[] =
    "SELECT array_agg(l.lock_id) FROM (SELECT array_agg(s.seat_id) AS seats FROM (SELECT seat_id, "
    "row_number() OVER (ORDER BY ordinal) AS n FROM tix.seats WHERE session_id = $1::uuid AND NOT "
    "accessible LIMIT $2::int) s GROUP BY s.n / 10) g CROSS JOIN LATERAL tix.tix_lock_seats("
    "$1::uuid, g.seats, '7b0e5f0a-0000-4000-8000-00000000000a') l";
constexpr char kRelease[] =
    "SELECT count(r) FROM unnest($2::bigint[]) h CROSS JOIN LATERAL tix.tix_release_seats(h, "
    "'7b0e5f0a-0000-4000-8000-00000000000a') r WHERE $1::uuid IS NOT NULL";

// Holds a hundred seats, gives them back, and so on, until the time is over.
void change_seats(const std::string& session, int seconds, Changes& changes) {
    PGconn* database = PQconnectdb("");
    if (PQstatus(database) != CONNECTION_OK) fail(PQerrorMessage(database));
    std::string held;
    auto next = Clock::now();
    const auto end = next + std::chrono::seconds(seconds);
    while (next < end) {
        if (held.empty()) {
            held = value_of(database, kHold, session.c_str(), std::to_string(kSeats).c_str());
            if (held.find("NULL") != std::string::npos) fail("the seats cannot be held");
        } else {
            value_of(database, kRelease, session.c_str(), held.c_str());
            held.clear();
        }
        const auto at = Clock::now();
        const std::string seq = value_of(database, "SELECT seq FROM tix.tix_seat_map($1::uuid)",
                                         session.c_str(), nullptr);
        changes.add({std::strtoll(seq.c_str(), nullptr, 10), at});
        next += kEvery;
        std::this_thread::sleep_until(next);
    }
    PQfinish(database);
}

// The number behind "name":" in a message.
long long number_of(const std::string& line, const char* name) {
    const auto place = line.find(name);
    if (place == std::string::npos) return 0;
    long long number = 0;
    const char* from = line.data() + place + std::char_traits<char>::length(name);
    std::from_chars(from, line.data() + line.size(), number);
    return number;
}

class Crowd {
public:
    Crowd(int port, std::string session, int count)
        : port_(port), session_(std::move(session)), viewers_(static_cast<std::size_t>(count)) {}

    // Opens all streams; gives up after a minute without a new one.
    void open() {
        auto news = Clock::now();
        int before = 0;
        while (opened_ < static_cast<int>(viewers_.size()) &&
               Clock::now() - news < milliseconds(60000)) {
            while (started_ < viewers_.size() && connecting() < kConnectingMax)
                start(viewers_[started_++]);
            look(milliseconds(100), nullptr);
            if (opened_ > before) news = Clock::now();
            before = opened_;
        }
    }

    void follow(const Changes& changes, Clock::time_point until) {
        while (Clock::now() < until)
            look(milliseconds(50), &changes);
    }

    int opened() const { return opened_; }
    void report(const Changes& changes) {
        std::sort(late_ms_.begin(), late_ms_.end());
        const auto at = [&](double part) {
            return late_ms_.empty() ? 0.0
                                    : late_ms_[static_cast<std::size_t>(
                                          part * static_cast<double>(late_ms_.size() - 1))];
        };
        const auto whole = static_cast<std::size_t>(
            std::count_if(viewers_.begin(), viewers_.end(),
                          [&](const Viewer& one) { return one.waits_for == changes.size(); }));
        std::printf(
            "{\"viewers\":%zu,\"opened\":%d,\"lost\":%d,\"changes\":%zu,\"whole\":%zu,"
            "\"messages\":%lld,\"gaps\":%lld,\"p50_ms\":%.0f,\"p99_ms\":%.0f,"
            "\"max_ms\":%.0f}\n",
            viewers_.size(), opened_, lost_, changes.size(), whole, messages_, gaps_, at(0.5),
            at(0.99), at(1));
    }

private:
    int connecting() const { return static_cast<int>(started_) - opened_ - lost_; }

    void start(Viewer& viewer) {
        viewer.socket = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (viewer.socket < 0) fail("out of file descriptors");
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(static_cast<std::uint16_t>(port_));
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        connect(viewer.socket, reinterpret_cast<const sockaddr*>(&address), sizeof address);
        epoll_event event{};
        event.events = EPOLLOUT | EPOLLIN;
        event.data.ptr = &viewer;
        epoll_ctl(epoll_, EPOLL_CTL_ADD, viewer.socket, &event);
    }

    void look(milliseconds time, const Changes* changes) {
        std::vector<epoll_event> events(1024);
        const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()),
                                     static_cast<int>(time.count()));
        for (int i = 0; i < count; ++i) {
            auto& viewer = *static_cast<Viewer*>(events[static_cast<std::size_t>(i)].data.ptr);
            if (events[static_cast<std::size_t>(i)].events & EPOLLOUT) ask(viewer);
            if (events[static_cast<std::size_t>(i)].events & (EPOLLIN | EPOLLHUP | EPOLLERR))
                read(viewer, changes);
        }
    }

    void ask(Viewer& viewer) {
        const std::string request = "GET /v1/sessions/" + session_ +
                                    "/stream HTTP/1.1\r\nHost: tix\r\n"
                                    "Accept: text/event-stream\r\n\r\n";
        if (send(viewer.socket, request.data(), request.size(), MSG_NOSIGNAL) < 0) return;
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.ptr = &viewer;
        epoll_ctl(epoll_, EPOLL_CTL_MOD, viewer.socket, &event);
    }

    void read(Viewer& viewer, const Changes* changes) {
        char bytes[16384];
        const ssize_t got = recv(viewer.socket, bytes, sizeof bytes, 0);
        if (got <= 0) {
            if (got < 0 && errno == EAGAIN) return;
            close(viewer.socket);
            viewer.socket = -1;
            ++lost_;
            return;
        }
        viewer.text.append(bytes, static_cast<std::size_t>(got));
        if (!viewer.open && viewer.text.starts_with("HTTP/1.1 200")) {
            viewer.open = true;
            ++opened_;
        }
        for (std::size_t end; (end = viewer.text.find('\n')) != std::string::npos;) {
            hear(viewer, viewer.text.substr(0, end), changes);
            viewer.text.erase(0, end + 1);
        }
    }

    void hear(Viewer& viewer, const std::string& line, const Changes* changes) {
        if (!line.starts_with("data: ")) return;
        const long long seq = number_of(line, "\"seq\":\"");
        const long long prev = number_of(line, "\"prev\":\"");
        ++messages_;
        if (seq <= viewer.seq) return;
        if (viewer.seq > 0 && prev > viewer.seq) ++gaps_;
        viewer.seq = seq;
        if (changes == nullptr) return;
        const auto now = Clock::now();
        for (const Change& change : changes->after(viewer.waits_for)) {
            if (change.seq > seq) break;
            late_ms_.push_back(std::chrono::duration<double, std::milli>(now - change.at).count());
            ++viewer.waits_for;
        }
    }

    int port_;
    std::string session_;
    std::vector<Viewer> viewers_;
    int epoll_ = epoll_create1(EPOLL_CLOEXEC);
    std::size_t started_ = 0;
    int opened_ = 0, lost_ = 0;
    long long messages_ = 0, gaps_ = 0;
    std::vector<double> late_ms_;
};

}  // namespace

int main(int argc, char** argv) {
    if (argc != 5) fail("usage: tix-viewers PORT SESSION VIEWERS SECONDS");
    const int port = static_cast<int>(std::strtol(argv[1], nullptr, 10));
    const int count = static_cast<int>(std::strtol(argv[3], nullptr, 10));
    const int seconds = static_cast<int>(std::strtol(argv[4], nullptr, 10));
    rlimit files{};
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    if (files.rlim_cur < static_cast<rlim_t>(count) + 64)
        fail("only " + std::to_string(files.rlim_cur) + " file descriptors are allowed");
    Crowd crowd(port, argv[2], count);
    crowd.open();
    std::fprintf(stderr, "%d streams are open\n", crowd.opened());
    std::fflush(stderr);
    std::getchar();  // whoever started it looks at the edge's memory first
    Changes changes;
    std::thread changer(change_seats, std::string(argv[2]), seconds, std::ref(changes));
    crowd.follow(changes, Clock::now() + std::chrono::seconds(seconds) + kLast);
    changer.join();
    crowd.report(changes);
    return 0;
}
