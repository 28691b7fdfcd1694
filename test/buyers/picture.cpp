// Averages the seats of each spot of a grid and shades it.
#include "picture.hpp"

#include <algorithm>

namespace tix::buyers {
namespace {

constexpr std::size_t kColumns = 78;
constexpr std::size_t kRows = 27;
constexpr const char* kShades[] = {"█", "▓", "▒", "░", "·"};

struct Spot {
    std::int64_t sold_at_ms = 0;
    std::size_t sold = 0;
    std::size_t seats = 0;
};

struct Span {
    float low = 0;
    float high = 1;
    std::size_t cell(float value, std::size_t cells) const {
        const float part = (value - low) / std::max(high - low, 1e-3F);
        return std::min(cells - 1, static_cast<std::size_t>(part * static_cast<float>(cells)));
    }
};

}  // namespace

std::vector<std::string> picture(const Market& market) {
    const auto& seats = market.seats();
    const auto [left, right] = std::minmax_element(
        seats.begin(), seats.end(), [](const Seat& a, const Seat& b) { return a.x < b.x; });
    const auto [top, bottom] = std::minmax_element(
        seats.begin(), seats.end(), [](const Seat& a, const Seat& b) { return a.y < b.y; });
    const Span across{left->x, right->x};
    const Span down{top->y, bottom->y};
    std::vector<Spot> spots(kColumns * kRows);
    std::vector<std::int64_t> times_ms;
    for (const Seat& seat : seats) {
        Spot& spot = spots[down.cell(seat.y, kRows) * kColumns + across.cell(seat.x, kColumns)];
        ++spot.seats;
        if (seat.sold_at_ms < 0) continue;
        ++spot.sold;
        spot.sold_at_ms += seat.sold_at_ms;
        times_ms.push_back(seat.sold_at_ms);
    }
    std::sort(times_ms.begin(), times_ms.end());
    // How many fifths of the seats were sold before that time.
    const auto fifths_before = [&](std::int64_t ms) {
        const auto before = std::lower_bound(times_ms.begin(), times_ms.end(), ms);
        return std::min<std::size_t>(
            4, static_cast<std::size_t>(before - times_ms.begin()) * 5 / times_ms.size());
    };
    std::vector<std::string> lines;
    for (std::size_t row = 0; row < kRows; ++row) {
        std::string line;
        for (std::size_t column = 0; column < kColumns; ++column) {
            const Spot& spot = spots[row * kColumns + column];
            if (spot.seats == 0) {
                line += ' ';
            } else if (spot.sold < spot.seats) {
                line += 'o';
            } else {
                line +=
                    kShades[fifths_before(spot.sold_at_ms / static_cast<std::int64_t>(spot.sold))];
            }
        }
        lines.push_back(line);
    }
    return lines;
}

std::string grouped(long long number) {
    const std::string digits = std::to_string(number);
    std::string printed;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        if (i > 0 && (digits.size() - i) % 3 == 0 && digits[i - 1] != '-') printed += ' ';
        printed += digits[i];
    }
    return printed;
}

}  // namespace tix::buyers
