// The processes of the private stack, as its supervisor's status file and /proc name them.
#pragma once

#include <sys/types.h>

#include <array>
#include <chrono>
#include <string>
#include <vector>

#include "crowd.hpp"

namespace tix::buyers::chaos {

enum class Victim : std::uint8_t {
    kBackend,
    kExpiryWorker,
    kPgBouncer,
    kGateway,
    kEdge,
    kPostmaster,
};

struct VictimFacts {
    Victim victim;
    const char* name;
    std::int64_t goal_ms;  // how soon buyers should be served again
};
inline constexpr std::array<VictimFacts, 6> kVictims = {{
    {Victim::kBackend, "backend", 2000},
    {Victim::kExpiryWorker, "expiry worker", 2000},
    {Victim::kPgBouncer, "pgbouncer", 1000},
    {Victim::kGateway, "gateway", 1000},
    {Victim::kEdge, "edge", 1000},
    {Victim::kPostmaster, "postmaster", 5000},
}};

// Whom to kill, and whose end shows that the blow was felt.
struct Target {
    std::vector<pid_t> killed;
    std::vector<pid_t> end;
};

class Stack {
public:
    // The folder of a running stack (.run).
    explicit Stack(std::string run) : run_(std::move(run)) {}

    // Nobody is killed when there is no such process at the moment.
    Target aim(Victim victim, Random& random) const;

private:
    // The process of a service that is up, else 0.
    pid_t service(const std::string& name) const;
    Target aim_at_server(Victim victim, Random& random) const;

    std::string run_;
};

}  // namespace tix::buyers::chaos
