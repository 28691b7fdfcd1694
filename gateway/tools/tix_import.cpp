// tix-import: checks a pretix seating plan and brings it into the database.
//
// Exit status: 0 done, 1 plan refused, 2 wrong usage or unreadable file, 3 database.
#include <getopt.h>

#include <cstdio>
#include <exception>
#include <map>
#include <string>

#include "../plan/flatten.hpp"
#include "../plan/parse.hpp"
#include "../plan/source.hpp"
#include "plan_database.hpp"

namespace {

using tix::plan::Layout;
using tix::plan::Refusal;

enum Exit { kDone = 0, kRefused = 1, kUsage = 2, kDatabase = 3 };

struct Options {
    bool validate = false;
    bool dump = false;
    bool by_uuid = false;
    std::string venue;
    std::string file;
};

constexpr char kHelp[] =
    "tix-import checks a pretix seating plan and brings it into the database.\n"
    "\n"
    "Usage: tix-import [OPTION]... FILE.json[.gz]\n"
    "\n"
    "  --validate      check the plan only; needs no database\n"
    "  --dump          print the seats as tab-separated lines; needs no database\n"
    "  --by-uuid       use each seat's uuid as its id, not its seat_guid\n"
    "  --venue=NAME    name of the venue (default: the plan's name)\n"
    "  --help          show this help\n"
    "\n"
    "The database is found as libpq does: PGHOST, PGPORT, PGDATABASE, PGUSER.\n"
    "The last line printed is seat_map_id=UUID.\n";

int complain(const Refusal& refusal, Exit status) {
    std::fprintf(stderr, "tix-import: error: %s\n", refusal.message.c_str());
    const char* list = refusal.detail.find('\n') == std::string::npos ? "  " : "\n";
    if (!refusal.detail.empty())
        std::fprintf(stderr, "DETAIL:%s%s\n", list, refusal.detail.c_str());
    if (!refusal.hint.empty()) std::fprintf(stderr, "HINT:  %s\n", refusal.hint.c_str());
    return status;
}

int usage(const std::string& message) {
    return complain({message, "", "Try \"tix-import --help\"."}, kUsage);
}

// Returns kDone with `options` filled, or the status to leave with; -1 after --help.
int read_options(int argc, char** argv, Options& options) {
    static const option kOptions[] = {
        {"validate", no_argument, nullptr, 'c'}, {"dump", no_argument, nullptr, 'd'},
        {"by-uuid", no_argument, nullptr, 'u'},  {"venue", required_argument, nullptr, 'v'},
        {"help", no_argument, nullptr, 'h'},     {nullptr, 0, nullptr, 0}};
    opterr = 0;
    for (int code = 0; (code = getopt_long(argc, argv, ":h", kOptions, nullptr)) != -1;) {
        switch (code) {
            case 'c':
                options.validate = true;
                break;
            case 'd':
                options.dump = true;
                break;
            case 'u':
                options.by_uuid = true;
                break;
            case 'v':
                options.venue = optarg;
                break;
            case 'h':
                std::fputs(kHelp, stdout);
                return -1;
            case ':':
                return usage(std::string(argv[optind - 1]) + " needs a value");
            default:
                return usage("unknown option " + std::string(argv[optind - 1]));
        }
    }
    if (argc - optind != 1) return usage("exactly one plan file is needed");
    options.file = argv[optind];
    return kDone;
}

void print_seats(const Layout& layout) {
    std::printf(
        "ordinal\tseat_id\tarea_id\tarea_name\trow_label\tseat_number\tposition\tx\ty\t"
        "category\taccessible\n");
    for (std::size_t i = 0; i < layout.seats.size(); ++i)
        std::fputs(tix::tools::copy_line(layout.seats[i], i).c_str(), stdout);
}

void print_summary(const Layout& layout) {
    std::map<std::string, std::size_t> categories;
    std::size_t accessible = 0;
    for (const auto& seat : layout.seats) {
        ++categories[seat.category];
        accessible += seat.accessible ? 1 : 0;
    }
    std::printf("%s\n", layout.name.c_str());
    std::printf("%8zu zones\n%8zu rows\n%8zu seats\n%8zu accessible\n%8zu categories\n",
                layout.zones, layout.rows, layout.seats.size(), accessible, categories.size());
    for (const auto& [name, seats] : categories)
        std::printf("%16zu  %s\n", seats, name.c_str());
}

int import_plan(const Options& options) {
    tix::plan::Source source(options.file);
    if (!source.opened()) return complain(*source.refusal(), kUsage);
    Layout layout;
    {
        tix::plan::Plan plan;
        if (auto refusal = tix::plan::parse(source, plan)) return complain(*refusal, kRefused);
        const auto ids =
            options.by_uuid ? tix::plan::SeatIdFrom::uuid : tix::plan::SeatIdFrom::guid;
        if (auto refusal = tix::plan::flatten(plan, ids, layout))
            return complain(*refusal, kRefused);
    }
    if (options.dump) {
        print_seats(layout);
        return kDone;
    }
    print_summary(layout);
    if (options.validate) {
        std::printf("plan is valid\n");
        return kDone;
    }
    std::fprintf(stderr, "importing %zu seats\n", layout.seats.size());
    tix::tools::Imported imported;
    // The same file read with other ids is another seat map.
    const std::string sha256 = source.sha256(options.by_uuid ? "by-uuid" : "");
    const std::string venue = options.venue.empty() ? layout.name : options.venue;
    if (auto refusal = tix::tools::import_layout(layout, venue, sha256, imported))
        return complain(*refusal, kDatabase);
    std::printf("%s\n", imported.existing ? "already imported" : "imported");
    std::printf("seat_map_id=%s\n", imported.seat_map_id.c_str());
    return kDone;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        Options options;
        const int status = read_options(argc, argv, options);
        if (status != kDone) return status < 0 ? kDone : status;
        return import_plan(options);
    } catch (const std::exception& error) {
        return complain({std::string("plan could not be read: ") + error.what(), "",
                         "Free some memory and try again."},
                        kRefused);
    }
}
