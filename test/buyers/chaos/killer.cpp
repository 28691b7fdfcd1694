// The dice and the clock of the killer, and the probes that show when all is well.
#include "chaos/killer.hpp"

#include <signal.h>

#include <algorithm>

#include "chaos/processes.hpp"

namespace tix::buyers::chaos {
namespace {

constexpr int kPostmasterKills = 2;
constexpr std::size_t kFirstAfterShare = 50;  // the first kill when one in so many seats is sold
constexpr std::int64_t kLookMs = 5;
constexpr std::int64_t kProbeEveryMs = 20;
constexpr std::int64_t kProbePatienceMs = 2000;
constexpr std::int64_t kPauseMinMs = 500;
constexpr std::int64_t kPauseMaxMs = 2500;
constexpr std::int64_t kPatience = 3;

}  // namespace

Killer::Killer(std::string run, Crowd& crowd, const http::Issuer& issuer,
               const http::Server& server, int epoll, std::uint64_t first_tag,
               std::uint32_t& next_address)
    : stack_(std::move(run)),
      crowd_(crowd),
      issuer_(issuer),
      server_(server),
      epoll_(epoll),
      first_tag_(first_tag),
      next_address_(next_address) {
    random_.seed(crowd.random());
    deal();
}

// A round in random order: each kind as often as the others, the postmaster twice; whoever comes
// after the first round is anybody but the postmaster.
void Killer::deal() {
    const bool first = incidents_.empty();
    for (std::size_t i = 0; victims_.size() < kKillsMin; ++i) {
        const Victim victim = kVictims[i % kVictims.size()].victim;
        if (victim != Victim::kPostmaster) victims_.push_back(victim);
    }
    std::shuffle(victims_.begin(), victims_.end(), random_);
    for (int i = 0; first && i < kPostmasterKills; ++i) {
        const std::size_t place = random_() % victims_.size();
        victims_.insert(victims_.begin() + static_cast<std::ptrdiff_t>(place), Victim::kPostmaster);
    }
}

void Killer::step(std::int64_t now_ms) {
    now_ms_ = now_ms;
    if (now_ms < due_ms_) return;
    switch (state_) {
        case State::kWaiting:
            due_ms_ = now_ms + kLookMs;
            if (!crowd_.over &&
                crowd_.market.count(Look::kSold) * kFirstAfterShare >= crowd_.market.capacity())
                kill_next();
            return;
        case State::kDying:
            due_ms_ = now_ms + kLookMs;
            if (std::any_of(target_.end.begin(), target_.end.end(), lives)) return;
            state_ = State::kProbing;
            return;
        case State::kProbing:
            due_ms_ = now_ms + kProbeEveryMs;
            return send_probes();
    }
}

void Killer::kill_next() {
    const Victim victim = victims_.back();
    target_ = stack_.aim(victim, random_);
    if (target_.killed.empty()) return;
    request_ = probe_request();
    for (const pid_t pid : target_.killed)
        kill(pid, SIGKILL);
    const VictimFacts& facts = kVictims[static_cast<std::size_t>(victim)];
    incidents_.push_back({now_ms_, facts.name, target_.killed.front(), facts.goal_ms, -1});
    state_ = State::kDying;
    victims_.pop_back();
    if (victims_.empty()) deal();
}

// A user of its own for each blow, so that no rate limit is met.
std::string Killer::probe_request() const {
    const auto& seats = crowd_.market.seats();
    const auto sold = std::find_if(seats.begin(), seats.end(),
                                   [](const Seat& seat) { return seat.look == Look::kSold; });
    const std::string token = issuer_.token(new_uuid(crowd_));
    return http::Request{.method = "POST",
                         .path = "/v1/sessions/" + crowd_.session_id + "/seats/lock",
                         .token = token,
                         .body = R"({"seatIds":[")" + sold->id + "\"]}"}
        .print(server_.authority);
}

// One probe more at a time, so that one that hangs does not hide that others would be answered.
void Killer::send_probes() {
    Probe* idle = nullptr;
    for (Probe& probe : probes_) {
        if (now_ms_ - probe.begun_ms > kProbePatienceMs) probe.link.close();
        if (probe.link.state() == http::Link::State::kClosed) idle = &probe;
    }
    if (idle == nullptr) return;
    const auto index = static_cast<std::uint64_t>(idle - probes_.data());
    idle->begun_ms = now_ms_;
    idle->link.open(epoll_, first_tag_ + index, server_, http::loopback_address(next_address_++));
}

void Killer::ready(std::uint64_t tag, std::uint32_t events, std::int64_t now_ms) {
    http::Link& link = probes_[tag - first_tag_].link;
    if (link.state() == http::Link::State::kClosed) return;
    switch (link.ready(events)) {
        case http::Link::News::kNothing:
            return;
        case http::Link::News::kOpened:
            if (!link.send(request_)) link.close();
            return;
        case http::Link::News::kAnswered:
            probe_answered(link.response().status, now_ms);
            link.close();
            return;
        case http::Link::News::kLost:
            link.close();
            return;
    }
}

// Refused because the seat is sold, or granted because it no longer is.
void Killer::probe_answered(int status, std::int64_t now_ms) {
    if ((status != 409 && status >= 300) || state_ != State::kProbing) return;
    incidents_.back().back_ms = now_ms - incidents_.back().at_ms;
    for (Probe& probe : probes_)
        probe.link.close();
    state_ = State::kWaiting;
    due_ms_ =
        now_ms + kPauseMinMs + static_cast<std::int64_t>(random_() % (kPauseMaxMs - kPauseMinMs));
}

// The goals are for a machine that does nothing else: what fails is to miss one by far.
void Killer::report(std::vector<std::string>& faults) const {
    if (incidents_.size() < kKillsMin)
        faults.push_back("only " + std::to_string(incidents_.size()) + " processes were killed");
    for (const Incident& incident : incidents_) {
        if (incident.back_ms < 0) {
            faults.push_back("after the death of the " + incident.victim + " nobody was served");
        } else if (incident.back_ms > kPatience * incident.goal_ms) {
            faults.push_back("the " + incident.victim + " was away for " +
                             std::to_string(incident.back_ms) + " ms");
        }
    }
}

}  // namespace tix::buyers::chaos
