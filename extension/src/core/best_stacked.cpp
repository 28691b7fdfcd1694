// Tier 3: one party in adjacent rows, above each other.
//
// Of the rows all but the last are full: as many columns as it takes, and at least two unless there
// are only two seats. The last row has the rest, at the left or the right end of the columns.

#include <algorithm>

#include "best_strip.hpp"

namespace tix::core {

namespace {

struct Shape {
    u32 rows, columns, last;  // `last` seats in the last row
};

bool can_have(const BestCall& call, Ordinal o) {
    SessionBlock& b = *call.block;
    const RowInfo& row = b.row(b.layout(o).row);
    const u32 i = o - row.first_seat;
    const RowBits& bits = b.bits(row)[i >> 6];
    const u64 one = u64{1} << (i & 63);
    return wanted_of(call, row, i >> 6, bits.free & ~bits.accessible & one) != 0;
}

bool neighbours(const SessionBlock& b, Ordinal o, Ordinal next) {
    return b.layout(o).row == b.layout(next).row &&
           b.layout(next).position == b.layout(o).position + 1;
}

// Seats side by side: seat i is first + i * step. Rows that snake have the other step.
struct Columns {
    Ordinal first;
    i32 step;

    Ordinal operator[](u32 i) const { return first + static_cast<u32>(step * static_cast<i32>(i)); }
};

// The seats behind columns `from` to `to` of these; false when they are not neighbours to be had.
bool behind(const BestCall& call, const Columns& front, u32 from, u32 to, Columns* out) {
    const SessionBlock& b = *call.block;
    *out = {b.behind(front[from]), 1};
    if (out->first == kNoSeat) return false;
    if (to - from > 1 && b.behind(front[from + 1]) + 1 == out->first) out->step = -1;
    for (u32 i = 0; i < to - from; i++) {
        const Ordinal seat = (*out)[i];
        if (b.behind(front[from + i]) != seat || !can_have(call, seat)) return false;
        if (i == 0) continue;
        const Ordinal before = (*out)[i - 1];
        if (!(out->step > 0 ? neighbours(b, before, seat) : neighbours(b, seat, before)))
            return false;
    }
    return true;
}

// Writes the seats of the block whose first row begins at `first`; false when they are not all to
// be had. Requires that the first row is.
bool fill(const BestCall& call, const Shape& shape, Ordinal first, bool right) {
    Columns row = {first, 1};
    u32 n = 0;
    for (u32 i = 0; i < shape.columns; i++)
        call.seats[n++] = row[i];
    for (u32 k = 1; k < shape.rows; k++) {
        const bool last = k == shape.rows - 1;
        const u32 from = last && right ? shape.columns - shape.last : 0;
        const u32 to = last ? from + shape.last : shape.columns;
        const Columns front = row;
        if (!behind(call, front, from, to, &row)) return false;
        for (u32 i = 0; i < to - from; i++)
            call.seats[n++] = row[i];
    }
    return true;
}

void offer_row(const BestCall& call, const AreaInfo& area, const RowInfo& row, const Shape& shape,
               Choices* choices) {
    Strip seats, starts;
    if (!usable(call, row, &seats)) return;
    runs_of(call, row, seats, shape.columns, &starts);
    each_bit(starts, [&](u32 i) {
        const Ordinal first = row.first_seat + i;
        for (const bool right : {false, true}) {
            if (right && shape.last == shape.columns) break;
            if (!fill(call, shape, first, right)) continue;
            const u32 steps = focal_steps(*call.block, area, first + shape.columns / 2);
            choices->offer({steps, first, right});
        }
    });
}

}  // namespace

bool best_stacked(const BestCall& call, const AreaInfo& area, u32 longest) {
    const u32 n = call.quantity;
    for (u32 rows = 2; rows <= kStackedRowsMax && rows <= n; rows++) {
        const u32 columns = (n + rows - 1) / rows;
        if ((columns == 1 && n > 2) || columns * (rows - 1) >= n || columns > longest) continue;
        const Shape shape = {rows, columns, n - columns * (rows - 1)};
        Choices choices;
        for (u32 r = area.first_row; r < area.first_row + area.rows; r++) {
            const RowInfo& row = call.block->row(r);
            if (choices.n > 0 && row.rank != call.block->row(r - 1).rank) break;
            offer_row(call, area, row, shape, &choices);
        }
        if (choices.n == 0) continue;
        const Choice& c = choices.pick(call.random);
        (void)fill(call, shape, c.first, c.how != 0);
        std::sort(call.seats, call.seats + n);
        return true;
    }
    return false;
}

}  // namespace tix::core
