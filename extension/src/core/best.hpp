// Best available and general admission: seats that the engine chooses.
//
// Neighbours are seats of one row whose positions differ by one, rows are behind one another by
// coordinates (best_rows.cpp): the layout says so, printed numbers never do.
//   tier 1  one row, neighbours, leaving no single seat alone
//   tier 2  one row, neighbours
//   tier 3  as many columns of adjacent rows, the last row filled from either end; fewest rows
//           first
//   tier 4  one area, in pieces of at least two neighbours
//   tier 5  anything, over several areas if need be
//
// Inside a tier the row's rank decides, then the distance to the focal point in steps of a seat,
// then the number of free neighbours left; among the best few of one rank one is taken at random.
// Accessible places are given only to who asks for them: such a request gets neighbours of one row
// (tiers 1 and 2) with at least as many of them, and as few more as can be, or anything (tier 5).
//
// Locking. A search of an area needs its partition lock. Overdue seats count as taken until
// free_overdue() has ended their holds under the same lock.
#pragma once

#include "engine.hpp"

namespace tix::core {

constexpr u32 kTierMax = 5;
constexpr u32 kTierDefault = 2;
constexpr u32 kBestChoices = 8;
constexpr u32 kStackedRowsMax = 4;  // rows of a block of tier 3

struct BestCall {
    SessionBlock* block;
    u32 quantity;           // 1 .. kSeatsPerLockMax
    u32 accessible;         // how many of them must be accessible places
    bool avoid_orphans;     // false: tier 1 is not preferred to tier 2
    const u64* categories;  // bitmap of kCategoriesPerSessionMax bits; null = any
    u64 random;
    Ordinal* seats;  // room for quantity: what is found, ascending
    Caller caller = {};
    bool presale = false;  // only seats of channels that are open to the caller
};

// What there is of the wanted categories. Accessible places are counted apart.
struct BestTotals {
    u32 free = 0, held = 0, accessible = 0, accessible_held = 0;

    void add(const BestTotals& o);
};

struct BestBlock {
    u32 tier = 0;  // reached; 0: nothing
    u32 next =
        0;  // the next tier to ask this area for; kTierMax + 1: with others; 0: it has nothing
    BestTotals totals;  // when nothing was found
};

// Ends every overdue hold of these partitions. One that also lies elsewhere is answered, with
// need_partitions and its lock_id: it may be ended by itself under the locks it needs.
HoldAnswer free_overdue(const Access& a, const PartitionSet& partitions);

// Looks for a block of this tier, or a better one below tier 3, in one area; changes nothing.
BestBlock best_in_area(const BestCall& call, u32 area, u32 tier);
// Any seats, in as few pieces as can be, of the first areas that have enough. Requires all their
// partition locks. False: they have not enough.
bool best_anywhere(const BestCall& call, const u16* areas, u32 n);
// Any places of one area, from a random one on. Requires that nothing but quantity be asked for.
BestBlock any_in_area(const BestCall& call, u32 area);

// Why nothing was found.
Reason best_refusal(const BestCall& call, const BestTotals& totals);

// Areas in the order to look at them: near ones first, with a little chance.
class AreaOrder {
public:
    // `wanted` is a bitmap of kAreasPerSessionMax bits. Needs no lock: only the layout is read.
    AreaOrder(SessionBlock& block, const u64* wanted, u64 random);
    u32 size() const { return n_; }
    // Requires i < size().
    u16 operator[](u32 i);

private:
    struct Entry {
        float key;
        u16 area;
    };
    u32 n_ = 0, sorted_ = 0;
    Entry entry_[kAreasPerSessionMax];  // the sorted ones stand at the end, the first last
};

}  // namespace tix::core
