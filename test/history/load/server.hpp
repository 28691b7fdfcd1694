// The server under test: a child of this process, so that its death is noticed and it can be
// started again.
#pragma once

#include <sys/types.h>

#include <fstream>
#include <random>
#include <string>

#include "load/options.hpp"

namespace tix::history {

using Random = std::mt19937_64;

class Server {
public:
    explicit Server(const Options& options);
    ~Server();  // stops it for good
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    // Throws when it does not answer within a minute.
    void start();
    // Kills one process of a random kind and returns when the server accepts connections again;
    // writes one line to kills.log for each process killed.
    void strike(Random& random);

private:
    void kill_one(pid_t pid, const std::string& what);
    bool kill_titled(const std::string& title, Random& random);
    void kill_loader(Random& random);
    void kill_postmaster();
    void await();
    bool accepts();

    const Options& options_;
    std::ofstream kills_;
    pid_t postmaster_ = 0;
};

}  // namespace tix::history
