// What the command line of tix-buyers says.
#pragma once

#include <cstdint>
#include <string>

namespace tix::buyers {

struct Options {
    std::string session_id;
    int connections = 64;
    int time_limit_s = 170;
    std::uint64_t seed = 0;
    std::string json_file;
};

// Fills `options`. Returns -1 to go on, else the status to leave with.
int read_options(int argc, char** argv, Options& options);

}  // namespace tix::buyers
