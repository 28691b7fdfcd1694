// The core under real threads: locks are mutexes, taken in the order the glue takes them.
//
// Buyers, sweepers, readers of the map and of the ring, and a session that is evicted and loaded
// again run side by side for a while; then every seat must have been sold as often as it was freed,
// or once more. ThreadSanitizer watches.

#include <atomic>
#include <chrono>
#include <mutex>
#include <random>
#include <shared_mutex>
#include <thread>

#include "fixture.hpp"

namespace tix::test {

namespace {

constexpr u32 kPartitionCount = 4;
constexpr u32 kSeatCount = 40;
constexpr Uuid kSessions[] = {{5, 5}, {6, 6}};

class Hall {
public:
    Hall() {
        layout_ = Layout::grid(4, 2, 5);
        w.load(layout_, kSessions[1]);
        for (auto& session : sold)
            for (auto& seat : session)
                seat = 0;
    }
    Micros now() const {
        const auto t = std::chrono::steady_clock::now().time_since_epoch();
        return std::chrono::duration_cast<std::chrono::microseconds>(t).count();
    }
    void take(const PartitionSet& set) {
        for (u32 p = 0; p < kPartitionCount; p++)
            if (set.has(p)) partition[p].lock();
    }
    void drop(const PartitionSet& set) {
        for (u32 p = 0; p < kPartitionCount; p++)
            if (set.has(p)) partition[p].unlock();
    }
    SessionBlock* find(u32 session) {
        const DirEntry* e = directory_find(w.arena, 7, kSessions[session]);
        return e == nullptr ? nullptr : w.arena.ref<SessionBlock>(e->block);
    }
    void reload();

    World w{4, 2, 5, kPartitionCount};
    std::shared_mutex directory;
    std::mutex partition[kPartitionCount];
    // The tables: a seat's tickets, changed under its partition lock at commit.
    std::atomic<int> sold[2][kSeatCount];
    std::atomic<u64> sales{0}, reloads{0};

private:
    Layout layout_;
};

// Evicts the second session if nothing needs it, and loads it from the tables.
void Hall::reload() {
    std::unique_lock guard(directory);
    take(w.all());
    SessionBlock* b = find(1);
    const bool idle = session_idle(*b);
    if (idle) session_evict(w.arena, directory_find(w.arena, 7, kSessions[1]));
    drop(w.all());
    if (!idle) return;
    std::vector<bool> tickets(kSeatCount);
    for (u32 o = 0; o < kSeatCount; o++)
        tickets[o] = sold[1][o] != 0;
    EXPECT_NE(w.load(layout_, kSessions[1], tickets), nullptr);
    reloads++;
}

class Client {
public:
    Client(Hall& hall, u32 number) : hall_(hall), b_(number), rng_(number), me_{number, number} {}
    void once();

private:
    template <class Call>
    HoldAnswer run(PartitionSet set, Call call) {
        for (;;) {
            hall_.take(set);
            const HoldAnswer h = call(Access{hall_.w.arena, &b_.log, hall_.now(), set, 7});
            hall_.drop(set);
            if (h.status != Status::need_partitions) return h;
            set.merge(h.need);
        }
    }
    void buy();
    void give_back();
    void read_map();
    void read_ring();
    void sweep();
    bool commit(u32 session, const Seats& seats, int tickets);
    void abort();

