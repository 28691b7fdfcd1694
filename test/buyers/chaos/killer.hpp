// Kills a process of the stack with SIGKILL, waits until buyers are served again, and goes on.
//
// Served again means: a request to lock a seat, sent after the victim and all who must follow it
// were gone, was answered by the engine. The seat is a sold one, so that the sale is left alone;
// the answer has come the whole way, from the edge to the engine and back.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "chaos/stack.hpp"
#include "crowd.hpp"
#include "database.hpp"
#include "http/link.hpp"
#include "http/token.hpp"
#include "incident.hpp"

namespace tix::buyers::chaos {

inline constexpr std::size_t kKillsMin = 40;  // in one sale

class Killer {
public:
    static constexpr std::size_t kProbes = 8;

    // `run`: the folder of the stack. Probes use the epoll tags from `first_tag` on, and buyers'
    // addresses from `next_address` on, which it advances.
    Killer(std::string run, Crowd& crowd, const http::Issuer& issuer, const http::Server& server,
           int epoll, std::uint64_t first_tag, std::uint32_t& next_address);

    // Takes the next step when it is due; cheap when not. Kills nobody before the first seats are
    // sold and after the sale.
    void step(std::int64_t now_ms);
    void ready(std::uint64_t tag, std::uint32_t events, std::int64_t now_ms);
    std::int64_t due_ms() const { return due_ms_; }  // of the next step

    // Nobody is missed at the moment.
    bool all_back() const { return state_ == State::kWaiting; }
    const std::vector<Incident>& incidents() const { return incidents_; }
    // Adds what is wrong, one line each: too few blows, or somebody who was away for too long.
    void report(std::vector<std::string>& faults) const;

private:
    enum class State : std::uint8_t { kWaiting, kDying, kProbing };
    struct Probe {
        http::Link link;
        std::int64_t begun_ms = 0;
    };

    void deal();
    void kill_next();
    void send_probes();
    void probe_answered(int status, std::int64_t now_ms);
    std::string probe_request() const;

    Stack stack_;
    Crowd& crowd_;
    const http::Issuer& issuer_;
    const http::Server& server_;
    int epoll_;
    std::uint64_t first_tag_;
    std::uint32_t& next_address_;

    Random random_;
    std::vector<Victim> victims_;  // the next one last
    std::vector<Incident> incidents_;
    State state_ = State::kWaiting;
    Target target_;
    std::string request_;  // of the probes
    std::int64_t now_ms_ = 0;
    std::int64_t due_ms_ = 0;
    std::array<Probe, kProbes> probes_;
};

}  // namespace tix::buyers::chaos
