// Hashes and checks passwords, a few at a time: each takes 19 MiB and some 20 ms of a core.
#pragma once

#include <string>

#include "../limits/turnstile.hpp"

namespace tix::gateway {

// Every call throws `unavailable` when too many wait.
class Passwords {
public:
    Passwords(int at_once, int waiters_max);

    std::string hash(const std::string& password);
    bool verify(const std::string& password, const std::string& hash);
    // Takes as long as verify() of a user who exists, and is false.
    bool verify_nobody(const std::string& password);

private:
    Turnstile turnstile_;
};

}  // namespace tix::gateway
