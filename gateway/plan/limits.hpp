// The limits of a seating plan: everything that can grow has one, and each is tested at its edge.
#pragma once

#include <cstddef>

namespace tix::plan {

inline constexpr std::size_t kPlanBytesMax = 64UL * 1024 * 1024;  // of JSON, after gunzip
inline constexpr std::size_t kDepthMax = 32;                      // open arrays and objects
inline constexpr std::size_t kKeysPerObjectMax = 256;
inline constexpr std::size_t kSeatsMax = 250'000;
inline constexpr std::size_t kZonesMax = 4096;  // the engine's bound on areas of a session
inline constexpr std::size_t kRowsMax = 100'000;
inline constexpr std::size_t kCategoriesMax = 1024;
inline constexpr std::size_t kStringBytesMax = 200;  // of any text of a zone, row or seat
inline constexpr std::size_t kSeatIdBytesMax = 64;
inline constexpr std::size_t kAreaIdBytesMax = 200;
inline constexpr std::size_t kDecorationBytesMax = 4UL * 1024 * 1024;
inline constexpr int kPositionMax = 65'535;            // the engine stores 16 bits
inline constexpr double kCoordinateMax = 1'000'000.0;  // exact enough in a 4-byte float
inline constexpr std::size_t kErrorsListedMax = 20;    // duplicates alone are listed in full

}  // namespace tix::plan