    Hall& hall_;
    Backend b_;
    std::mt19937 rng_;
    Uuid me_;
    u64 ring_at_ = 1;
};

// `tickets` is what the commit adds to each seat: 1 a sale, -1 a return, 0 neither.
bool Client::commit(u32 session, const Seats& seats, int tickets) {
    const PartitionSet set = b_.log.partitions;
    hall_.take(set);
    const u64 lost = xact_check_and_pin(hall_.w.arena, b_.log, hall_.now());
    hall_.drop(set);
    if (lost != 0) return abort(), false;
    std::this_thread::yield();
    hall_.take(set);
    for (const Ordinal o : seats)
        EXPECT_EQ(hall_.sold[session][o] += tickets, tickets > 0);
    xact_commit(hall_.w.arena, b_.log, hall_.now());
    hall_.drop(set);
    return true;
}

void Client::abort() {
    const PartitionSet set = b_.log.partitions;
    hall_.take(set);
    xact_abort(hall_.w.arena, b_.log, hall_.now());
    hall_.drop(set);
}

void Client::buy() {
    const u32 session = rng_() % 32 == 0;
    Seats seats;
    for (u32 o = rng_() % kSeatCount; seats.size() < 1 + rng_() % 3; o = (o + 7) % kSeatCount)
        seats.push_back(o);
    Reason why[8];
    HoldAnswer h;
    {
        std::shared_lock guard(hall_.directory);
        SessionBlock* b = hall_.find(session);
        const LockCall call{
            b, seats.data(), static_cast<u32>(seats.size()), me_, rng_() % 4 == 0 ? 300 : 50000, 1,
            0};
        PartitionSet set;
        for (const Ordinal o : seats)
            set.add(seat_partition(hall_.w.arena, *b, o));
        h = run(set, [&](const Access& a) { return lock_seats(a, call, why); });
    }
    if (h.status != Status::ok) return;
    if (rng_() % 8 == 0) return abort();
    if (rng_() % 4 == 0 && !commit(session, {}, 0)) return;
    if (rng_() % 8 == 0) return (void)commit(session, {}, 0);  // abandoned: it expires
    PartitionSet home;
    home.add(hall_.w.arena.partition_of(Token::home(h.lock_id)));
    Ordinal list[kSeatsPerLockMax];
    u32 n = 0;
    if (rng_() % 4 == 0) {
        run(home, [&](const Access& a) {
            return release_seats(a, h.lock_id, me_, nullptr, 0, list, &n);
        });
        return (void)commit(session, {}, 0);
    }
    if (rng_() % 4 == 0)
        run(home, [&](const Access& a) { return extend_lock(a, h.lock_id, me_, 60000, 1000000); });
    const HoldAnswer c = run(home, [&](const Access& a) {
        const HoldAnswer done = confirm_lock(a, h.lock_id, me_);
        if (done.status == Status::ok) n = lock_seat_list(a, h.lock_id, list);
        return done;
    });
    if (c.status != Status::ok || rng_() % 8 == 0) return abort();
    if (commit(session, Seats(list, list + n), 1)) hall_.sales += n;
}

void Client::give_back() {
    const u32 session = rng_() % 32 == 0;
    const Seats wanted = {static_cast<Ordinal>(rng_() % kSeatCount)};
    Ordinal out;
    u32 n = 0;
    {
        std::shared_lock guard(hall_.directory);
        SessionBlock* b = hall_.find(session);
        PartitionSet set;
        set.add(seat_partition(hall_.w.arena, *b, wanted[0]));
        hall_.take(set);
        (void)free_sold({hall_.w.arena, &b_.log, hall_.now(), set, 7}, *b, wanted.data(), 1, &out,
                        &n);
        hall_.drop(set);
    }
    if (n == 0) return;
    if (rng_() % 4 == 0) return abort();
    (void)commit(session, wanted, -1);
}

void Client::read_map() {
    std::shared_lock guard(hall_.directory);
    SessionBlock* b = hall_.find(rng_() % 2);
    for (u32 a = 0; a < b->areas; a++) {
        PartitionSet set;
        set.add(hall_.w.arena.partition_of(b->area(a).home));
        hall_.take(set);
        for (u32 i = 0; i < b->area(a).seats; i++)
            (void)seat_state(*b, b->area(a).first_seat + i, hall_.now());
        hall_.drop(set);
    }
}

void Client::read_ring() {
    Change c;
    for (u32 i = 0; i < 200; i++) {
        const RingRead got = ring_read(hall_.w.arena, ring_at_, &c);
        if (got == RingRead::end) return;
        if (got == RingRead::resync) {
            ring_at_ = ring_last(hall_.w.arena);
            return;
        }
        EXPECT_EQ(c.seq, ring_at_++);
        EXPECT_TRUE(c.session == kSessions[0] || c.session == kSessions[1]);
        EXPECT_LT(c.ordinal, kSeatCount);
    }
}

void Client::sweep() {
    const u32 p = rng_() % kPartitionCount;
    PartitionSet one;
    one.add(p);
    hall_.take(one);
    const Sweep s = wheel_sweep(hall_.w.arena, p, hall_.now(), 4);
    hall_.drop(one);
    if (s.stuck == 0) return;
    hall_.take(s.need);
    (void)hold_expire(hall_.w.arena, s.stuck, hall_.now(), s.need);
    hall_.drop(s.need);
}

void Client::once() {
    const u32 dice = rng_() % 100;
    if (dice < 55) return buy();
    if (dice < 70) return give_back();
    if (dice < 75) return read_map();
    if (dice < 88) return read_ring();
    if (dice < 96) return sweep();
    hall_.reload();
}

}  // namespace

TEST(Threads, sell_every_seat_once_and_leave_a_sound_arena) {
    Hall hall;
    const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(2000);
    std::vector<std::thread> threads;
    for (u32 t = 1; t <= 4; t++)
        threads.emplace_back([&hall, until, t] {
            Client client(hall, t);
            while (std::chrono::steady_clock::now() < until)
                for (int i = 0; i < 50; i++)
                    client.once();
        });
    for (std::thread& t : threads)
        t.join();

    hall.w.now = hall.now() + 60 * kSecond;
    (void)hall.w.sweep();
    for (u32 session = 0; session < 2; session++) {
        hall.w.block = hall.find(session);
        EXPECT_EQ(hall.w.audit(), "");
        EXPECT_EQ(hall.w.block->pins.load(), 0u);
        for (Ordinal o = 0; o < kSeatCount; o++)
            EXPECT_EQ(hall.w.state(o),
                      hall.sold[session][o] == 1 ? SeatState::sold : SeatState::free);
    }
    for (u32 p = 0; p < kPartitionCount; p++)
        EXPECT_EQ(hall.w.arena.partition(p).live_holds, 0u);
    EXPECT_GT(hall.sales.load(), 100u);
    EXPECT_GT(hall.reloads.load(), 1u);
}

}  // namespace tix::test
