// The sale over HTTP: one thread that keeps thousands of buyers connected until all is sold.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <queue>
#include <vector>

#include "chaos/killer.hpp"
#include "http/feed.hpp"
#include "http/link.hpp"
#include "http/server_log.hpp"
#include "http/shopper.hpp"
#include "options.hpp"
#include "sale.hpp"

namespace tix::buyers::http {

class HttpSale : public Sale {
public:
    // Makes room for the connections and reads the seats; throws std::runtime_error.
    explicit HttpSale(const Options& options);
    ~HttpSale() override;
    HttpSale(const HttpSale&) = delete;
    HttpSale& operator=(const HttpSale&) = delete;

    Ending run(const volatile bool& interrupted, const std::function<void()>& watch) override;

    const Crowd& crowd() const override { return crowd_; }
    std::uint64_t resyncs() const override { return feed_.resyncs(); }
    std::uint64_t unique_violations() const override { return server_log_.violations(); }
    std::vector<std::string> faults() const override;
    const std::vector<Incident>& incidents() const override;

private:
    struct Place {  // a buyer and the connection of its own
        Link link;
        std::unique_ptr<Shopper> shopper;
        Action action;                 // the request that is sent, or will be sent again
        bool waits = false;            // for the answer to it
        bool has_sent = false;         // the request, on this connection
        int tries = 0;                 // of the request
        std::uint32_t address = 0;     // of the buyer
        std::uint32_t generation = 0;  // of the connection: older events are not for it
        std::uint32_t alarm = 0;       // of the timer: older ones do not ring
        Clock::time_point asked;       // when the buyer clicked
        Clock::time_point sent;        // when the request went out the last time
    };
    struct Alarm {
        Clock::time_point rings;
        std::size_t place;
        std::uint32_t number;
        bool operator>(const Alarm& other) const { return rings > other.rings; }
    };

    void wait_for_seats();
    void tick(const std::function<void()>& watch);
    void count_open();
    void look_around();
    void let_in();
    void move_in(std::size_t index, std::unique_ptr<Shopper> shopper);
    std::size_t free_place();
    void poll(int timeout_ms);
    void ring();
    void set_alarm(std::size_t index, int after_ms);

    void open(std::size_t index);
    void go_on(std::size_t index);
    void transmit(std::size_t index);
    void place_ready(std::size_t index, std::uint32_t events);
    void answered(std::size_t index);
    void lost(std::size_t index);
    void try_again(std::size_t index, int after_ms);
    void move_out(std::size_t index);
    bool everybody_left() const;

    const Options options_;
    HttpCrowd crowd_;
    Server server_;
    ServerLog server_log_;
    int epoll_;
    std::uint32_t addresses_ = 0;  // given to buyers until now
    Feed feed_;
    std::unique_ptr<chaos::Killer> killer_;
    std::deque<Place> places_;         // the buyers, then the twins
    std::vector<std::size_t> vacant_;  // places of twins that left
    std::priority_queue<Alarm, std::vector<Alarm>, std::greater<>> alarms_;
    Clock::time_point next_tick_;
    std::size_t arrived_ = 0;  // places of buyers that are taken
    std::size_t registered_ = 0;
    bool was_full_ = false;
    Clock::time_point counted_;
    double cpu_before_s_ = 0;
};

}  // namespace tix::buyers::http
