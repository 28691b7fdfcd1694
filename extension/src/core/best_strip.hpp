// A row as words of bits, one a seat: what the searches of best available share.
#pragma once

#include "best.hpp"

namespace tix::core {

constexpr u32 kRowSeatsMax = 65536;  // positions have 16 bits and rise inside a row
constexpr u32 kStripWords = kRowSeatsMax / 64;

struct Strip {
    u32 n;  // words in use
    u64 w[kStripWords];

    // 64 bits from bit `at` on, which may lie before the strip or behind its end.
    u64 from(i64 at) const {
        const i64 i = at >> 6;
        const u32 low = static_cast<u32>(at & 63);
        return low == 0 ? word(i) : word(i) >> low | word(i + 1) << (64 - low);
    }
    bool any() const {
        for (u32 i = 0; i < n; i++)
            if (w[i] != 0) return true;
        return false;
    }

private:
    u64 word(i64 i) const { return i >= 0 && i < i64{n} ? w[i] : 0; }
};

inline bool bit(const Strip& s, u32 i) {
    return (s.from(i) & 1) != 0;
}

// True when every seat of the area is sold or blocked.
inline bool nothing_left(const AreaInfo& area) {
    const auto count = [&area](SeatState s) { return area.count[static_cast<u32>(s)]; };
    return count(SeatState::free) + count(SeatState::held) + count(SeatState::confirming) == 0;
}

// True when no seat is kept from the caller by a channel or the beginning of the sale.
inline bool all_admitted(const BestCall& call) {
    return !call.presale && call.block->channelled.load(std::memory_order_relaxed) == 0;
}

// The seats that the call may have of these of a row's word.
u64 wanted_of(const BestCall& call, const RowInfo& row, u32 word, u64 seats);
// The seats of the row that can be given to the call; false when there are none.
bool usable(const BestCall& call, const RowInfo& row, Strip* out);
// First seats of runs of `length` neighbours that are all in `seats`.
void runs_of(const BestCall& call, const RowInfo& row, const Strip& seats, u32 length, Strip* out);
// The length of the longest run in the area, as far as `enough`.
u32 longest_run(const BestCall& call, const AreaInfo& area, u32 enough);
// First seats of blocks of the call's quantity that would leave a single seat alone.
void lonely_starts(const BestCall& call, const RowInfo& row, Strip* out);

// The distance of a seat to the focal point in steps of the area's seat pitch, at most 65535.
u32 focal_steps(SessionBlock& block, const AreaInfo& area, Ordinal seat);

// A key is: accessible places to spare | rank | steps to the focal point | free neighbours left.
constexpr u32 kSpareShift = 52, kRankShift = 20, kStepsShift = 4;

struct Choice {
    u64 key;  // lower is better
    Ordinal first;
    u32 how;  // of its search
};

// The best few placements seen so far, worst last.
struct Choices {
    Choice best[kBestChoices];
    u32 n = 0;

    void offer(const Choice& c) {
        u32 i = n < kBestChoices ? n++ : kBestChoices;
        if (i == kBestChoices) {
            if (c.key >= best[--i].key) return;
        }
        for (; i > 0 && best[i - 1].key > c.key; i--)
            best[i] = best[i - 1];
        best[i] = c;
    }
    // One of those that differ from the best by no more than distance and company.
    const Choice& pick(u64 random) const {
        u32 equals = 1;
        while (equals < n && best[equals].key >> kRankShift == best[0].key >> kRankShift)
            equals++;
        return best[random % equals];
    }
};

// Calls fn(seat index in the row) for every bit.
template <class Fn>
void each_bit(const Strip& s, Fn fn) {
    for (u32 i = 0; i < s.n; i++)
        for (u64 left = s.w[i]; left != 0; left &= left - 1)
            fn(i * 64 + static_cast<u32>(__builtin_ctzll(left)));
}

// Tier 3 in one area: fills call.seats, or answers false. `longest` is the area's longest run.
bool best_stacked(const BestCall& call, const AreaInfo& area, u32 longest);
// Tier 4 in one area: fills call.seats, or answers false.
bool best_in_pieces(const BestCall& call, const AreaInfo& area);

}  // namespace tix::core
