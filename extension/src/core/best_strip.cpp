// Bit arithmetic on rows: free seats, runs of neighbours, blocks that leave a seat alone.

#include "best_strip.hpp"

#include <cmath>

namespace tix::core {

namespace {

// Keeps the bits that are followed by length - 1 more.
void erode(Strip* s, u32 length) {
    for (u32 have = 1; have < length;) {
        const u32 step = have < length - have ? have : length - have;
        for (u32 i = 0; i < s->n; i++)
            s->w[i] &= s->from(i64{i} * 64 + step);
        have += step;
    }
}

// Those of the seats that channels and the beginning of the sale leave to the caller.
u64 admitted_of(const BestCall& call, const RowInfo& row, u32 word, u64 seats) {
    if (all_admitted(call)) return seats;
    u64 some = 0;
    for (u64 left = seats; left != 0; left &= left - 1) {
        const u32 i = static_cast<u32>(__builtin_ctzll(left));
        SessionBlock& b = *call.block;
        const Admission a = admission(b, b.slot(row.first_seat + word * 64 + i), call.caller);
        const bool may = a == Admission::opened || (a == Admission::general && !call.presale);
        some |= u64{may} << i;
    }
    return some;
}

}  // namespace

u64 wanted_of(const BestCall& call, const RowInfo& row, u32 word, u64 all) {
    const u64 seats = admitted_of(call, row, word, all);
    if (call.categories == nullptr) return seats;
    const auto wanted = [&call](u32 c) { return (call.categories[c >> 6] >> (c & 63)) & 1; };
    if (row.category != kMixedCategories) return wanted(row.category) ? seats : 0;
    u64 some = 0;
    for (u64 left = seats; left != 0; left &= left - 1) {
        const u32 i = static_cast<u32>(__builtin_ctzll(left));
        some |= wanted(call.block->layout(row.first_seat + word * 64 + i).category) << i;
    }
    return some;
}

bool usable(const BestCall& call, const RowInfo& row, Strip* out) {
    const RowBits* bits = call.block->bits(row);
    u64 any = 0;
    out->n = row_words(row);
    for (u32 i = 0; i < out->n; i++) {
        const u64 free = call.accessible > 0 ? bits[i].free : bits[i].free & ~bits[i].accessible;
        out->w[i] = free == 0 ? 0 : wanted_of(call, row, i, free);
        any |= out->w[i];
    }
    return any != 0;
}

void runs_of(const BestCall& call, const RowInfo& row, const Strip& seats, u32 length, Strip* out) {
    const RowBits* bits = call.block->bits(row);
    out->n = seats.n;
    if (length == 1 || seats.n == 1) {
        for (u32 i = 0; i < seats.n; i++)
            out->w[i] = seats.w[i];
        if (length == 1) return;
        u64 followed = seats.w[0] & bits[0].joined;
        for (u32 have = 1; have < length - 1; have *= 2)
            followed &= followed >> (have < length - 1 - have ? have : length - 1 - have);
        out->w[0] &= followed >> 1;
        return;
    }
    for (u32 i = 0; i < seats.n; i++)
        out->w[i] = seats.w[i] & bits[i].joined;
    erode(out, length - 1);
    for (u32 i = 0; i < seats.n; i++)
        out->w[i] = seats.w[i] & out->from(i64{i} * 64 + 1);
}

u32 longest_run(const BestCall& call, const AreaInfo& area, u32 enough) {
    Strip seats, starts;
    u32 longest = 0;
    for (u32 r = area.first_row; r < area.first_row + area.rows && longest < enough; r++) {
        const RowInfo& row = call.block->row(r);
        if (!usable(call, row, &seats)) continue;
        for (; longest < enough; longest++) {
            runs_of(call, row, seats, longest + 1, &starts);
            if (!starts.any()) break;
        }
    }
    return longest;
}

void lonely_starts(const BestCall& call, const RowInfo& row, Strip* out) {
    const RowBits* bits = call.block->bits(row);
    Strip right;
    right.n = out->n = row_words(row);
    u64 before_free = 0, before_lonely = 0;
    for (u32 i = 0; i < out->n; i++) {
        const RowBits& b = bits[i];
        const u64 follower = i + 1 < out->n ? (bits[i + 1].joined & bits[i + 1].free) << 63 : 0;
        const u64 general = b.free & ~b.accessible;
        const u64 lonely_left = general & ~(b.joined & (b.free << 1 | before_free));
        out->w[i] = b.joined & (lonely_left << 1 | before_lonely);
        right.w[i] = general & b.joined & ~((b.joined & b.free) >> 1 | follower);
        before_free = b.free >> 63;
        before_lonely = lonely_left >> 63;
    }
    for (u32 i = 0; i < out->n; i++)
        out->w[i] |= right.from(i64{i} * 64 + call.quantity);
}

u32 focal_steps(SessionBlock& b, const AreaInfo& area, Ordinal seat) {
    const SeatLayout& s = b.layout(seat);
    const float dx = s.x - b.focal_x, dy = s.y - b.focal_y;
    const float steps = std::sqrt(dx * dx + dy * dy) / (area.pitch > 0 ? area.pitch : 1);
    return steps < 65535 ? static_cast<u32>(steps) : 65535;
}

}  // namespace tix::core
