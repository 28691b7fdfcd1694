// Finds the victims. A backend's death makes the postmaster end all others: they must be gone, or
// a session of before the blow would answer after it.
#include "chaos/stack.hpp"

#include <fstream>
#include <sstream>

#include "chaos/processes.hpp"

namespace tix::buyers::chaos {
namespace {

constexpr char kBackendTitle[] = "tix_gateway";  // the role of the pool's sessions
constexpr char kWorkerTitle[] = "tix expiry";

std::vector<pid_t> titled(const std::vector<Process>& processes, const std::string& title) {
    std::vector<pid_t> found;
    for (const Process& process : processes)
        if (process.title.find(title) != std::string::npos) found.push_back(process.pid);
    return found;
}

}  // namespace

pid_t Stack::service(const std::string& name) const {
    std::ifstream status(run_ + "/stack/status");
    for (std::string line; std::getline(status, line);) {
        std::istringstream words(line);
        std::string service;
        std::string state;
        pid_t pid = 0;
        if (words >> service >> state >> pid && service == name && state == "up") return pid;
    }
    return 0;
}

Target Stack::aim(Victim victim, Random& random) const {
    const auto one = [&](const char* name) {
        const pid_t pid = service(name);
        return pid != 0 && lives(pid) ? Target{{pid}, {pid}} : Target{};
    };
    switch (victim) {
        case Victim::kPgBouncer:
            return one("pgbouncer");
        case Victim::kGateway:
            return one("gateway");
        case Victim::kEdge: {
            Target target = one("edge");
            if (target.killed.empty()) return target;
            for (const Process& worker : children_of(target.killed.front()))
                target.killed.push_back(worker.pid);
            target.end = target.killed;
            return target;
        }
        default:
            return aim_at_server(victim, random);
    }
}

Target Stack::aim_at_server(Victim victim, Random& random) const {
    const pid_t postmaster = service("postgres");
    if (postmaster == 0 || !lives(postmaster)) return {};
    const std::vector<Process> children = children_of(postmaster);
    Target target;
    target.end = titled(children, kBackendTitle);
    const std::vector<pid_t> workers = titled(children, kWorkerTitle);
    if (target.end.empty() || workers.empty()) return {};  // it has only just come back
    switch (victim) {
        case Victim::kPostmaster:
            target.killed = {postmaster};
            break;
        case Victim::kExpiryWorker:
            target.killed = {workers[random() % workers.size()]};
            break;
        default:
            target.killed = {target.end[random() % target.end.size()]};
    }
    target.end.push_back(target.killed.front());
    return target;
}

}  // namespace tix::buyers::chaos
