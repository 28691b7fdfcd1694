// The gateway as one object: configuration in, a running server out. Programs only call this.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "../config/config.hpp"
#include "../pipeline/call.hpp"

namespace tix::gateway {

class App {
public:
    // Reads keys and secrets; throws ConfigError or std::invalid_argument that names what is wrong.
    // `reread` reads the settings again; when it throws, nothing changes.
    App(std::function<Config()> reread, std::vector<Route> routes);
    ~App();

    // Serves until SIGTERM or SIGINT, then drains; SIGHUP reads the settings again. `passed`
    // sockets were opened by somebody else, from descriptor 3 on. Returns the exit status. Requires
    // that the process has no other threads: it blocks these signals for all of them.
    int run(int passed = 0);

private:
    void reload();

    std::function<Config()> reread_;
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace tix::gateway
