// What the command line of tix-buyers says.
#pragma once

#include <cstdint>
#include <string>

namespace tix::buyers {

inline constexpr int kSqlConnections = 64;
inline constexpr int kHttpConnections = 2200;
inline constexpr int kThinkMs = 2000;
inline constexpr int kHoldTtlS = 8;
inline constexpr int kOrderTtlS = 15;

struct Options {
    std::string session_id;
    std::string url;         // of the edge; empty: the buyers speak SQL
    std::string key_file;    // signs the tokens of the buyers over HTTP
    std::string server_log;  // of PostgreSQL, searched for unique violations
    int connections = 0;     // 0: what is usual for the way in
    std::string chaos;       // folder of the stack whose processes are killed; empty: none are
    int think_ms = kThinkMs;
    int hold_ttl_s = kHoldTtlS;
    int order_ttl_s = kOrderTtlS;
    int time_limit_s = 0;
    std::uint64_t seed = 0;
    std::string json_file;

    bool has_chaos() const { return !chaos.empty(); }
    bool over_http() const { return !url.empty(); }
};

// Fills `options`. Returns -1 to go on, else the status to leave with.
int read_options(int argc, char** argv, Options& options);

}  // namespace tix::buyers
