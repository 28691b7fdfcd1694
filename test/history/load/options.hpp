// What a run is told on its command line.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

namespace tix::history {

struct Options {
    std::string bin;   // folder of PostgreSQL's programs
    std::string data;  // a cluster whose socket is in the folder `socket`
    std::string socket;
    std::string logs;  // folder for the history
    std::string server_log;
    std::uint64_t seed = 1;
    int clients = 8;
    int kills = 7;
    std::int64_t statements = 3000;
    std::int64_t seconds_max = 300;
};

// What the threads of a run tell each other.
struct Progress {
    std::atomic<bool> stop{false};
    std::atomic<bool> kills_over{false};
    std::atomic<std::int64_t> statements{0};
    std::atomic<std::int64_t> unexpected{0};  // answers that have no place in this load
};

// Microseconds of the clock that tix measures deadlines with.
std::int64_t now_us();
void sleep_ms(std::int64_t ms);

}  // namespace tix::history
