// The loop: arrivals, timers, sockets, and requests that are sent again.
#include "http/http_sale.hpp"

#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

namespace tix::buyers::http {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kTickEvery{100};
constexpr milliseconds kGoodbye{10000};  // how long buyers may finish once all is sold
constexpr milliseconds kStuck{30000};    // an answer that takes longer is not waited for
constexpr milliseconds kSeatsWithin{30000};
constexpr std::size_t kArrivalsPerTick = 40;
constexpr std::size_t kRegistered = 200;   // buyers with a password …
constexpr std::size_t kOthersBetween = 9;  // … one after so many without …
constexpr int kTriesMax = 30;
constexpr int kReopenMs = 100;
constexpr int kReopenMaxMs = 2000;
constexpr std::size_t kFullPercent = 96;  // of the crowd; some are always on their way in or out
constexpr std::size_t kCrowded = 2000;
constexpr std::int64_t kCrowdedMs = 60000;
constexpr rlim_t kOtherFiles = 1024;  // twins, feed, database, and connections about to close

double cpu_s() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

void make_room_for_sockets(int connections) {
    const rlim_t wanted = static_cast<rlim_t>(connections) + kOtherFiles;
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur >= wanted) return;
    if (limit.rlim_max < wanted)
        throw std::runtime_error(std::to_string(connections) + " connections need " +
                                 std::to_string(wanted) + " open files, but only " +
                                 std::to_string(limit.rlim_max) +
                                 " are allowed: raise the hard limit (ulimit -Hn)");
    limit.rlim_cur = wanted;
    setrlimit(RLIMIT_NOFILE, &limit);
}

constexpr std::uint64_t kFirstProbeTag = Feed::kReaderTag - chaos::Killer::kProbes;

std::uint64_t tag_of(std::size_t index, std::uint32_t generation) {
    return std::uint64_t{generation & 0x7fffffffU} << 32 | index;
}

}  // namespace

HttpSale::HttpSale(const Options& options)
    : options_(options),
      crowd_(options.key_file),
      server_(parse_url(options.url)),
      server_log_(options.server_log),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      feed_(crowd_, server_, epoll_, loopback_address(0), loopback_address(1)) {
    addresses_ = 2;
    crowd_.session_id = options_.session_id;
    crowd_.random.seed(options_.seed);
    crowd_.authority = server_.authority;
    crowd_.think_ms = options_.think_ms;
    crowd_.hold_ttl = std::chrono::seconds(options_.hold_ttl_s);
    crowd_.order_ttl = std::chrono::seconds(options_.order_ttl_s);
    crowd_.at_a_time = static_cast<std::size_t>(options_.connections);
    make_room_for_sockets(options_.connections);
    wait_for_seats();
    places_.resize(crowd_.at_a_time);
    if (options_.has_chaos())
        killer_ = std::make_unique<chaos::Killer>(options_.chaos, crowd_, crowd_.issuer, server_,
                                                  epoll_, kFirstProbeTag, addresses_);
}

HttpSale::~HttpSale() {
    places_.clear();
    if (epoll_ >= 0) close(epoll_);
}

void HttpSale::wait_for_seats() {
    while (!feed_.has_seats()) {
        if (Clock::now() - began_ > kSeatsWithin)
            throw std::runtime_error("no seats from " + options_.url +
                                     " within 30 seconds: " + feed_.trouble());
        feed_.tick(elapsed_ms());
        poll(static_cast<int>(kTickEvery.count()));
    }
}

Ending HttpSale::run(const volatile bool& interrupted, const std::function<void()>& watch) {
    began_ = Clock::now();
    next_tick_ = began_;
    counted_ = began_;
    cpu_before_s_ = cpu_s();
    const auto ends = began_ + std::chrono::seconds(options_.time_limit_s);
    auto goodbye = Clock::time_point::max();
    while (!interrupted) {
        const auto now = Clock::now();
        if (now >= next_tick_) tick(watch);
        if (killer_) killer_->step(elapsed_ms());
        if (!crowd_.over && crowd_.market.sold_out()) {
            crowd_.over = true;
            goodbye = now + kGoodbye;
        }
        const bool may_end = crowd_.over && (!killer_ || killer_->all_back());
        if (may_end && (everybody_left() || now >= goodbye)) return Ending::kSoldOut;
        if (now >= ends) return Ending::kTimeOut;
        ring();
        auto next = next_tick_;
        if (!alarms_.empty()) next = std::min(next, alarms_.top().rings);
        if (killer_) next = std::min(next, began_ + milliseconds(killer_->due_ms()));
        const auto pause = std::chrono::ceil<milliseconds>(next - Clock::now());
        poll(static_cast<int>(std::clamp<std::int64_t>(pause.count(), 0, kTickEvery.count())));
    }
    return Ending::kInterrupted;
}

