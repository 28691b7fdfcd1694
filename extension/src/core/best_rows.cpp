// What best available asks of a layout, computed once at load: neighbours, ranks, seats behind.
//
// Neighbours are seats of one row whose positions differ by one. Rows rank in the order of their
// area. The seat behind another is the nearest of the next rank, if it lies less than a stagger
// aside and no aisle apart; without coordinates the positions stand for them.

#include <cmath>
#include <initializer_list>

#include "session.hpp"

namespace tix::core {

namespace {

constexpr float kAside = 0.6f;     // in pitches: half a seat of stagger, and some
constexpr float kRowApart = 3.0f;  // in pitches: further apart there is an aisle between the rows
constexpr u32 kSegmentsMax = 64;   // of the next rank that are looked at

struct Point {
    float x, y;
};

struct Geometry {
    const SessionBlock& b;
    float pitch;  // 0: by position

    Point at(Ordinal o) const {
        const SeatLayout& s = b.layout(o);
        return pitch > 0 ? Point{s.x, s.y} : Point{static_cast<float>(s.position), 0};
    }
    // The direction of the row at this seat, as long as 1.
    Point along(const RowInfo& row, Ordinal o) const {
        const Point a = at(o > row.first_seat ? o - 1 : o);
        const Point z = at(o + 1 < row.first_seat + row.seats ? o + 1 : o);
        const float length = std::hypot(z.x - a.x, z.y - a.y);
        return length > 0 ? Point{(z.x - a.x) / length, (z.y - a.y) / length} : Point{1, 0};
    }
    float distance(Ordinal o, Ordinal p) const {
        const Point s = at(o), t = at(p);
        return (t.x - s.x) * (t.x - s.x) + (t.y - s.y) * (t.y - s.y);
    }
    bool in_front(const RowInfo& row, Ordinal o, Ordinal p) const {
        const Point s = at(o), t = at(p), u = along(row, o);
        const float unit = pitch > 0 ? pitch : 1;
        const float aside = (t.x - s.x) * u.x + (t.y - s.y) * u.y;
        const float apart = (t.x - s.x) * u.y - (t.y - s.y) * u.x;
        return std::fabs(aside) <= kAside * unit && std::fabs(apart) <= kRowApart * unit;
    }
    // The seat of `row` nearest to o. `from` is where to begin: rows follow each other, so the
    // nearest seats of neighbours are near each other.
    Ordinal nearest(const RowInfo& row, Ordinal from, Ordinal o) const {
        float best = distance(o, from);
        for (const i32 step : {1, -1})
            for (Ordinal p = from + static_cast<u32>(step);
                 p >= row.first_seat && p < row.first_seat + row.seats;
                 p += static_cast<u32>(step)) {
                const float d = distance(o, p);
                if (d >= best) break;
                best = d;
                from = p;
            }
        return from;
    }
};

void describe_row(SessionBlock& b, AreaInfo& area, RowInfo& row) {
    RowBits* bits = b.bits(row);
    row.category = b.layout(row.first_seat).category;
    for (u32 i = 0; i < row.seats; i++) {
        const SeatLayout& s = b.layout(row.first_seat + i);
        const u64 one = u64{1} << (i & 63);
        if (s.accessible) {
            bits[i >> 6].accessible |= one;
            area.accessible++;
        }
        if (i > 0 && s.position == b.layout(row.first_seat + i - 1).position + 1)
            bits[i >> 6].joined |= one;
        if (s.category != row.category) row.category = kMixedCategories;
    }
}

// The mean distance of neighbours.
float pitch_of(const SessionBlock& b, const AreaInfo& area) {
    double sum = 0;
    u32 n = 0;
    for (Ordinal o = area.first_seat + 1; o < area.first_seat + area.seats; o++) {
        const SeatLayout& s = b.layout(o);
        const SeatLayout& before = b.layout(o - 1);
        if (s.row != before.row || s.position != before.position + 1) continue;
        sum += std::hypot(s.x - before.x, s.y - before.y);
        n++;
    }
    return n > 0 ? static_cast<float>(sum / n) : 0;
}

// Finds the seats behind a row's among the segments [first, end) of the next rank.
void find_behind(const Geometry& g, const RowInfo& row, const RowInfo* segment, u32 segments,
                 u16* behind) {
    Ordinal near[kSegmentsMax];
    for (u32 c = 0; c < segments; c++) {
        near[c] = segment[c].first_seat;
        for (u32 i = 1; i < segment[c].seats; i++)
            if (g.distance(row.first_seat, segment[c].first_seat + i) <
                g.distance(row.first_seat, near[c]))
                near[c] = segment[c].first_seat + i;
    }
    for (Ordinal o = row.first_seat; o < row.first_seat + row.seats; o++) {
        Ordinal best = kNoSeat;
        for (u32 c = 0; c < segments; c++) {
            near[c] = g.nearest(segment[c], near[c], o);
            if (best == kNoSeat || g.distance(o, near[c]) < g.distance(o, best)) best = near[c];
        }
        if (best - row.behind < kNoneBehind && g.in_front(row, o, best))
            behind[o] = static_cast<u16>(best - row.behind);
    }
}

void describe_area(SessionBlock& b, AreaInfo& area, RowInfo* rows) {
    const u32 end = area.first_row + area.rows;
    area.pitch = pitch_of(b, area);
    area.accessible = 0;
    for (u32 r = area.first_row; r < end; r++) {
        describe_row(b, area, rows[r]);
        if (r == area.first_row) continue;
        rows[r].rank = rows[r - 1].rank + (rows[r].label != rows[r - 1].label);
    }
    const Geometry g = {b, area.pitch};
    u32 next = area.first_row, segments = 0;  // the rows of the next rank
    for (u32 r = area.first_row; r < end; r++) {
        if (r == next)
            for (; next < end && rows[next].rank == rows[r].rank; next++)
                segments = 0;
        while (segments < kSegmentsMax && next + segments < end &&
               rows[next + segments].rank == rows[r].rank + 1)
            segments++;
        if (segments == 0) continue;
        rows[r].behind = rows[next].first_seat;
        find_behind(g, rows[r], &rows[next], segments, b.part<u16>(b.behind_at));
    }
}

}  // namespace

void describe_rows(SessionBlock& b) {
    auto* behind = b.part<u16>(b.behind_at);
    for (Ordinal o = 0; o < b.seats; o++)
        behind[o] = kNoneBehind;
    for (u32 a = 0; a < b.areas; a++)
        describe_area(b, b.area(a), b.part<RowInfo>(b.rows_at));
}

}  // namespace tix::core
