// What all buyers of a sale share, whichever way they come in.
#pragma once

#include <string>

#include "market.hpp"
#include "statistics.hpp"

namespace tix::buyers {

struct Crowd {
    Crowd();

    std::string session_id;
    Market market;
    Statistics statistics;
    Random random;            // choices, which the seed decides
    Random identities;        // ids and keys, which are new in every run
    std::string first_error;  // message of the first unexpected error
    bool over = false;        // nobody starts anything new
};

std::string new_uuid(Crowd& crowd);
bool chance(Random& random, unsigned per_mille);

}  // namespace tix::buyers
