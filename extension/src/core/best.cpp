// The search of one area for the best block of neighbouring free seats.

#include "best.hpp"

#include <cmath>

namespace tix::core {

namespace {

struct Choice {
    Ordinal first;
    float score;  // lower is better
};

// The best few placements seen so far, worst last.
struct Choices {
    Choice best[kBestChoices];
    u32 n = 0;

    void offer(Choice c) {
        u32 i = n < kBestChoices ? n++ : kBestChoices;
        if (i == kBestChoices) {
            if (c.score >= best[--i].score) return;
        }
        for (; i > 0 && best[i - 1].score > c.score; i--)
            best[i] = best[i - 1];
        best[i] = c;
    }
};

bool wanted(const Access& a, const BestCall& call, Ordinal seat, BestBlock* totals) {
    const SeatLayout& s = call.block->layout(seat);
    if (s.accessible) return false;
    if (call.categories != nullptr &&
        ((call.categories[s.category >> 6] >> (s.category & 63)) & 1) == 0)
        return false;
    const SeatState state = seat_state(*call.block, seat, a.now);
    totals->free += state == SeatState::free;
    totals->held += state == SeatState::held || state == SeatState::confirming;
    return state == SeatState::free &&
           admission(*call.block, call.block->slot(seat), call.caller) != Admission::barred;
}

// Offers every placement in a run of `length` free neighbours.
void offer_run(const BestCall& call, Ordinal first, u32 length, u32 rank, Choices* tier1,
               Choices* tier2) {
    SessionBlock& b = *call.block;
    for (u32 left = 0; left + call.quantity <= length; left++) {
        const u32 right = length - call.quantity - left;
        const SeatLayout& middle = b.layout(first + left + call.quantity / 2);
        const float distance = std::hypot(middle.x - b.focal_x, middle.y - b.focal_y);
        // Rows dominate; distance (below 1 after division) orders placements inside a row.
        const Choice c = {first + left, static_cast<float>(rank) + distance / (distance + 1000)};
        (left == 1 || right == 1 ? tier2 : tier1)->offer(c);
    }
}

void search_row(const Access& a, const BestCall& call, const RowInfo& row, u32 rank,
                BestBlock* totals, Choices* tier1, Choices* tier2) {
    SessionBlock& b = *call.block;
    u32 length = 0;
    for (u32 i = 0; i < row.seats; i++) {
        const Ordinal seat = row.first_seat + i;
        const bool neighbour = i > 0 && b.layout(seat).position == b.layout(seat - 1).position + 1;
        if (!neighbour && length > 0) {
            offer_run(call, seat - length, length, rank, tier1, tier2);
            length = 0;
        }
        if (wanted(a, call, seat, totals)) {
            length++;
        } else if (length > 0) {
            offer_run(call, seat - length, length, rank, tier1, tier2);
            length = 0;
        }
    }
    if (length > 0)
        offer_run(call, row.first_seat + row.seats - length, length, rank, tier1, tier2);
}

}  // namespace

BestBlock best_in_area(const Access& a, const BestCall& call, u32 area, u32 tier_max) {
    BestBlock result;
    const AreaInfo& info = call.block->area(area);
    const auto count = [&info](SeatState s) { return info.count[static_cast<u32>(s)]; };
    if (count(SeatState::free) + count(SeatState::held) + count(SeatState::confirming) == 0)
        return result;
    Choices tier1, tier2;
    for (u32 r = 0; r < info.rows; r++)
        search_row(a, call, call.block->row(info.first_row + r), r, &result, &tier1, &tier2);
    const Choices& chosen = tier1.n > 0 ? tier1 : tier2;
    const u32 tier = tier1.n > 0 ? 1 : 2;
    if (chosen.n == 0 || tier > tier_max) return result;
    result.found = true;
    result.tier = tier;
    result.first = chosen.best[call.random % chosen.n].first;
    return result;
}

int best_next_area(SessionBlock& b, const u64* left, u64 random) {
    int best = -1;
    float best_key = 0;
    for (u32 i = 0; i < b.areas; i++) {
        if (((left[i >> 6] >> (i & 63)) & 1) == 0) continue;
        const float chance = static_cast<float>(mix64(random ^ i) & 0xFFFF) / 65536.0f;
        const float key = (b.area(i).distance + 1) * (1 + chance);
        if (best >= 0 && key >= best_key) continue;
        best = static_cast<int>(i);
        best_key = key;
    }
    return best;
}

}  // namespace tix::core
