// The test world: building layouts, driving backends, reading states and the ring.

#include "fixture.hpp"

#include <algorithm>

namespace tix::test {

u32 Layout::string(const std::string& text) {
    const u32 at = static_cast<u32>(strings_.size());
    strings_.append(text).push_back('\0');
    return at;
}

void Layout::area(const std::string& id) {
    AreaInfo a = {};
    a.id = string(id);
    a.id_size = static_cast<u32>(id.size());
    a.first_seat = static_cast<Ordinal>(seats_.size());
    a.first_row = static_cast<u32>(rows_.size());
    areas_.push_back(a);
}

void Layout::row(const std::string& label) {
    // Segments of one row share its label, as the loader has it.
    const bool again = areas_.back().rows > 0 && strings_.c_str() + rows_.back().label == label;
    const u32 at = again ? rows_.back().label : string(label);
    rows_.push_back({static_cast<Ordinal>(seats_.size()), 0, at});
    areas_.back().rows++;
}

void Layout::seat(const std::string& label, u16 position, const std::string& category,
                  bool accessible) {
    SeatLayout s = {};
    s.x = position;
    s.y = static_cast<float>(rows_.size());
    s.label = string(label);
    s.label_last = static_cast<u16>(label.size() - 1);
    const auto [number, fresh] = numbers_.try_emplace(position, 0);
    if (fresh) number->second = string(std::to_string(position));
    s.number = number->second;
    s.row = static_cast<u32>(rows_.size()) - 1;
    s.area = static_cast<u32>(areas_.size()) - 1;
    s.position = position;
    s.accessible = accessible;
    const auto known = std::find(names_.begin(), names_.end(), category);
    s.category = static_cast<u16>(known - names_.begin());
    if (known == names_.end()) {
        names_.push_back(category);
        categories_.push_back(string(category));
    }
    seats_.push_back(s);
    areas_.back().seats++;
    rows_.back().seats++;
}

void Layout::place(float x, float y) {
    seats_.back().x = x;
    seats_.back().y = y;
}

Layout Layout::grid(u32 areas, u32 rows, u32 seats) {
    Layout g;
    for (u32 a = 0; a < areas; a++) {
        const std::string id = "A" + std::to_string(a);
        g.area(id);
        for (u32 r = 0; r < rows; r++) {
            const std::string row = id + "-" + std::to_string(r);
            g.row(row);
            for (u32 s = 0; s < seats; s++)
                g.seat(row + "-" + std::to_string(s), static_cast<u16>(s + 1));
        }
    }
    return g;
}

LayoutInput Layout::input(const Uuid& session, const std::vector<bool>& sold) {
    sold_.reset(new bool[seats_.size() + 1]());
    for (u32 i = 0; i < sold.size(); i++)
        sold_[i] = sold[i];
    const auto n = [](const auto& v) { return static_cast<u32>(v.size()); };
    return {session,
            7,
            1,
            n(seats_),
            n(areas_),
            n(rows_),
            n(categories_),
            seats_.data(),
            sold_.get(),
            areas_.data(),
            rows_.data(),
            categories_.data(),
            strings_.data(),
            n(strings_)};
}

World::World(u32 areas, u32 rows, u32 seats, u32 partitions) : partitions(partitions) {
    format();
    layout = Layout::grid(areas, rows, seats);
    block = load(layout, {5, 5});
}

void World::format() {
    const ArenaConfig config{memory.bytes, partitions, 8, 4096};
    EXPECT_TRUE(Arena::format(memory.at.get(), config));
    arena = Arena(memory.at.get());
}

SessionBlock* World::load(Layout& plan, const Uuid& session, const std::vector<bool>& sold) {
    const LayoutInput in = plan.input(session, sold);
    const Ref at = arena.allocate(session_bytes(arena, in));
    DirEntry* e = directory_add(arena, 7, session);
    if (at == kNoRef || e == nullptr) return nullptr;
    SessionBlock* made = session_build(arena, at, in);
    made->ready.store(1);
    e->block = at;
    e->state = DirState::ready;
    return made;
}

PartitionSet World::all() const {
    PartitionSet set;
    for (u32 p = 0; p < arena.header().partitions; p++)
        set.add(p);
    return set;
}

HoldAnswer World::lock(Backend& who, const Seats& seats, const Uuid& owner, Micros ttl, u64 into) {
    PartitionSet set;
    for (const Ordinal o : seats)
        set.add(seat_partition(arena, *block, o));
    if (into != 0) set.add(arena.partition_of(Token::home(into)));
    set.add(owner_partition(arena, owner));
    why.assign(seats.size(), Reason::none);
    const LockCall call{block,      seats.data(), static_cast<u32>(seats.size()), owner, ttl,
                        generation, into};
    return run(who, set, [&](const Access& x) { return lock_seats(x, call, why.data()); });
}

namespace {

PartitionSet home_of(const Arena& arena, u64 token) {
    PartitionSet set;
    set.add(arena.partition_of(Token::home(token)));
    return set;
}

}  // namespace

HoldAnswer World::extend(Backend& who, u64 token, const Uuid& owner, Micros ttl, Micros lifetime) {
    return run(who, home_of(arena, token),
               [&](const Access& x) { return extend_lock(x, token, owner, ttl, lifetime); });
}

HoldAnswer World::hand_over(Backend& who, u64 token, const Uuid& owner, Micros ttl) {
    return run(who, home_of(arena, token),
               [&](const Access& x) { return core::hand_over(x, token, owner, ttl); });
}

HoldAnswer World::release(Backend& who, u64 token, const Uuid& owner, const Seats& seats) {
    out.assign(kSeatsPerLockMax, kNoSeat);
    u32 n = 0;
    const HoldAnswer h = run(who, home_of(arena, token), [&](const Access& x) {
        return release_seats(x, token, owner, seats.data(), static_cast<u32>(seats.size()),
                             out.data(), &n);
    });
    out.resize(n);
    return h;
}

HoldAnswer World::confirm(Backend& who, u64 token, const Uuid& owner) {
    return run(who, home_of(arena, token),
               [&](const Access& x) { return confirm_lock(x, token, owner); });
}

HoldAnswer World::insert_ticket(Backend& who, Ordinal seat, const Uuid& owner) {
    PartitionSet set;
    set.add(seat_partition(arena, *block, seat));
    return run(who, set,
               [&](const Access& x) { return ticket_insert(x, *block, seat, owner, generation); });
}

Status World::remove_ticket(Backend& who, Ordinal seat) {
    PartitionSet set;
    set.add(seat_partition(arena, *block, seat));
    return ticket_remove(access(who, set), *block, seat);
}

u32 World::free_sold(Backend& who, const Seats& seats) {
    out.assign(seats.size(), kNoSeat);
    u32 n = 0;
    const Status s = core::free_sold(access(who, all()), *block, seats.data(),
                                     static_cast<u32>(seats.size()), out.data(), &n);
    EXPECT_EQ(s, Status::ok);
    out.resize(n);
    return n;
}

HoldAnswer World::block_seats(Backend& who, const Seats& seats, Micros ttl) {
    PartitionSet set;
    u32 n = 0;
    for (const Ordinal o : seats)
        set.add(seat_partition(arena, *block, o));
    why.assign(seats.size(), Reason::none);
    out.assign(seats.size(), kNoSeat);
    const HoldAnswer h = run(who, set, [&](const Access& x) {
        return core::block_seats(x, *block, seats.data(), static_cast<u32>(seats.size()), now + ttl,
                                 generation, why.data(), out.data(), &n);
    });
    out.resize(n);
    return h;
}

HoldAnswer World::unblock(Backend& who, const Seats& seats) {
    PartitionSet set;
    u32 n = 0;
    for (const Ordinal o : seats)
        set.add(seat_partition(arena, *block, o));
    out.assign(seats.size(), kNoSeat);
    const HoldAnswer h = unblock_seats(access(who, set), *block, seats.data(),
                                       static_cast<u32>(seats.size()), out.data(), &n);
    out.resize(n);
    return h;
}

HoldAnswer World::force_release(Backend& who, Ordinal seat) {
    PartitionSet set;
    set.add(seat_partition(arena, *block, seat));
    return run(who, set, [&](const Access& x) { return core::force_release(x, *block, seat); });
}

u64 World::commit(Backend& who) {
    const u64 lost = xact_check_and_pin(arena, who.log, now);
    if (lost != 0)
        xact_abort(arena, who.log, now);
    else
        xact_commit(arena, who.log, now);
    return lost;
}

u64 World::sell(Backend& who, const Seats& seats, const Uuid& owner) {
    const u64 token = lock(who, seats, owner).lock_id;
    EXPECT_EQ(confirm(who, token, owner).status, Status::ok);
    EXPECT_EQ(commit(who), 0u);
    return token;
}

u32 World::sweep() {
    u32 freed = 0;
    for (u32 p = 0; p < arena.header().partitions; p++) {
        for (;;) {
            const Sweep s = wheel_sweep(arena, p, now, 16);
            freed += s.freed;
            if (s.stuck != 0) {
                EXPECT_TRUE(hold_expire(arena, s.stuck, now, s.need));
                freed++;
            } else if (!s.more) {
                break;
            }
        }
    }
    return freed;
}

const char* state_name(SeatState s) {
    constexpr const char* names[] = {"free", "held", "confirming", "sold", "blocked"};
    return names[static_cast<u32>(s)];
}

std::string World::states() {
    std::string s;
    for (Ordinal o = 0; o < block->seats; o++)
        s += state_name(state(o))[0];
    return s;
}

std::string World::audit() {
    for (u32 i = 0; i < block->areas; i++)
        if (const char* word = audit_area(access(a, all()), *block, i)) return word;
    return "";
}

std::string World::ring() {
    std::string s;
    Change c;
    while (ring_read(arena, ring_at, &c) == RingRead::change) {
        s += (s.empty() ? "" : " ") + std::to_string(c.ordinal) + state_name(c.state);
        ring_at++;
    }
    return s;
}

}  // namespace tix::test
