// Leaders and those who follow them.
#include "coalescer.hpp"

#include <algorithm>

#include "../db/connection.hpp"

namespace tix::gateway {
namespace {

constexpr int kReason = 1;  // of tix_lock_result

}  // namespace

LockAnswer Coalescer::alone(const LockRequest& request) const {
    return {std::make_shared<const DbResult>(run_({&request})), 0, 1};
}

LockAnswer Coalescer::lock(const LockRequest& request) {
    if (most_ < 2) return alone(request);
    Waiter self{&request, Waiter::State::kLeads, {}, {}, {}};
    {
        std::unique_lock lock(mutex_);
        Line& line = lines_[request.session];
        if (line.running < at_once_) {
            ++line.running;
        } else {
            self.state = Waiter::State::kWaiting;
            line.waiting.push_back(&self);
            self.changed.wait(lock, [&] { return self.state != Waiter::State::kWaiting; });
        }
    }
    if (self.state == Waiter::State::kLeads) return lead(self, request.session);
    if (self.state == Waiter::State::kAlone) return alone(request);
    if (self.fault) std::rethrow_exception(self.fault);
    return self.answer;
}

std::size_t Coalescer::waiting() {
    const std::scoped_lock lock(mutex_);
    std::size_t count = 0;
    for (const auto& [session, line] : lines_)
        count += line.waiting.size();
    return count;
}

// Takes those who wait along, and passes the place on before it tells them.
LockAnswer Coalescer::lead(Waiter& self, const std::string& session) {
    std::vector<Waiter*> batch{&self};
    {
        const std::scoped_lock lock(mutex_);
        std::deque<Waiter*>& waiting = lines_[session].waiting;
        const std::size_t more = std::min(waiting.size(), most_ - 1);
        batch.insert(batch.end(), waiting.begin(),
                     waiting.begin() + static_cast<std::ptrdiff_t>(more));
        waiting.erase(waiting.begin(), waiting.begin() + static_cast<std::ptrdiff_t>(more));
    }
    run(batch);
    {
        const std::scoped_lock lock(mutex_);
        hand_over(session);
        for (Waiter* waiter : batch) {
            if (waiter == &self) continue;
            if (waiter->state == Waiter::State::kWaiting) waiter->state = Waiter::State::kAnswered;
            waiter->changed.notify_one();
        }
    }
    if (self.state == Waiter::State::kAlone) return alone(*self.request);
    if (self.fault) std::rethrow_exception(self.fault);
    return self.answer;
}

void Coalescer::hand_over(const std::string& session) {
    const auto found = lines_.find(session);
    Line& line = found->second;
    if (line.waiting.empty()) {
        if (--line.running == 0) lines_.erase(found);
        return;
    }
    Waiter* next = line.waiting.front();
    line.waiting.pop_front();
    next->state = Waiter::State::kLeads;
    next->changed.notify_one();
}

// Answers all of the batch, by a row, a fault, or word to ask alone.
void Coalescer::run(const std::vector<Waiter*>& batch) const {
    Batch requests;
    for (const Waiter* waiter : batch)
        requests.push_back(waiter->request);
    const bool together = batch.size() > 1;
    try {
        const auto rows = std::make_shared<const DbResult>(run_(requests));
        for (int i = 0; i < static_cast<int>(batch.size()); ++i) {
            Waiter& waiter = *batch[static_cast<std::size_t>(i)];
            waiter.answer = {rows, i, static_cast<int>(batch.size())};
            if (together && rows->text(i, kReason) == "malformed")
                waiter.state = Waiter::State::kAlone;
        }
    } catch (const DbError& error) {
        const bool nothing_done = error.kind == DbError::Kind::kStatement;
        for (Waiter* waiter : batch)
            if (together && nothing_done)
                waiter->state = Waiter::State::kAlone;
            else
                waiter->fault = std::current_exception();
    } catch (const std::exception&) {
        for (Waiter* waiter : batch)
            waiter->fault = std::current_exception();
    }
}

}  // namespace tix::gateway
