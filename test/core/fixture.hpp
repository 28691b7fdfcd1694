// A world for the core's tests: memory, a clock that stands still, layouts and virtual backends.
//
// A backend follows the glue's protocol: take the partition locks, call, and call again with more
// when the core names them. Here the "locks" are only the set passed in Access::held.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "admin.hpp"
#include "best.hpp"
#include "owners.hpp"
#include "ring.hpp"

namespace tix::test {

using namespace tix::core;

constexpr Micros kSecond = 1000000;
constexpr Uuid kAnn{1, 11}, kBob{2, 22}, kEve{3, 33};
using Seats = std::vector<Ordinal>;

struct Memory {
    explicit Memory(u64 bytes) : bytes((bytes + 63) & ~u64{63}) {
        at.reset(std::aligned_alloc(kLine, this->bytes));
    }
    struct Free {
        void operator()(void* p) const { std::free(p); }
    };
    u64 bytes;
    std::unique_ptr<void, Free> at;
};

// What the loader would hand over. Add areas, rows and seats in order, then call input().
class Layout {
public:
    void area(const std::string& id);
    void row(const std::string& label);
    void seat(const std::string& label, u16 position, const std::string& category = "A",
              bool accessible = false);
    // Moves the last seat; without it seats stand at (position, row).
    void place(float x, float y);
    // `areas` areas A0, A1… of `rows` rows of `seats` neighbours, labelled A0-0-0 and so on.
    static Layout grid(u32 areas, u32 rows, u32 seats);
    LayoutInput input(const Uuid& session, const std::vector<bool>& sold = {});

private:
    u32 string(const std::string& text);

    std::vector<AreaInfo> areas_;
    std::vector<RowInfo> rows_;
    std::vector<SeatLayout> seats_;
    std::vector<u32> categories_;
    std::vector<std::string> names_;
    std::map<u16, u32> numbers_;  // kept once, as the loader does
    std::string strings_;
    std::unique_ptr<bool[]> sold_;
};

struct Backend {
    explicit Backend(u32 writer, u32 capacity = 4096) : room(capacity) {
        log.entry = room.data();
        log.capacity = capacity;
        log.writer = writer;
        log.subxact = 1;
    }
    std::vector<XactEntry> room;
    XactLog log;
};

class World {
public:
    explicit World(u32 areas = 4, u32 rows = 2, u32 seats = 5, u32 partitions = 4);

    // Empties the memory, as a crash does.
    void format();
    Access access(Backend& b, const PartitionSet& held) { return {arena, &b.log, now, held, 7}; }
    PartitionSet all() const;
    // Runs a core call under the locks it turns out to need; `rounds` counts the calls.
    template <class Call>
    HoldAnswer run(Backend& b, PartitionSet set, Call call) {
        for (rounds = 1;; rounds++) {
            const HoldAnswer h = call(access(b, set));
            if (h.status != Status::need_partitions) return h;
            EXPECT_FALSE(set.covers(h.need));
            set.merge(h.need);
        }
    }

    HoldAnswer lock(Backend& b, const Seats& seats, const Uuid& owner, Micros ttl = 60 * kSecond,
                    u64 into = 0);
    HoldAnswer extend(Backend& b, u64 token, const Uuid& owner, Micros ttl,
                      Micros lifetime = 1800 * kSecond);
    HoldAnswer hand_over(Backend& b, u64 token, const Uuid& owner, Micros ttl);
    HoldAnswer release(Backend& b, u64 token, const Uuid& owner, const Seats& seats = {});
    HoldAnswer confirm(Backend& b, u64 token, const Uuid& owner);
    HoldAnswer insert_ticket(Backend& b, Ordinal seat, const Uuid& owner);
    Status remove_ticket(Backend& b, Ordinal seat);
    u32 free_sold(Backend& b, const Seats& seats);
    HoldAnswer block_seats(Backend& b, const Seats& seats, Micros ttl = 60 * kSecond);
    HoldAnswer unblock(Backend& b, const Seats& seats);
    HoldAnswer force_release(Backend& b, Ordinal seat);

    // PRE_COMMIT and, if nothing was lost, the commit; otherwise the abort. Answers the lost token.
    u64 commit(Backend& b);
    void abort(Backend& b) { xact_abort(arena, b.log, now); }
    void begin_sub(Backend& b) { b.log.subxact++; }
    void abort_sub(Backend& b) { xact_abort_sub(arena, b.log, b.log.subxact--, now); }
    void commit_sub(Backend& b) {
        xact_commit_sub(b.log, b.log.subxact, b.log.subxact - 1);
        b.log.subxact--;
    }
    u64 sell(Backend& b, const Seats& seats, const Uuid& owner);
    // Every partition until nothing is due; answers the number of holds freed.
    u32 sweep();

    SeatState state(Ordinal o) { return seat_state(*block, o, now); }
    std::string states();
    // The first word an audit says, "" when every area is sound.
    std::string audit();
    // Changes since the last call: "0held 1free".
    std::string ring();
    SessionBlock* load(Layout& layout, const Uuid& session, const std::vector<bool>& sold = {});

    Memory memory{8 << 20};
    u32 partitions;
    Arena arena;
    Micros now = 1000 * kSecond;
    u32 generation = 1;
    u32 rounds = 0;
    SessionBlock* block = nullptr;
    Layout layout;
    std::vector<Reason> why;
    Seats out;
    u64 ring_at = 1;
    Backend a{1}, b{2}, c{3};
};

const char* state_name(SeatState s);

}  // namespace tix::test
