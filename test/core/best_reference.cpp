// The naive best available: definitions of the tiers, as a box office would put them.

#include "best_reference.hpp"

#include <algorithm>
#include <map>
#include <random>
#include <set>

namespace tix::test {

House::House(u64 seed) {
    std::mt19937_64 random(seed);
    const auto below = [&random](u32 n) { return static_cast<u32>(random() % n); };
    const u32 areas = 1 + below(2), width = areas == 1 ? 6 : 4;
    const bool snakes = below(3) == 0;
    const u32 taken = below(80);
    for (u32 a = 0; a < areas; a++) {
        layout.area("A" + std::to_string(a));
        float y = 0;
        const u32 rows = 2 + below(3);
        for (u32 r = 0; r < rows; r++) {
            const std::string name = std::to_string(a) + "-" + std::to_string(r);
            layout.row(name);
            y += below(6) == 0 ? 9.0f : 1.0f;
            const bool back = snakes && r % 2 == 1;
            int position = 0;
            for (u32 i = 0; i < width; i++) {
                if (below(8) == 0 && i > 0) continue;  // a gap
                position = static_cast<int>(i) + 1;
                const std::string number =
                    i == 3 ? "12 bis" : std::to_string(i < width / 2 ? 2 * i + 1 : 2 * i);
                const bool accessible = below(10) == 0;
                const float x = static_cast<float>(back ? width - i : i + 1);
                layout.seat(name + "-" + number + "/" + std::to_string(i),
                            static_cast<u16>(position), "A", accessible);
                layout.place(x, y);
                const bool free = below(100) >= taken;
                seats.push_back(
                    {static_cast<int>(a), static_cast<int>(r), position, x, y, accessible, free});
                sold.push_back(!free);
            }
        }
    }
}

bool PlainBest::neighbours(Ordinal a, Ordinal b) const {
    return seats[a].area == seats[b].area && seats[a].row == seats[b].row &&
           std::abs(seats[a].position - seats[b].position) == 1;
}

bool PlainBest::leaves_orphan(const Seats& chosen) const {
    const std::set<Ordinal> gone(chosen.begin(), chosen.end());
    for (Ordinal o = 0; o < seats.size(); o++) {
        if (!seats[o].free || seats[o].accessible || gone.count(o) != 0) continue;
        bool had = false, has = false;
        for (Ordinal p = 0; p < seats.size(); p++) {
            if (!seats[p].free || !neighbours(o, p)) continue;
            had = true;
            has = has || gone.count(p) == 0;
        }
        if (had && !has) return true;
    }
    return false;
}

bool PlainBest::is_run(const Seats& s, size_t from, size_t to) const {
    for (size_t i = from + 1; i < to; i++)
        if (!neighbours(s[i - 1], s[i])) return false;
    return true;
}

bool PlainBest::is_stacked(const Seats& chosen) const {
    std::vector<Seats> row;
    for (const Ordinal o : chosen) {
        if (row.empty() || seats[row.back()[0]].row != seats[o].row) row.emplace_back();
        row.back().push_back(o);
    }
    const size_t n = chosen.size(), rows = row.size();
    if (rows < 2 || rows > kStackedRowsMax) return false;
    const size_t columns = (n + rows - 1) / rows;
    if (columns == 1 && n > 2) return false;
    std::set<float> above;
    for (size_t r = 0; r < rows; r++) {
        const PlainSeat& first = seats[row[r][0]];
        if (!is_run(row[r], 0, row[r].size())) return false;
        if (r + 1 < rows && row[r].size() != columns) return false;
        std::set<float> x;
        for (const Ordinal o : row[r])
            x.insert(seats[o].x);
        if (r > 0) {
            const PlainSeat& before = seats[row[r - 1][0]];
            if (first.row != before.row + 1 || first.y - before.y > 3) return false;
            if (!std::includes(above.begin(), above.end(), x.begin(), x.end())) return false;
            if (*x.begin() != *above.begin() && *x.rbegin() != *above.rbegin()) return false;
        }
        above = x;
    }
    return true;
}

u32 PlainBest::tier(const Seats& chosen) const {
    if (is_run(chosen, 0, chosen.size())) return leaves_orphan(chosen) ? 2 : 1;
    for (const Ordinal o : chosen)
        if (seats[o].area != seats[chosen[0]].area) return 5;
    if (accessible > 0) return 5;
    if (is_stacked(chosen)) return 3;
    for (size_t i = 0, end; i < chosen.size(); i = end) {
        for (end = i + 1; end < chosen.size() && neighbours(chosen[end - 1], chosen[end]); end++) {
        }
        if (end - i < 2) return 5;
    }
    return 4;
}

u32 PlainBest::rows(const Seats& chosen) const {
    std::set<int> rows;
    for (const Ordinal o : chosen)
        rows.insert(seats[o].row);
    return static_cast<u32>(rows.size());
}

bool PlainBest::has_better_block(const Seats& chosen) const {
    const PlainSeat& first = seats[chosen[0]];
    for (Ordinal from = 0; from + chosen.size() <= seats.size(); from++) {
        Seats block;
        for (size_t i = 0; i < chosen.size(); i++)
            block.push_back(from + static_cast<Ordinal>(i));
        bool fits = is_run(block, 0, block.size());
        for (const Ordinal o : block)
            fits = fits && seats[o].free && seats[o].area == first.area &&
                   seats[o].row == first.row && (!seats[o].accessible || first.accessible);
        if (fits && !leaves_orphan(block)) return true;
    }
    return false;
}

int PlainBest::rank(const Seats& chosen) const {
    return seats[chosen[0]].row;
}

u32 PlainBest::spare_accessible(const Seats& chosen) const {
    u32 n = 0;
    for (const Ordinal o : chosen)
        n += seats[o].accessible;
    return n >= accessible ? n - accessible : ~0u;
}

}  // namespace tix::test
