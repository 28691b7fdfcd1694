// Comparison of secrets.
#pragma once

#include <string_view>

namespace tix::crypto {

// Whether both hold the same bytes, in a time that depends only on their sizes.
bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace tix::crypto
