// tix-gateway: the HTTP API of tix, in front of PgBouncer and behind the edge.
#include <cstdio>
#include <cstring>
#include <string>

#include "../app/app.hpp"
#include "../routes/routes.hpp"

namespace {

constexpr char kHelp[] =
    "tix-gateway serves the HTTP API of tix. It listens on loopback, behind the edge.\n"
    "\n"
    "Usage: tix-gateway --config=FILE [--check]\n"
    "\n"
    "  --config=FILE  settings, in TOML\n"
    "  --check        read the settings and the keys they name, and stop\n"
    "  --settings     print every setting with its default, bounds and meaning\n"
    "  --routes       print every route, with the roles that may take it\n"
    "  --help         show this help\n"
    "\n"
    "SIGTERM and SIGINT let requests in progress finish, then end it.\n"
    "Exit status: 0 ended as asked, 1 could not serve, 2 wrong usage or settings.\n";

int usage(const std::string& message) {
    std::fprintf(stderr, "tix-gateway: error: %s\nHINT:  Try \"tix-gateway --help\".\n",
                 message.c_str());
    return 2;
}

// One line for each: method, path, and its roles or "anybody", who needs no token.
void print_routes() {
    using namespace tix::gateway;
    for (const Route& route : routes()) {
        std::string roles;
        for (const std::string_view role : roles_of(route.access))
            roles += (roles.empty() ? "" : ",") + std::string(role);
        if (route.access == Access::kAnybody) roles = "anybody";
        std::printf("%s %s %s\n", route.method, route.pattern, roles.c_str());
    }
}

}  // namespace

int main(int argc, char** argv) {
    using namespace tix::gateway;
    constexpr std::string_view kConfig = "--config=";
    std::string file;
    bool check = false;
    for (int i = 1; i < argc; ++i) {
        const std::string_view argument = argv[i];
        if (argument == "--help") return std::fputs(kHelp, stdout) < 0;
        if (argument == "--settings") return std::fputs(settings_table().c_str(), stdout) < 0;
        if (argument == "--routes") {
            print_routes();
            return 0;
        }
        if (argument == "--check") {
            check = true;
        } else if (argument.starts_with(kConfig)) {
            file = argument.substr(kConfig.size());
        } else {
            return usage("bad option " + std::string(argument));
        }
    }
    if (file.empty()) return usage("--config is needed");
    try {
        App app(read_config(file), routes());
        return check ? 0 : app.run();
    } catch (const std::exception& error) {
        return usage(error.what());
    }
}
