// A process that was killed while the sale went on, and how long the buyers noticed.
#pragma once

#include <cstdint>
#include <string>

namespace tix::buyers {

struct Incident {
    std::int64_t at_ms = 0;  // since the sale began
    std::string victim;      // backend, expiry worker, pgbouncer, gateway, edge or postmaster
    long pid = 0;
    std::int64_t goal_ms = 0;   // how soon buyers should be served again
    std::int64_t back_ms = -1;  // until a lock was answered again; -1: it never was
};

}  // namespace tix::buyers