void HttpSale::tick(const std::function<void()>& watch) {
    next_tick_ = Clock::now() + kTickEvery;
    feed_.tick(elapsed_ms());
    crowd_.seat_tag = "\"" + std::to_string(feed_.sequence()) + "\"";
    if (!crowd_.over) {
        let_in();
        count_open();
    }
    look_around();
    Traffic& traffic = crowd_.statistics.traffic;
    if (traffic.requests > 0)
        traffic.cpu_us_per_request =
            (cpu_s() - cpu_before_s_) * 1e6 / static_cast<double>(traffic.requests);
    watch();
}

void HttpSale::count_open() {
    const auto now = Clock::now();
    const auto since = std::chrono::duration_cast<milliseconds>(now - counted_);
    counted_ = now;
    Traffic& traffic = crowd_.statistics.traffic;
    const auto buyers_end = places_.begin() + static_cast<std::ptrdiff_t>(crowd_.at_a_time);
    const auto open = static_cast<std::uint64_t>(
        std::count_if(places_.begin(), buyers_end,
                      [](const Place& place) { return place.link.state() == Link::State::kOpen; }));
    if (open >= kCrowded) traffic.crowded_ms += since.count();
    if (!was_full_) {
        was_full_ = open * 100 >= crowd_.at_a_time * kFullPercent;
        traffic.open_min = open;
    }
    traffic.open_min = std::min(traffic.open_min, open);
}

// Mends what no event will: answers that do not come, idle connections that the server has closed,
// and buyers who have nothing to stay for.
void HttpSale::look_around() {
    const auto now = Clock::now();
    for (std::size_t i = 0; i < places_.size(); ++i) {
        const Place& place = places_[i];
        if (!place.shopper) continue;
        if (place.link.answer_is_due() && now - place.sent > kStuck) {
            lost(i);
        } else if (!place.waits && crowd_.over && place.shopper->may_go()) {
            move_out(i);
        } else if (!place.waits && place.link.state() == Link::State::kClosed) {
            open(i);
        }
    }
}

// Buyers come until there are as many as wanted; a place that one leaves is taken at once.
void HttpSale::let_in() {
    for (std::size_t i = 0; i < kArrivalsPerTick && arrived_ < crowd_.at_a_time; ++i) {
        const bool registers = arrived_ % (kOthersBetween + 1) == 0 && registered_ < kRegistered;
        registered_ += registers;
        move_in(arrived_++, std::make_unique<Shopper>(crowd_, registers));
    }
    while (!crowd_.twins.empty()) {
        auto twin = std::move(crowd_.twins.front());
        crowd_.twins.pop_front();
        move_in(free_place(), std::move(twin));
    }
}

std::size_t HttpSale::free_place() {
    if (vacant_.empty()) {
        places_.emplace_back();
        return places_.size() - 1;
    }
    const std::size_t index = vacant_.back();
    vacant_.pop_back();
    return index;
}

void HttpSale::move_in(std::size_t index, std::unique_ptr<Shopper> shopper) {
    Place& place = places_[index];
    place.shopper = std::move(shopper);
    place.address = loopback_address(addresses_++);
    place.waits = false;
    place.tries = 0;
    open(index);
    go_on(index);
}

void HttpSale::move_out(std::size_t index) {
    Place& place = places_[index];
    place.link.close();
    place.shopper.reset();
    ++place.alarm;
    if (index >= crowd_.at_a_time) {
        vacant_.push_back(index);
    } else if (!crowd_.over) {
        move_in(index, std::make_unique<Shopper>(crowd_, false));
    }
}

void HttpSale::open(std::size_t index) {
    Place& place = places_[index];
    place.has_sent = false;
    ++place.generation;
    if (!place.link.open(epoll_, tag_of(index, place.generation), server_, place.address))
        lost(index);
}

// Lets a buyer act until it waits for an answer or for its time, or has left.
void HttpSale::go_on(std::size_t index) {
    Place& place = places_[index];
    place.action = place.shopper->act();
    switch (place.action.kind) {
        case Action::Kind::kSend:
            place.waits = true;
            place.tries = 0;
            place.asked = Clock::now();
            return transmit(index);
        case Action::Kind::kSleep:
            return set_alarm(index, place.action.sleep_ms);
        case Action::Kind::kLeave:
            return move_out(index);
    }
}

void HttpSale::transmit(std::size_t index) {
    Place& place = places_[index];
    if (place.link.state() == Link::State::kClosed) return open(index);
    if (place.link.state() == Link::State::kConnecting) return;
    place.sent = Clock::now();
    place.has_sent = true;
    if (!place.link.send(place.action.request)) lost(index);
}

