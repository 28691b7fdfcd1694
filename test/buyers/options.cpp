// Reads the command line; a wrong one gets one line that says what is wrong.
#include "options.hpp"

#include <getopt.h>

#include <charconv>
#include <cstdio>
#include <cstring>
#include <random>

namespace tix::buyers {
namespace {

constexpr int kSqlConnectionsMax = 150;
constexpr int kHttpConnectionsMax = 20000;
constexpr int kThinkMinMs = 1;
constexpr int kThinkMaxMs = 60000;
constexpr int kSqlTimeLimit = 170;
constexpr int kHttpTimeLimit = 240;
constexpr int kTimeLimitMax = 3600;
constexpr int kTtlMinS = 5;
constexpr int kTtlMaxS = 3600;

constexpr char kHelp[] =
    "tix-buyers sells a session out to simulated buyers and proves that it went well.\n"
    "\n"
    "Usage: tix-buyers --session=UUID [OPTION]...\n"
    "\n"
    "  --session=UUID     the session to sell; it must be open\n"
    "  --url=URL          buy over HTTP from http://HOST:PORT (default: by SQL)\n"
    "  --key-file=FILE    the HS256 key \"demo\" that signs the buyers' tokens; needed with --url\n"
    "  --server-log=FILE  PostgreSQL's log, to count unique violations; needed with --url\n"
    "  --connections=N    connections; by SQL 1 to 150 (default 64), over HTTP 1 to 20000\n"
    "                     (default 2200), one for each buyer\n"
    "  --think=MS         usual pause of a buyer over HTTP, 1 to 60000 (default 2000)\n"
    "  --hold-ttl=S       how long a buyer over HTTP holds seats, 5 to 3600 (default 8)\n"
    "  --order-ttl=S      tix.order_ttl of the server, 5 to 3600 (default 15; over HTTP only)\n"
    "  --chaos=DIR        kill processes of the private stack in DIR while the buyers buy; needs\n"
    "                     --url, and the rights to kill them\n"
    "  --time-limit=S     give up after S seconds, 1 to 3600 (default 170; over HTTP 240)\n"
    "  --seed=N           choices of the buyers (default: random)\n"
    "  --json=FILE        also write the figures to FILE\n"
    "  --help             show this help\n"
    "\n"
    "The database is found as libpq does: PGHOST, PGPORT, PGDATABASE, PGUSER.\n"
    "Exit status: 0 sold out and proved, 1 not, 2 wrong usage, 130 interrupted.\n";

template <typename Number>
bool parse(const char* text, Number lowest, Number highest, Number& number) {
    const char* end = text + std::strlen(text);
    const auto [stop, error] = std::from_chars(text, end, number);
    return error == std::errc() && stop == end && number >= lowest && number <= highest;
}

int usage(const std::string& message) {
    std::fprintf(stderr, "tix-buyers: error: %s\nHINT:  Try \"tix-buyers --help\".\n",
                 message.c_str());
    return 2;
}

// What the options mean together; -1 when they make sense.
int complete(Options& options) {
    if (options.session_id.empty()) return usage("--session is needed");
    const bool http = options.over_http();
    if (http && options.key_file.empty()) return usage("--url needs --key-file");
    if (http && options.server_log.empty()) return usage("--url needs --server-log");
    if (!http && options.has_chaos()) return usage("--chaos needs --url");
    if (options.connections == 0) options.connections = http ? kHttpConnections : kSqlConnections;
    if (!http && options.connections > kSqlConnectionsMax)
        return usage("more than 150 connections are for --url only");
    if (options.time_limit_s == 0) options.time_limit_s = http ? kHttpTimeLimit : kSqlTimeLimit;
    return -1;
}

}  // namespace

int read_options(int argc, char** argv, Options& options) {
    static const option kOptions[] = {{"session", required_argument, nullptr, 's'},
                                      {"url", required_argument, nullptr, 'u'},
                                      {"key-file", required_argument, nullptr, 'k'},
                                      {"server-log", required_argument, nullptr, 'l'},
                                      {"think", required_argument, nullptr, 'w'},
                                      {"hold-ttl", required_argument, nullptr, 'o'},
                                      {"order-ttl", required_argument, nullptr, 'p'},
                                      {"chaos", required_argument, nullptr, 'x'},
                                      {"connections", required_argument, nullptr, 'c'},
                                      {"time-limit", required_argument, nullptr, 't'},
                                      {"seed", required_argument, nullptr, 'r'},
                                      {"json", required_argument, nullptr, 'j'},
                                      {"help", no_argument, nullptr, 'h'},
                                      {nullptr, 0, nullptr, 0}};
    options.seed = std::random_device()();
    opterr = 0;
    for (int code = 0; (code = getopt_long(argc, argv, ":", kOptions, nullptr)) != -1;) {
        bool good = true;
        switch (code) {
            case 's':
                options.session_id = optarg;
                break;
            case 'c':
                good = parse(optarg, 1, kHttpConnectionsMax, options.connections);
                break;
            case 'u':
                options.url = optarg;
                good = !options.url.empty();
                break;
            case 'k':
                options.key_file = optarg;
                break;
            case 'l':
                options.server_log = optarg;
                break;
            case 'w':
                good = parse(optarg, kThinkMinMs, kThinkMaxMs, options.think_ms);
                break;
            case 'o':
                good = parse(optarg, kTtlMinS, kTtlMaxS, options.hold_ttl_s);
                break;
            case 'p':
                good = parse(optarg, kTtlMinS, kTtlMaxS, options.order_ttl_s);
                break;
            case 'x':
                options.chaos = optarg;
                good = !options.chaos.empty();
                break;
            case 't':
                good = parse(optarg, 1, kTimeLimitMax, options.time_limit_s);
                break;
            case 'r':
                good = parse<std::uint64_t>(optarg, 0, UINT64_MAX, options.seed);
                break;
            case 'j':
                options.json_file = optarg;
                break;
            case 'h':
                std::fputs(kHelp, stdout);
                return 0;
            default:
                return usage(std::string("bad option ") + argv[optind - 1]);
        }
        if (!good) return usage(std::string("bad value \"") + optarg + "\"");
    }
    if (optind != argc) return usage(std::string("unexpected argument \"") + argv[optind] + "\"");
    return complete(options);
}

}  // namespace tix::buyers
