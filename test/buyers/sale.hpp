// A sale, whichever way the buyers come in: by SQL or over HTTP.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "crowd.hpp"
#include "database.hpp"
#include "incident.hpp"

namespace tix::buyers {

enum class Ending { kSoldOut, kTimeOut, kInterrupted };

class Sale {
public:
    virtual ~Sale() = default;

    // Sells until the end; calls `watch` about ten times a second. Throws std::runtime_error.
    virtual Ending run(const volatile bool& interrupted, const std::function<void()>& watch) = 0;

    virtual const Crowd& crowd() const = 0;
    // How often the picture of the market had to be read anew.
    virtual std::uint64_t resyncs() const = 0;
    // How often a second ticket for a seat was stopped only by the unique index.
    virtual std::uint64_t unique_violations() const = 0;
    // What went wrong on the way in, one line each.
    virtual std::vector<std::string> faults() const = 0;
    // Gives a part of the money back that is owed, where no provider does it by itself.
    virtual void pay_refunds(Connection&) {}
    // What was killed on purpose, in order of time.
    virtual const std::vector<Incident>& incidents() const { return no_incidents_; }

    std::int64_t elapsed_ms() const {
        return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - began_).count();
    }

protected:
    Clock::time_point began_ = Clock::now();

private:
    std::vector<Incident> no_incidents_;
};

}  // namespace tix::buyers
