// tix-gateway: the HTTP API of tix, in front of PgBouncer and behind the edge.
#include <unistd.h>

#include <charconv>
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
    "TIX_SERVER_PORT and its like in the environment override the file.\n"
    "SIGTERM and SIGINT let requests in progress finish, then end it; SIGHUP reads the settings\n"
    "again.\n"
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

tix::gateway::Environment whole_environment() {
    tix::gateway::Environment environment;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view text = *entry;
        const auto equals = text.find('=');
        if (equals != std::string_view::npos)
            environment.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
    return environment;
}

// How many sockets a supervisor passed to this very process (sd_listen_fds).
int passed_sockets(const tix::gateway::Environment& environment) {
    const auto number = [&](const char* name) {
        const auto found = environment.find(name);
        int value = 0;
        if (found != environment.end())
            std::from_chars(found->second.data(), found->second.data() + found->second.size(),
                            value);
        return value;
    };
    return number("LISTEN_PID") == getpid() ? number("LISTEN_FDS") : 0;
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
        const Environment environment = whole_environment();
        App app([=] { return read_config(file, environment); }, routes());
        return check ? 0 : app.run(passed_sockets(environment));
    } catch (const std::exception& error) {
        return usage(error.what());
    }
}