void HttpSale::place_ready(std::size_t index, std::uint32_t events) {
    Place& place = places_[index];
    switch (place.link.ready(events)) {
        case Link::News::kNothing:
            return;
        case Link::News::kOpened:
            if (place.waits) transmit(index);
            return;
        case Link::News::kAnswered:
            return answered(index);
        case Link::News::kLost:
            return lost(index);
    }
}

void HttpSale::answered(std::size_t index) {
    Place& place = places_[index];
    Traffic& traffic = crowd_.statistics.traffic;
    // Moved out, because the connection may be closed and the place be taken anew.
    const Response response = std::move(place.link.response());
    ++traffic.requests;
    if (response.closes) place.link.close();
    const int later_ms = std::max(response.retry_after_s, 0) * 1000 + kReopenMs;
    if (response.status == 503 && place.tries < kTriesMax) {
        ++traffic.unavailable;
        return try_again(index, later_ms);
    }
    if (response.status == 409 && place.tries < kTriesMax &&
        response.body.find("\"in_progress\"") != std::string::npos) {
        ++traffic.in_progress;
        return try_again(index, later_ms);
    }
    place.waits = false;
    crowd_.statistics.took(place.action.step, Clock::now() - place.asked);
    place.shopper->answered(response);
    go_on(index);
}

void HttpSale::try_again(std::size_t index, int after_ms) {
    Place& place = places_[index];
    ++place.tries;
    set_alarm(index, after_ms + static_cast<int>(crowd_.random() % kReopenMs));
}

// The connection is gone: opened again, and the request, if one was sent, is sent again. All of
// them may be: those that must not happen twice carry a key.
void HttpSale::lost(std::size_t index) {
    Place& place = places_[index];
    Traffic& traffic = crowd_.statistics.traffic;
    ++traffic.reconnects;
    place.link.close();
    if (!place.waits) return;  // opened again by the next tick
    if (place.has_sent) ++traffic.resent;
    if (place.tries < kTriesMax)
        return try_again(index, std::min(kReopenMs << std::min(place.tries, 10), kReopenMaxMs));
    ++traffic.given_up;
    place.waits = false;
    move_out(index);
}

void HttpSale::set_alarm(std::size_t index, int after_ms) {
    const std::uint32_t number = ++places_[index].alarm;
    alarms_.push({Clock::now() + milliseconds(after_ms), index, number});
}

void HttpSale::ring() {
    const auto now = Clock::now();
    while (!alarms_.empty() && alarms_.top().rings <= now) {
        const Alarm alarm = alarms_.top();
        alarms_.pop();
        const Place& place = places_[alarm.place];
        if (!place.shopper || place.alarm != alarm.number) continue;
        if (place.waits) {
            transmit(alarm.place);
        } else {
            go_on(alarm.place);
        }
    }
}

void HttpSale::poll(int timeout_ms) {
    static std::array<epoll_event, 256> events;
    const int count =
        epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), timeout_ms);
    for (int i = 0; i < count; ++i) {
        const std::uint64_t tag = events[static_cast<std::size_t>(i)].data.u64;
        const std::uint32_t found = events[static_cast<std::size_t>(i)].events;
        if (tag >= Feed::kReaderTag) {
            feed_.ready(tag, found);
            continue;
        }
        if (tag >= kFirstProbeTag) {
            killer_->ready(tag, found, elapsed_ms());
            continue;
        }
        const auto index = static_cast<std::size_t>(tag & 0xffffffffU);
        if (places_[index].shopper && tag == tag_of(index, places_[index].generation))
            place_ready(index, found);
    }
}

bool HttpSale::everybody_left() const {
    return crowd_.twins.empty() &&
           std::none_of(places_.begin(), places_.end(),
                        [](const Place& place) { return place.shopper != nullptr; });
}

std::vector<std::string> HttpSale::faults() const {
    const Traffic& traffic = crowd_.statistics.traffic;
    std::vector<std::string> found;
    const auto must_not = [&](std::uint64_t times, const char* what) {
        if (times > 0) found.push_back(std::to_string(times) + " " + what);
    };
    must_not(traffic.limited, "requests of honest buyers were refused by a limit (429)");
    must_not(traffic.server_errors, "requests met a server error (5xx)");
    must_not(traffic.unexpected, "answers were not what an honest buyer may expect");
    must_not(traffic.unlike_replays, "repeated requests had another result than the first");
    must_not(traffic.missing_tickets, "completed orders have other tickets than seats");
    must_not(traffic.given_up, "requests were given up");
    must_not(crowd_.statistics.holds_lost, "times a hold was denied before its deadline");
    if (crowd_.at_a_time >= kCrowded && traffic.crowded_ms < kCrowdedMs)
        found.push_back("2 000 connections were open for less than 60 seconds");
    if (killer_) killer_->report(found);
    return found;
}

const std::vector<Incident>& HttpSale::incidents() const {
    return killer_ ? killer_->incidents() : Sale::incidents();
}

}  // namespace tix::buyers::http
