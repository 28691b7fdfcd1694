// The seats as the buyers see them: filled once, followed through the change feed, and
// therefore always a little out of date – which is what makes buyers collide.
#pragma once

#include <array>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace tix::buyers {

using Random = std::mt19937_64;

// What the two bits of tix_seat_map() tell apart.
enum class Look : std::uint8_t { kFree = 0, kHeld = 1, kSold = 2, kBlocked = 3 };
// The look of a seat whose state has a name: free, held, confirming, sold or blocked.
Look look_of(std::string_view state);

struct Seat {
    std::string id;
    std::string area;
    std::string row;
    float x = 0;
    float y = 0;
    Look look = Look::kFree;
    std::int64_t sold_at_ms = -1;  // since the sale began
};

class Market {
public:
    // Seats must be added in ordinal order, all before the first other call.
    void add(Seat seat);
    void rank();

    void set(std::size_t ordinal, Look look, std::int64_t now_ms);
    // Takes over a whole map; returns how many seats looked otherwise.
    std::size_t set_all(std::string_view states, std::int64_t now_ms);

    // Up to `wanted` free neighbours among the most popular seats; empty when nothing is free.
    std::vector<std::uint32_t> choose_popular(std::size_t wanted, Random& random);
    // Up to `wanted` free seats from anywhere, not necessarily together.
    std::vector<std::uint32_t> choose_leftovers(std::size_t wanted, Random& random);
    // Up to `wanted` free neighbours anywhere.
    std::vector<std::uint32_t> choose_anywhere(std::size_t wanted, Random& random);
    // A free neighbour of the seats, to be added to them; empty when there is none.
    std::vector<std::uint32_t> choose_beside(const std::vector<std::uint32_t>& seats) const;

    const std::vector<Seat>& seats() const { return seats_; }
    std::size_t capacity() const { return seats_.size(); }
    std::size_t count(Look look) const { return counts_[static_cast<std::size_t>(look)]; }
    bool sold_out() const { return count(Look::kSold) == capacity(); }
    // The last fiftieth, when every buyer takes what is left.
    bool nearly_over() const { return count(Look::kFree) + count(Look::kHeld) < capacity() / 50; }

private:
    std::vector<std::uint32_t> with_neighbours(std::uint32_t seat, std::size_t wanted) const;
    bool free_in_row_of(std::uint32_t seat, std::size_t other) const;

    std::vector<Seat> seats_;
    std::vector<std::uint32_t> popular_;  // ordinals, nearest to the middle of the field first
    std::size_t first_unsold_ = 0;        // index in popular_; everything before it is sold
    std::array<std::size_t, 4> counts_{};
};

}  // namespace tix::buyers
