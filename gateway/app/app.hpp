// The gateway as one object: configuration in, a running server out. Programs only call this.
#pragma once

#include <memory>
#include <vector>

#include "../config/config.hpp"
#include "../pipeline/call.hpp"

namespace tix::gateway {

class App {
public:
    // Reads keys and secrets; throws ConfigError or std::invalid_argument that names what is wrong.
    App(Config config, std::vector<Route> routes);
    ~App();

    // Serves until SIGTERM or SIGINT, then drains. Returns the exit status. Requires that the
    // process has no other threads: it blocks these signals for all of them.
    int run();

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace tix::gateway
