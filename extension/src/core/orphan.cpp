// Looks beside the chosen seats for single ones, and along the row for a better choice.

#include "orphan.hpp"

#include <algorithm>

namespace tix::core {

namespace {

// The newly chosen seats of one row, ascending.
struct Chosen {
    const Access& a;
    const LockCall& call;
    const RowInfo& row;
    const Ordinal* seat;
    u32 n;

    bool has(Ordinal o) const { return std::binary_search(seat, seat + n, o); }
    // The seat is in the row and a neighbour of the one before it.
    bool joined(Ordinal o) const {
        return o > row.first_seat && o < row.first_seat + row.seats &&
               call.block->layout(o).position == call.block->layout(o - 1).position + 1;
    }
    bool free(Ordinal o) const { return seat_state(*call.block, o, a.now) == SeatState::free; }
    bool accessible(Ordinal o) const { return call.block->layout(o).accessible; }
    // Free seats one may choose instead.
    bool available(Ordinal o) const {
        const SessionBlock& b = *call.block;
        return free(o) && (!accessible(o) || accessible(seat[0])) &&
               admission(b, call.block->slot(o), call.caller) != Admission::barred;
    }
};

// The seat is free, and with `taken` gone no neighbour of it is.
template <class Taken>
bool lonely(const Chosen& c, Ordinal o, const Taken& taken) {
    if (c.accessible(o) || !c.free(o) || taken(o)) return false;
    const bool left = c.joined(o) && c.free(o - 1) && !taken(o - 1);
    const bool right = c.joined(o + 1) && c.free(o + 1) && !taken(o + 1);
    return !left && !right;
}

Ordinal orphan_beside(const Chosen& c) {
    const auto taken = [&c](Ordinal o) { return c.has(o); };
    for (u32 i = 0; i < c.n; i++) {
        const Ordinal o = c.seat[i];
        if (c.joined(o) && lonely(c, o - 1, taken)) return o - 1;
        if (c.joined(o + 1) && lonely(c, o + 1, taken)) return o + 1;
    }
    return kNoSeat;
}

// A block of as many neighbours in this row that leaves no orphan.
bool better_in_row(const Chosen& c) {
    u32 run = 0;
    for (u32 i = 0; i < c.row.seats; i++) {
        const Ordinal last = c.row.first_seat + i;
        if (!c.available(last))
            run = 0;
        else
            run = run > 0 && c.joined(last) ? run + 1 : 1;
        if (run < c.n) continue;
        const Ordinal first = last + 1 - c.n;
        const auto taken = [&](Ordinal o) { return o >= first && o <= last; };
        const bool left = c.joined(first) && lonely(c, first - 1, taken);
        const bool right = c.joined(last + 1) && lonely(c, last + 1, taken);
        if (!left && !right) return true;
    }
    return false;
}

}  // namespace

Ordinal find_orphan(const Access& a, const LockCall& call) {
    if (!call.avoid_orphans) return kNoSeat;
    SessionBlock& b = *call.block;
    Ordinal seat[kSeatsPerLockMax];
    u32 n = 0;
    for (u32 i = 0; i < call.n; i++)
        if (seat_state(b, call.seats[i], a.now) == SeatState::free) seat[n++] = call.seats[i];
    std::sort(seat, seat + n);
    for (u32 i = 0, end; i < n; i = end) {
        const u32 row = b.layout(seat[i]).row;
        for (end = i + 1; end < n && b.layout(seat[end]).row == row; end++) {
        }
        const Chosen c = {a, call, b.row(row), seat + i, end - i};
        const Ordinal orphan = orphan_beside(c);
        if (orphan != kNoSeat && better_in_row(c)) return orphan;
    }
    return kNoSeat;
}

}  // namespace tix::core
