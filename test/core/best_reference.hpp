// A naive best available: every set of free seats, one after another.
#pragma once

#include "fixture.hpp"

namespace tix::test {

// One seat, as the reference sees it: nothing of the core but the layout handed to it.
struct PlainSeat {
    int area, row;  // row: rank in the area
    int position;
    float x, y;
    bool accessible, free;
};

// A random small house: rows with gaps, rows that snake, rows behind an aisle, odd and even numbers
// on one side each, a "12 bis", accessible places; and which of its seats are sold.
struct House {
    explicit House(u64 seed);

    Layout layout;
    std::vector<PlainSeat> seats;
    std::vector<bool> sold;
};

struct PlainBest {
    const std::vector<PlainSeat>& seats;
    u32 accessible;  // asked for

    bool neighbours(Ordinal a, Ordinal b) const;
    bool leaves_orphan(const Seats& chosen) const;
    // The tier of ascending seats of the wanted kind.
    u32 tier(const Seats& chosen) const;
    // Rows of a block of tier 3 (1 otherwise), and the rank of its first.
    u32 rows(const Seats& chosen) const;
    int rank(const Seats& chosen) const;
    u32 spare_accessible(const Seats& chosen) const;
    // As many free neighbours in the row of `chosen`, of its kind, that leave no orphan.
    bool has_better_block(const Seats& chosen) const;
    // Calls fn(chosen) for every set of `quantity` free seats that may be given.
    template <class Fn>
    void each(u32 quantity, Fn fn) const {
        Seats chosen;
        extend(quantity, 0, &chosen, fn);
    }

private:
    bool is_run(const Seats& s, size_t from, size_t to) const;
    bool is_stacked(const Seats& chosen) const;
    template <class Fn>
    void extend(u32 quantity, Ordinal from, Seats* chosen, Fn fn) const {
        if (chosen->size() == quantity) {
            if (spare_accessible(*chosen) != ~0u) fn(*chosen);
            return;
        }
        for (Ordinal o = from; o < seats.size(); o++) {
            if (!seats[o].free || (accessible == 0 && seats[o].accessible)) continue;
            chosen->push_back(o);
            extend(quantity, o + 1, chosen, fn);
            chosen->pop_back();
        }
    }
};

}  // namespace tix::test
