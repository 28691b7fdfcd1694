// The dice of the crowd.
#include "crowd.hpp"

#include <cstdio>

namespace tix::buyers {

Crowd::Crowd() {
    std::random_device device;
    std::seed_seq seed{device(), device(), device(), device()};
    identities.seed(seed);
}

std::string new_uuid(Crowd& crowd) {
    const std::uint64_t high = crowd.identities();
    const std::uint64_t low = crowd.identities();
    char printed[37];
    std::snprintf(printed, sizeof printed, "%08x-%04x-4%03x-a%03x-%012llx",
                  static_cast<unsigned>(high >> 32), static_cast<unsigned>(high >> 16 & 0xffff),
                  static_cast<unsigned>(high & 0xfff), static_cast<unsigned>(low >> 52),
                  static_cast<unsigned long long>(low & 0xffffffffffff));
    return printed;
}

bool chance(Random& random, unsigned per_mille) {
    return random() % 1000 < per_mille;
}

}  // namespace tix::buyers
