// Keeps the picture of the market up to date as a page in a browser does: the seats once, then the
// edge's event stream, and the 2-bit map again whenever the stream does not go on where it was.
#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "crowd.hpp"
#include "database.hpp"
#include "http/event_stream.hpp"
#include "http/link.hpp"

namespace tix::buyers::http {

class Feed {
public:
    static constexpr std::uint64_t kStreamTag = ~std::uint64_t{0};
    static constexpr std::uint64_t kReaderTag = kStreamTag - 1;

    // The addresses are those of the two connections.
    Feed(Crowd& crowd, const Server& server, int epoll, std::uint32_t stream_address,
         std::uint32_t reader_address);

    // Opens what is closed and asks for what is missing; call it about ten times a second.
    void tick(std::int64_t now_ms);
    void ready(std::uint64_t tag, std::uint32_t events);

    bool has_seats() const { return crowd_.market.capacity() > 0; }
    std::int64_t sequence() const { return sequence_; }
    std::uint64_t resyncs() const { return resyncs_; }
    // Why there is no picture yet, for a run that never gets one.
    const std::string& trouble() const { return trouble_; }

private:
    void stream_ready(std::uint32_t events);
    void stream_lost(const std::string& why);
    void reader_ready(std::uint32_t events);
    void read_answer(Response& answer);
    void load_seats(const std::string& body);
    void load_map(const Response& answer);
    void ask_for_map();
    void apply(const StreamEvent& event);
    void apply_waiting();

    Crowd& crowd_;
    const Server& server_;
    int epoll_;
    std::uint32_t stream_address_;
    std::uint32_t reader_address_;
    Link stream_;
    Link reader_;
    EventStream events_;
    std::deque<StreamEvent> waiting_;  // came while the picture was being read
    bool listens_ = false;             // the stream has answered 200
    bool wants_picture_ = true;
    std::int64_t sequence_ = 0;
    std::int64_t now_ms_ = 0;
    Clock::time_point stream_opens_;  // not before
    Clock::time_point reader_asks_;   // not before
    std::uint64_t resyncs_ = 0;
    std::string trouble_;
};

}  // namespace tix::buyers::http
