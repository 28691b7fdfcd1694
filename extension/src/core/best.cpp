// The search of an area for a block of neighbours, and the order of areas.

#include "best.hpp"

#include <algorithm>

#include "best_strip.hpp"
#include "engine_detail.hpp"

namespace tix::core {

namespace {

u32 popcount(u64 w) {
    return static_cast<u32>(__builtin_popcountll(w));
}

BestTotals totals_of(const BestCall& call, const RowInfo& row) {
    const RowBits* bits = call.block->bits(row);
    BestTotals t;
    for (u32 i = 0; i < row_words(row); i++) {
        const RowBits& b = bits[i];
        const u64 free = wanted_of(call, row, i, b.free);
        const u64 held = wanted_of(call, row, i, b.held);
        t.free += popcount(free & ~b.accessible);
        t.accessible += popcount(free & b.accessible);
        t.held += popcount(held & ~b.accessible);
        t.accessible_held += popcount(held & b.accessible);
    }
    return t;
}

BestTotals totals_of(const BestCall& call, const AreaInfo& area) {
    const auto count = [&area](SeatState s) { return area.count[static_cast<u32>(s)]; };
    BestTotals t;
    if (call.categories == nullptr && area.accessible == 0 && all_admitted(call)) {
        t.free = count(SeatState::free);
        t.held = count(SeatState::held) + count(SeatState::confirming);
        return t;
    }
    for (u32 r = area.first_row; r < area.first_row + area.rows; r++)
        t.add(totals_of(call, call.block->row(r)));
    return t;
}

// One row under search, and what has been found so far.
struct Rows {
    // The strips are left as they are: a search writes what it reads.
    Rows(const BestCall& c, const AreaInfo& a, u32 t) : call(c), area(a), tier(t) {}

    const BestCall& call;
    const AreaInfo& area;
    const u32 tier;
    Choices choices;
    bool has_runs = false;  // of any tier
    Strip seats, starts, lonely;

