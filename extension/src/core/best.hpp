// Best available: which free seats of an area make the best block of a size.
//
// Neighbours are seats of one row whose positions differ by one: the layout says so, printed
// numbers never do. Tier 1 leaves no single seat alone beside the block, tier 2 may. Within a tier
// the row's rank decides, then the distance to the focal point; one of the best few is taken at
// random, so that a thousand clients do not want the same block. Accessible places are never given.
#pragma once

#include "engine.hpp"

namespace tix::core {

constexpr u32 kTierMax = 2;
constexpr u32 kBestChoices = 8;

struct BestCall {
    SessionBlock* block;
    u32 quantity;           // 1 .. kSeatsPerLockMax
    const u64* categories;  // bitmap of kCategoriesPerSessionMax bits; null = any
    u64 random;
    Caller caller = {};
};

struct BestBlock {
    bool found = false;
    u32 tier = 0;
    Ordinal first = kNoSeat;  // the block is `quantity` ordinals from here
    u32 free = 0;             // seats of the area that could be given
    u32 held = 0;             // seats of the area that may come back
};

// Looks at one area; changes nothing. Requires the area's partition lock.
BestBlock best_in_area(const Access& a, const BestCall& call, u32 area, u32 tier_max);

// The next area to look at: near ones first, with a little chance, among those in `left` (a bitmap
// of kAreasPerSessionMax bits). -1 when none is left. Needs no lock: only the layout is read.
int best_next_area(SessionBlock& block, const u64* left, u64 random);

}  // namespace tix::core
