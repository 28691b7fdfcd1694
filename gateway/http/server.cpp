// httplib for threads, parsing and printing; framing and deadlines are ours.
#include "server.hpp"

#include <httplib.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <limits>
#include <thread>

#include "listener.hpp"
#include "stream.hpp"

namespace tix::gateway {
namespace {

constexpr std::chrono::milliseconds kAcceptPause{1};
constexpr int kPassedFirst = 3;  // SD_LISTEN_FDS_START

// What belongs to the request that a thread works on.
struct Exchange {
    Head head;
    std::string body;
};
thread_local Exchange exchange;

}  // namespace

std::string_view HttpRequest::header(std::string_view name) const {
    for (const auto& [field, value] : headers)
        if (field == name) return value;
    return {};
}

class HttpServer::Library : public httplib::Server {
public:
    Library(ServerSettings settings, HttpServer::Handler handler, FaultHandler fault_handler)
        : settings_(std::move(settings)),
          handler_(std::move(handler)),
          fault_handler_(std::move(fault_handler)),
          wake_(eventfd(0, EFD_CLOEXEC)) {
        set_keep_alive_max_count(std::numeric_limits<int>::max());
        set_keep_alive_timeout(
            std::chrono::ceil<std::chrono::seconds>(settings_.keep_alive).count());
        // Called with the parsed head and before httplib would read a body.
        set_pre_routing_handler([this](const httplib::Request& in, httplib::Response& out) {
            answer(in, out);
            return HandlerResponse::Handled;
        });
    }
    ~Library() override { close(wake_); }

    bool bind(int passed) {
        if (passed > 0) return sockets_.take(kPassedFirst, passed);
        if (settings_.port == 0 && settings_.unix_socket.empty()) {
            errno = EADDRNOTAVAIL;  // neither: it would serve nobody
            return false;
        }
        if (settings_.port > 0 && !sockets_.open_port(settings_.host, settings_.port)) return false;
        return settings_.unix_socket.empty() || sockets_.open_unix(settings_.unix_socket);
    }

    // Not httplib's loop: that one ends for good when accept() fails once for want of memory or
    // descriptors, and cannot be stopped before it runs.
    void run() {
        httplib::ThreadPool workers(static_cast<std::size_t>(settings_.threads));
        std::vector<pollfd> polled;
        for (const int socket : sockets_.all())
            polled.push_back({socket, POLLIN, 0});
        polled.push_back({wake_, POLLIN, 0});
        while (!draining_) {
            if (poll(polled.data(), polled.size(), -1) <= 0) continue;
            for (const pollfd& listener : polled)
                if (listener.fd != wake_ && listener.revents != 0 && !take(workers, listener.fd))
                    std::this_thread::sleep_for(kAcceptPause);  // until others have ended
        }
        // Who waits in the queue has connected, and may have sent already.
        for (const int socket : sockets_.all())
            while (take(workers, socket)) {
            }
        sockets_.close();
        workers.shutdown();
    }

    void drain() {
        draining_ = true;
        eventfd_write(wake_, 1);
    }

private:
    bool take(httplib::ThreadPool& workers, int listener) {
        const int socket = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
        if (socket >= 0) workers.enqueue([this, socket] { process_and_close_socket(socket); });
        return socket >= 0;
    }

    // Overrides httplib's loop over the requests of a connection.
    bool process_and_close_socket(int socket) override {
        const int yes = 1;  // else every request waits 44 ms for an acknowledgement
        setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        ClientStream stream(socket, wake_, settings_.deadline, settings_.linger);
        while (stream.wait(settings_.keep_alive) == ClientStream::Arrival::kBytes)
            if (!serve(stream)) break;
        ::shutdown(socket, SHUT_RDWR);
        ::close(socket);
        return true;
    }