    bool is_accessible(const RowInfo& row, u32 i) const {
        return ((call.block->bits(row)[i >> 6].accessible >> (i & 63)) & 1) != 0;
    }
    bool is_free_neighbour(const RowInfo& row, u32 i, u32 joined) const {
        if (i >= row.seats) return false;
        const RowBits* bits = call.block->bits(row);
        return ((bits[joined >> 6].joined >> (joined & 63)) & 1) != 0 &&
               ((bits[i >> 6].free >> (i & 63)) & 1) != 0;
    }
    void offer(const RowInfo& row, u32 i);
    void search(const RowInfo& row);
};

void Rows::offer(const RowInfo& row, u32 i) {
    u64 accessible = 0;
    if (call.accessible > 0)
        for (u32 k = i; k < i + call.quantity; k++)
            accessible += is_accessible(row, k);
    if (accessible < call.accessible) return;
    has_runs = true;
    const bool lone = bit(lonely, i);
    if (lone && tier == 1) return;
    const Ordinal first = row.first_seat + i;
    const u64 left = is_free_neighbour(row, i - 1, i) +
                     is_free_neighbour(row, i + call.quantity, i + call.quantity);
    const u64 steps = focal_steps(*call.block, area, first + call.quantity / 2);
    const u64 spare = accessible - call.accessible;
    choices.offer({spare << kSpareShift | u64{row.rank} << kRankShift | steps << kStepsShift | left,
                   first, lone ? 2u : 1u});
}

void Rows::search(const RowInfo& row) {
    if (!usable(call, row, &seats)) return;
    runs_of(call, row, seats, call.quantity, &starts);
    if (!starts.any()) return;
    lonely_starts(call, row, &lonely);
    if (tier == 1 && call.accessible == 0) {
        has_runs = true;
        for (u32 i = 0; i < starts.n; i++)
            starts.w[i] &= ~lonely.w[i];
    }
    each_bit(starts, [&](u32 i) { offer(row, i); });
}

// Tiers 1 and 2. Adds up what there is only when it finds nothing.
BestBlock search_rows(const BestCall& call, const AreaInfo& area, u32 tier) {
    Rows rows(call, area, tier);
    BestBlock result;
    const bool may_fit = area.count[static_cast<u32>(SeatState::free)] >= call.quantity;
    const u32 end = area.first_row + (may_fit ? area.rows : 0);
    for (u32 r = area.first_row; r < end; r++) {
        const RowInfo& row = call.block->row(r);
        // The next ranks are worse; but other rows may have fewer accessible places to spare.
        if (rows.choices.n > 0 && call.accessible == 0 && row.rank != call.block->row(r - 1).rank)
            break;
        rows.search(row);
    }
    if (rows.choices.n > 0) {
        const Choice& c = rows.choices.pick(call.random);
        for (u32 i = 0; i < call.quantity; i++)
            call.seats[i] = c.first + i;
        result.tier = c.how;
        return result;
    }
    const BestTotals& t = result.totals = totals_of(call, area);
    const u32 have = t.free + (call.accessible > 0 ? t.accessible : 0);
    if (tier == 1 && rows.has_runs)
        result.next = 2;
    else if (have >= call.quantity && t.accessible >= call.accessible)
        result.next = call.accessible > 0 ? 5 : 3;
    else if (have > 0)
        result.next = kTierMax + 1;
    return result;
}

}  // namespace

void BestTotals::add(const BestTotals& o) {
    free += o.free;
    held += o.held;
    accessible += o.accessible;
    accessible_held += o.accessible_held;
}

HoldAnswer free_overdue(const Access& a, const PartitionSet& partitions) {
    for (u32 p = 0; p < a.arena.header().partitions; p++) {
        if (!partitions.has(p)) continue;
        for (;;) {
            const Sweep sweep = wheel_sweep(a.arena, p, a.now, ~0u);
            if (sweep.stuck == 0) break;
            if (hold_expire(a.arena, sweep.stuck, a.now, a.held)) continue;
            HoldAnswer need = need_more(sweep.need);
            need.lock_id = sweep.stuck;
            return need;
        }
    }
    return answer(Status::ok);
}

BestBlock best_in_area(const BestCall& call, u32 index, u32 tier) {
    const AreaInfo& area = call.block->area(index);
    BestBlock result;
    if (nothing_left(area)) return result;
    if (tier < 3) return search_rows(call, area, tier);
    u32 longest = 0;
    if (tier == 3) {
        longest = longest_run(call, area, (call.quantity + 1) / 2);
        if (longest < 2 && call.quantity > 2) {  // no columns, no pieces
            result.next = 5;
            return result;
        }
    }
    const u16 alone = static_cast<u16>(index);
    const bool found = tier == 3   ? best_stacked(call, area, longest)
                       : tier == 4 ? best_in_pieces(call, area)
                                   : best_anywhere(call, &alone, 1);
    if (found)
        result.tier = tier;
    else
        result.next = tier + 1;
    return result;
}

Reason best_refusal(const BestCall& call, const BestTotals& t) {
    const u32 spare = call.accessible > 0 ? t.accessible : 0;
    const u32 spare_held = call.accessible > 0 ? t.accessible_held : 0;
    const u32 n = call.quantity;
    if (t.accessible >= call.accessible && t.free + spare >= n) return Reason::no_block;
    if (t.accessible + t.accessible_held >= call.accessible &&
        t.free + t.held + spare + spare_held >= n)
        return Reason::held_out;
    if (call.accessible == 0 && t.free + t.accessible >= n) return Reason::accessible_only;
    return Reason::sold_out;
}

AreaOrder::AreaOrder(SessionBlock& b, const u64* wanted, u64 random) {
    for (u32 i = 0; i < b.areas; i++) {
        if (((wanted[i >> 6] >> (i & 63)) & 1) == 0) continue;
        const float chance = static_cast<float>(mix64(random ^ i) & 0xFFFF) / 65536.0f;
        entry_[n_++] = {(b.area(i).distance + 1) * (1 + chance), static_cast<u16>(i)};
    }
    std::make_heap(entry_, entry_ + n_,
                   [](const Entry& x, const Entry& y) { return x.key > y.key; });
}

u16 AreaOrder::operator[](u32 i) {
    for (; sorted_ <= i; sorted_++)
        std::pop_heap(entry_, entry_ + n_ - sorted_,
                      [](const Entry& x, const Entry& y) { return x.key > y.key; });
    return entry_[n_ - 1 - i].area;
}

}  // namespace tix::core
