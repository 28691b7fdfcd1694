// Bookkeeping of the seats and the taste of the crowd.
#include "market.hpp"

#include <algorithm>
#include <numeric>

namespace tix::buyers {
namespace {

constexpr std::size_t kCrowdedSeats = 300;  // how many seats the crowd fights for at a time

}  // namespace

Look look_of(std::string_view state) {
    switch (state.empty() ? '?' : state.front()) {
        case 'f':
            return Look::kFree;
        case 's':
            return Look::kSold;
        case 'b':
            return Look::kBlocked;
        default:
            return Look::kHeld;
    }
}

void Market::add(Seat seat) {
    ++counts_[static_cast<std::size_t>(seat.look)];
    seats_.push_back(std::move(seat));
}

void Market::rank() {
    float x = 0;
    float y = 0;
    for (const Seat& seat : seats_) {
        x += seat.x / static_cast<float>(seats_.size());
        y += seat.y / static_cast<float>(seats_.size());
    }
    const auto distance = [&](std::uint32_t i) {
        const float dx = seats_[i].x - x;
        const float dy = seats_[i].y - y;
        return dx * dx + dy * dy;
    };
    popular_.resize(seats_.size());
    std::iota(popular_.begin(), popular_.end(), 0);
    std::sort(popular_.begin(), popular_.end(),
              [&](std::uint32_t a, std::uint32_t b) { return distance(a) < distance(b); });
    first_unsold_ = 0;
}

void Market::set(std::size_t ordinal, Look look, std::int64_t now_ms) {
    if (ordinal >= seats_.size()) return;
    Seat& seat = seats_[ordinal];
    --counts_[static_cast<std::size_t>(seat.look)];
    ++counts_[static_cast<std::size_t>(look)];
    if (look == Look::kSold && seat.sold_at_ms < 0) seat.sold_at_ms = now_ms;
    if (seat.look == Look::kSold) first_unsold_ = 0;
    seat.look = look;
}

std::size_t Market::set_all(std::string_view states, std::int64_t now_ms) {
    std::size_t different = 0;
    for (std::size_t i = 0; i < seats_.size() && i / 4 < states.size(); ++i) {
        const auto byte = static_cast<unsigned char>(states[i / 4]);
        const auto look = static_cast<Look>((byte >> (i % 4 * 2)) & 3);
        if (look == seats_[i].look) continue;
        ++different;
        set(i, look, now_ms);
    }
    return different;
}

bool Market::free_in_row_of(std::uint32_t seat, std::size_t other) const {
    return other < seats_.size() && seats_[other].look == Look::kFree &&
           seats_[other].row == seats_[seat].row && seats_[other].area == seats_[seat].area;
}

std::vector<std::uint32_t> Market::choose_popular(std::size_t wanted, Random& random) {
    while (first_unsold_ < popular_.size() && seats_[popular_[first_unsold_]].look == Look::kSold)
        ++first_unsold_;
    std::size_t skip =
        random() % std::min(kCrowdedSeats, std::max<std::size_t>(1, count(Look::kFree)));
    for (std::size_t i = first_unsold_; i < popular_.size(); ++i) {
        const std::uint32_t seat = popular_[i];
        if (seats_[seat].look != Look::kFree || skip-- > 0) continue;
        return with_neighbours(seat, wanted);
    }
    return {};
}

std::vector<std::uint32_t> Market::choose_anywhere(std::size_t wanted, Random& random) {
    const auto chosen = choose_leftovers(1, random);
    return chosen.empty() ? chosen : with_neighbours(chosen.front(), wanted);
}

std::vector<std::uint32_t> Market::with_neighbours(std::uint32_t seat, std::size_t wanted) const {
    std::vector<std::uint32_t> chosen = {seat};
    while (chosen.size() < wanted) {
        const auto more = choose_beside(chosen);
        if (more.empty()) break;
        chosen.push_back(more.front());
    }
    return chosen;
}

std::vector<std::uint32_t> Market::choose_leftovers(std::size_t wanted, Random& random) {
    std::vector<std::uint32_t> chosen;
    if (count(Look::kFree) == 0) return chosen;
    const std::size_t start = random() % seats_.size();
    for (std::size_t i = 0; i < seats_.size() && chosen.size() < wanted; ++i) {
        const std::size_t seat = (start + i) % seats_.size();
        if (seats_[seat].look == Look::kFree) chosen.push_back(static_cast<std::uint32_t>(seat));
    }
    return chosen;
}

std::vector<std::uint32_t> Market::choose_beside(const std::vector<std::uint32_t>& seats) const {
    if (seats.empty()) return {};
    const auto [low, high] = std::minmax_element(seats.begin(), seats.end());
    if (free_in_row_of(*high, std::size_t{*high} + 1)) return {*high + 1};
    if (*low > 0 && free_in_row_of(*low, std::size_t{*low} - 1)) return {*low - 1};
    return {};
}

}  // namespace tix::buyers
