// core-alone SECONDS: how many pairs of lock and release the engine's core does on one processor.
//
// No server, no locks, no journal: every lock is a transaction of its own, and so is every release,
// with all that the core does at commit. Prints pairs a second.
#include <charconv>
#include <cstdio>
#include <ctime>
#include <string_view>

#include "fixture.hpp"

namespace {

using namespace tix::test;
// Of the processor, not of the wall: what else the machine does is no part of it.
double cpu_seconds() {
    return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

constexpr u32 kAreas = 40, kRows = 40, kSeatsPerRow = 25;
constexpr u32 kSeats = kAreas * kRows * kSeatsPerRow;

class Seller {
public:
    // One lock and one release of a seat; false when either was refused.
    bool sell(Ordinal seat) {
        world_.now++;
        PartitionSet held;
        held.add(seat_partition(world_.arena, *world_.block, seat));
        held.add(owner_partition(world_.arena, kAnn));
        const Access access = world_.access(world_.a, held);
        const LockCall call{world_.block, &seat, 1, kAnn, 60 * kSecond, world_.generation, 0};
        Reason why;
        const HoldAnswer lock = lock_seats(access, call, &why);
        if (lock.reason != Reason::none || world_.commit(world_.a) != 0) return false;
        Ordinal out[kSeatsPerLockMax];
        u32 n = 0;
        release_seats(access, lock.lock_id, kAnn, nullptr, 0, out, &n);
        return n == 1 && world_.commit(world_.a) == 0;
    }

private:
    World world_{kAreas, kRows, kSeatsPerRow, 64};
};

}  // namespace

int main(int argc, char** argv) {
    const std::string_view text = argc == 2 ? argv[1] : "";
    double seconds = 0;
    std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (!(seconds > 0)) {
        std::fprintf(stderr, "usage: core-alone SECONDS\n");
        return 2;
    }
    Seller seller;
    u64 pairs = 0;
    const double start = cpu_seconds();
    double took = 0;
    while (took < seconds) {
        for (u32 i = 0; i < 1000; i++, pairs++) {
            if (seller.sell(static_cast<Ordinal>(pairs * 7919 % kSeats))) continue;
            std::fprintf(stderr, "core-alone: a free seat was refused\n");
            return 1;
        }
        took = cpu_seconds() - start;
    }
    std::printf("%.0f\n", static_cast<double>(pairs) / took);
    return 0;
}
