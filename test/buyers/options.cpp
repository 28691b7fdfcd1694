// Reads the command line; a wrong one gets one line that says what is wrong.
#include "options.hpp"

#include <getopt.h>

#include <charconv>
#include <cstdio>
#include <cstring>
#include <random>

namespace tix::buyers {
namespace {

constexpr int kConnectionsMax = 150;
constexpr int kTimeLimitMax = 3600;

constexpr char kHelp[] =
    "tix-buyers sells a session out to simulated buyers and proves that it went well.\n"
    "\n"
    "Usage: tix-buyers --session=UUID [OPTION]...\n"
    "\n"
    "  --session=UUID     the session to sell; it must be open\n"
    "  --connections=N    database connections, 1 to 150 (default 64)\n"
    "  --time-limit=S     give up after S seconds, 1 to 3600 (default 170)\n"
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

}  // namespace

int read_options(int argc, char** argv, Options& options) {
    static const option kOptions[] = {{"session", required_argument, nullptr, 's'},
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
                good = parse(optarg, 1, kConnectionsMax, options.connections);
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
    if (options.session_id.empty()) return usage("--session is needed");
    return -1;
}

}  // namespace tix::buyers
