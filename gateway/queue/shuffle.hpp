// The draw of a waiting room in mode random, as the database makes it.
#pragma once

#include <cstdint>
#include <string_view>

namespace tix::gateway {

// Where index 0 to count - 1 goes when the seed (32 bytes) shuffles count of them: the swap-or-not
// shuffle with 90 rounds of the Ethereum consensus specification, as tix.shuffled_index().
// Requires 0 <= index < count <= 2^31. Some 180 digests.
std::int64_t shuffled_index(std::int64_t index, std::int64_t count, std::string_view seed);

}  // namespace tix::gateway
