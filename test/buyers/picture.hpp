// The stadium in characters: when the seats of each spot were sold.
#pragma once

#include <string>
#include <vector>

#include "market.hpp"

namespace tix::buyers {

// Lines of text; the darker a spot, the earlier its seats were sold; in five equal shares.
std::vector<std::string> picture(const Market& market);

// 1234567 → "1 234 567".
std::string grouped(long long number);

}  // namespace tix::buyers