    // Serves one request; false when the connection must end.
    bool serve(ClientStream& stream) {
        Head& head = exchange.head;
        head = stream.read_head(settings_.head);
        if (head.fault != nullptr) return refuse(stream, head.fault);
        if (const std::string code = refuse_body(stream, head); !code.empty())
            return refuse(stream, code);
        if (head.expects_continue) stream.write_continue();
        if (!stream.read_body(head.content_length, exchange.body)) return false;
        bool closed = false;
        const bool last = draining_ || !head.keep_alive;
        const bool good = process(*this, stream, last, closed);
        // A thread does not keep the room of a long body for its next request.
        if (exchange.body.capacity() > 2 * settings_.body_bytes) exchange.body = std::string();
        return stream.flush() && good && !last;
    }

    // The library's signature grew: 0.11 asks the stream for the addresses, 0.18 is told them.
    template <typename Self>
    static bool process(Self& self, ClientStream& stream, bool last, bool& closed) {
        if constexpr (requires { self.process_request(stream, last, closed, nullptr); }) {
            return self.process_request(stream, last, closed, nullptr);
        } else {
            std::string peer;
            int port = 0;
            stream.get_remote_ip_and_port(peer, port);
            return self.process_request(stream, peer, port, "", 0, last, closed, nullptr);
        }
    }

    // The code with which a body is refused unread; empty when it is to be read.
    std::string refuse_body(ClientStream& stream, const Head& head) const {
        if (head.content_length <= settings_.body_bytes) return {};
        if (head.content_length > settings_.long_body_bytes || !settings_.refuse_long_body)
            return "payload_too_large";
        HttpRequest request = request_of(head);
        std::string peer;
        int port = 0;
        stream.get_remote_ip_and_port(peer, port);
        request.peer = peer;
        std::string code = settings_.refuse_long_body(request);
        // Where long bodies have a place, it is taken all the same: the edge sends a body to its
        // end before it reads an answer.
        const bool takes_it = !code.empty() && code != "payload_too_large";
        if (takes_it && !head.expects_continue) stream.discard_body(head.content_length);
        return code;
    }

    static HttpRequest request_of(const Head& head) {
        HttpRequest request;
        // From what was checked, not from what the library made of it: it decodes "%41" in fields.
        request.method = head.method == "HEAD" ? std::string_view("GET") : head.method;
        const auto mark = head.target.find('?');
        request.path = head.target.substr(0, mark);
        if (mark != std::string_view::npos) request.query = head.target.substr(mark + 1);
        request.headers = head.fields;
        return request;
    }

    // Always false: what follows on the connection cannot be understood.
    bool refuse(ClientStream& stream, std::string_view code) {
        if (code.empty()) return false;
        const HttpResponse response = fault_handler_(code);
        std::string text = "HTTP/1.1 " + std::to_string(response.status) + " Refused\r\n";
        for (const auto& [name, value] : response.headers)
            text += name + ": " + value + "\r\n";
        text += "Content-Type: " + response.content_type + "\r\nConnection: close\r\n" +
                "Content-Length: " + std::to_string(response.body.size()) + "\r\n\r\n" +
                (exchange.head.method == "HEAD" ? "" : response.body);
        stream.write(text.data(), text.size());
        stream.flush();
        return false;
    }

    void answer(const httplib::Request& in, httplib::Response& out) {
        HttpRequest request = request_of(exchange.head);
        request.body = exchange.body;
        request.peer = in.remote_addr;
        HttpResponse response = handler_(request);
        out.status = response.status;
        for (const auto& [name, value] : response.headers)
            out.set_header(name, value);
        if (!response.content_type.empty()) {
            out.body = std::move(response.body);
            out.set_header("Content-Type", response.content_type);
        }
    }

    ServerSettings settings_;
    HttpServer::Handler handler_;
    FaultHandler fault_handler_;
    int wake_;
    ListeningSockets sockets_;
    std::atomic<bool> draining_{false};
};

HttpServer::HttpServer(ServerSettings settings, Handler handler, FaultHandler fault_handler)
    : library_(std::make_unique<Library>(std::move(settings), std::move(handler),
                                         std::move(fault_handler))) {}
HttpServer::~HttpServer() = default;
bool HttpServer::bind(int passed) {
    return library_->bind(passed);
}
void HttpServer::run() {
    library_->run();
}
void HttpServer::drain() {
    library_->drain();
}

}  // namespace tix::gateway
