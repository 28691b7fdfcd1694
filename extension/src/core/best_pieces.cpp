// Tiers 4 and 5: a party in pieces, and general admission, whose places nobody chose.
//
// Pieces are gathered from the best rows on until there are enough, and then the longest are taken:
// the party sits as far in front as it can, and there in as few pieces as it can.

#include <algorithm>

#include "best_strip.hpp"

namespace tix::core {

namespace {

struct Piece {
    Ordinal first;
    u32 seats;
};

struct Pieces {
    Pieces(const BestCall& c, u32 least) : call(c), least_(least) {}

    bool enough() const {
        return seats_ >= call.quantity && (least_ == 1 || longest_ > 2 || call.quantity % 2 == 0);
    }
    void gather(const AreaInfo& area);
    void fill();

private:
    void gather_row(const RowInfo& row);
    void add(const RowInfo& row, u32 i, u32 seats);
    void trim(u32 used, u32 excess);

    const BestCall& call;
    const u32 least_;  // seats of a piece: 1 or 2
    u32 seats_ = 0, longest_ = 0, n_ = 0;
    Piece piece_[kSeatsPerLockMax + 1];
};

void Pieces::add(const RowInfo& row, u32 i, u32 seats) {
    if (seats < least_ || enough()) return;
    // Pairs alone never make an odd number: once there are enough, only a longer run helps.
    if (seats_ >= call.quantity && seats == 2) return;
    piece_[n_++] = {row.first_seat + i, seats};
    seats_ += seats;
    if (seats > longest_) longest_ = seats;
}

void Pieces::gather_row(const RowInfo& row) {
    Strip seats, pairs;
    if (!usable(call, row, &seats)) return;
    if (least_ == 2) {
        runs_of(call, row, seats, 2, &pairs);
        if (!pairs.any()) return;
        for (u32 i = 0; i < seats.n; i++)
            seats.w[i] &= pairs.w[i] | pairs.from(i64{i} * 64 - 1);
    }
    const RowBits* bits = call.block->bits(row);
    u32 first = 0, length = 0;
    each_bit(seats, [&](u32 i) {
        const bool joined = ((bits[i >> 6].joined >> (i & 63)) & 1) != 0;
        if (length > 0 && joined && first + length == i && length < call.quantity) {
            length++;
            return;
        }
        if (length > 0) add(row, first, length);
        first = i;
        length = 1;
    });
    add(row, first, length);
}

void Pieces::gather(const AreaInfo& area) {
    for (u32 r = area.first_row; r < area.first_row + area.rows && !enough(); r++)
        gather_row(call.block->row(r));
}

// Takes the seats that are too many from the shortest piece; if that would leave it too short, one
// of them from the longest.
void Pieces::trim(u32 used, u32 excess) {
    Piece& last = piece_[used - 1];
    const u32 most = last.seats - least_;
    if (excess > most) piece_[0].seats -= excess - most;
    last.seats -= excess < most ? excess : most;
}

void Pieces::fill() {
    std::sort(piece_, piece_ + n_, [](const Piece& a, const Piece& b) {
        return a.seats != b.seats ? a.seats > b.seats : a.first < b.first;
    });
    u32 used = 0, have = 0;
    while (have < call.quantity)
        have += piece_[used++].seats;
    trim(used, have - call.quantity);
    u32 n = 0;
    for (u32 p = 0; p < used; p++)
        for (u32 i = 0; i < piece_[p].seats; i++)
            call.seats[n++] = piece_[p].first + i;
    std::sort(call.seats, call.seats + n);
}

// Takes single seats of these areas, accessible or not, until `most` are there.
u32 take(const BestCall& call, const u16* areas, u32 n_areas, bool accessible, u32 n, u32 most) {
    for (u32 a = 0; a < n_areas; a++) {
        const AreaInfo& area = call.block->area(areas[a]);
        for (u32 r = area.first_row; r < area.first_row + area.rows && n < most; r++) {
            const RowInfo& row = call.block->row(r);
            const RowBits* bits = call.block->bits(row);
            for (u32 i = 0; i < row_words(row); i++) {
                const u64 mask = accessible ? bits[i].accessible : ~bits[i].accessible;
                u64 left = wanted_of(call, row, i, bits[i].free & mask);
                for (; left != 0 && n < most; left &= left - 1)
                    call.seats[n++] =
                        row.first_seat + i * 64 + static_cast<u32>(__builtin_ctzll(left));
            }
        }
    }
    return n;
}

// The accessible places asked for, then others; more accessible ones only when those run out.
bool take_with_accessible(const BestCall& call, const u16* areas, u32 n_areas) {
    u32 n = take(call, areas, n_areas, true, 0, call.accessible);
    if (n < call.accessible) return false;
    n = take(call, areas, n_areas, false, n, call.quantity);
    if (n < call.quantity) {
        const u32 general = n - call.accessible;
        n = take(call, areas, n_areas, true, 0, call.quantity - general);
        if (n < call.quantity - general) return false;
        n = take(call, areas, n_areas, false, n, call.quantity);
    }
    std::sort(call.seats, call.seats + n);
    return true;
}

}  // namespace

bool best_in_pieces(const BestCall& call, const AreaInfo& area) {
    Pieces pieces(call, 2);
    pieces.gather(area);
    if (!pieces.enough()) return false;
    pieces.fill();
    return true;
}

bool best_anywhere(const BestCall& call, const u16* areas, u32 n) {
    if (call.accessible > 0) return take_with_accessible(call, areas, n);
    Pieces pieces(call, 1);
    for (u32 a = 0; a < n && !pieces.enough(); a++)
        pieces.gather(call.block->area(areas[a]));
    if (!pieces.enough()) return false;
    pieces.fill();
    return true;
}

BestBlock any_in_area(const BestCall& call, u32 index) {
    SessionBlock& b = *call.block;
    const AreaInfo& area = b.area(index);
    BestBlock result;
    u32 n = 0;
    if (nothing_left(area)) return result;
    // Rows, and words of a row, in a circle from a random one on; the first row comes round again.
    const u32 first = static_cast<u32>(call.random % area.rows);
    for (u32 k = 0; k < area.rows && n < call.quantity; k++) {
        const RowInfo& row = b.row(area.first_row + (first + k) % area.rows);
        const RowBits* bits = b.bits(row);
        const u32 words = row_words(row), from = static_cast<u32>((call.random >> 32) % words);
        for (u32 i = 0; i < words && n < call.quantity; i++) {
            const u32 word = (from + i) % words;
            const auto wanted = [&](u64 seats) { return wanted_of(call, row, word, seats); };
            const auto count = [](u64 seats) {
                return static_cast<u32>(__builtin_popcountll(seats));
            };
            const u64 accessible = bits[word].accessible;
            const u64 free = wanted(bits[word].free & ~accessible);
            for (u64 left = free; left != 0 && n < call.quantity; left &= left - 1)
                call.seats[n++] =
                    row.first_seat + word * 64 + static_cast<u32>(__builtin_ctzll(left));
            result.totals.free += count(free);
            result.totals.held += count(wanted(bits[word].held & ~accessible));
            result.totals.accessible += count(wanted(bits[word].free & accessible));
        }
    }
    if (n < call.quantity) return result;
    std::sort(call.seats, call.seats + n);
    result.tier = kTierMax;
    return result;
}

}  // namespace tix::core
