// What seldom happens: worn-out holds, several sessions and databases, full memory,
// damage that the audit must see.

#include "fixture.hpp"

namespace tix::test {

namespace {

constexpr u64 kWriting = u64{1} << 63;

Hold& hold_of(World& w, u64 token) {
    return *hold_find(w.arena, token);
}

}  // namespace

TEST(Lifetime, an_extension_that_would_change_nothing_any_more_is_refused) {
    World w;
    const u64 token = w.lock(w.a, {0}, kAnn, 60 * kSecond).lock_id;
    w.now += 50 * kSecond;
    const HoldAnswer last = w.extend(w.a, token, kAnn, 60 * kSecond, 100 * kSecond);
    EXPECT_EQ(last.deadline, w.now + 50 * kSecond);
    const HoldAnswer refused = w.extend(w.a, token, kAnn, 60 * kSecond, 100 * kSecond);
    EXPECT_EQ(refused.status, Status::refused);
    EXPECT_EQ(refused.reason, Reason::lifetime);
    EXPECT_EQ(refused.lock_id, token);
    EXPECT_EQ(refused.deadline, last.deadline) << "it stands until then";
    EXPECT_EQ(w.extend(w.a, token, kAnn, 10 * kSecond, 100 * kSecond).status, Status::ok)
        << "who asks for less than is left gets it";
}

TEST(Lifetime, a_hold_that_was_changed_too_often_can_only_be_released_or_sold) {
    World w;
    const u64 token = w.lock(w.a, {0, 1}, kAnn).lock_id;
    hold_of(w, token).version = kHoldVersionsMax;
    EXPECT_EQ(w.extend(w.a, token, kAnn, 90 * kSecond).reason, Reason::lifetime);
    EXPECT_EQ(w.hand_over(w.a, token, kAnn, 90 * kSecond).reason, Reason::lifetime);
    EXPECT_EQ(w.lock(w.a, {2}, kAnn, kSecond, token).reason, Reason::lifetime);
    EXPECT_EQ(w.release(w.a, token, kAnn, {1}).status, Status::ok);
    EXPECT_EQ(w.confirm(w.a, token, kAnn).status, Status::ok);
    EXPECT_EQ(w.commit(w.a), 0u);
    EXPECT_EQ(w.states().substr(0, 3), "sff");
}

TEST(Relock, of_a_seat_given_back_by_the_sale_of_the_rest_is_refused) {
    World w;
    const u64 token = w.lock(w.a, {0, 1}, kAnn).lock_id;
    (void)w.release(w.a, token, kAnn, {0});
    (void)w.confirm(w.a, token, kAnn);
    EXPECT_EQ(w.lock(w.a, {0}, kAnn).reason, Reason::held);
    EXPECT_EQ(w.commit(w.a), 0u);
    EXPECT_EQ(w.lock(w.a, {0}, kAnn).status, Status::ok);
}

TEST(Add, of_a_released_seat_and_a_free_one_keeps_both) {
    World w;
    const u64 token = w.lock(w.a, {0, 1}, kAnn).lock_id;
    EXPECT_EQ(w.commit(w.a), 0u);
    (void)w.release(w.a, token, kAnn, {1});
    const HoldAnswer h = w.lock(w.a, {1, 2}, kAnn, kSecond, token);
    EXPECT_EQ(h.journal, Journal::add);
    EXPECT_EQ(w.commit(w.a), 0u);
    EXPECT_EQ(w.states().substr(0, 4), "hhhf");
    Ordinal seats[kSeatsPerLockMax];
    EXPECT_EQ(lock_seat_list(w.access(w.a, w.all()), token, seats), 3u);
}

TEST(Add, to_a_hold_of_another_session_is_refused) {
    World w;
    const u64 token = w.lock(w.a, {0}, kAnn).lock_id;
    Layout plan = Layout::grid(1, 1, 3);
    w.block = w.load(plan, {6, 6});
    EXPECT_EQ(w.lock(w.a, {1}, kAnn, kSecond, token).status, Status::lost);
    EXPECT_EQ(w.state(1), SeatState::free);
}

TEST(SeatList, leaves_out_what_is_being_released_and_knows_no_dead_token) {
    World w;
    const u64 token = w.lock(w.a, {0, 1, 2}, kAnn).lock_id;
    (void)w.release(w.a, token, kAnn, {1});
    Ordinal seats[kSeatsPerLockMax];
    EXPECT_EQ(lock_seat_list(w.access(w.a, w.all()), token, seats), 2u);
    EXPECT_EQ(seats[1], 2u);
    w.abort(w.a);
    EXPECT_EQ(lock_seat_list(w.access(w.a, w.all()), token, seats), 0u);
    EXPECT_TRUE(hold_expire(w.arena, token, w.now, {})) << "there is nothing left to end";
}

TEST(Token, of_any_database_is_known_to_who_names_none) {
    World w;
    const u64 token = w.lock(w.a, {0}, kAnn).lock_id;
    Access access = w.access(w.a, w.all());
    access.database = 8;
    EXPECT_EQ(lock_get(access, token, kAnn).status, Status::lost);
    access.database = 0;
    EXPECT_EQ(lock_get(access, token, kAnn).status, Status::ok);
    EXPECT_EQ(lock_get(access, token, {kAnn.hi, kBob.lo}).status, Status::lost);
    EXPECT_EQ(lock_get(access, token, {kBob.hi, kAnn.lo}).status, Status::lost);
}

TEST(Ticket, put_back_into_a_sale_needs_the_locks_of_the_whole_hold) {
    World w;
    const Ordinal far = w.block->seats - 1;
    ASSERT_NE(seat_partition(w.arena, *w.block, 0), seat_partition(w.arena, *w.block, far));
    const u64 token = w.lock(w.a, {0, far}, kAnn).lock_id;
    (void)w.confirm(w.a, token, kAnn);
    EXPECT_EQ(w.remove_ticket(w.a, far), Status::ok);
    EXPECT_EQ(w.insert_ticket(w.a, far, kAnn).status, Status::ok);
    EXPECT_EQ(w.rounds, 2u);
    EXPECT_EQ(w.commit(w.a), 0u);
    EXPECT_EQ(w.state(far), SeatState::sold);
}

TEST(FreeSold, changes_nothing_when_the_log_is_full) {
    World w;
    (void)w.sell(w.a, {0, 1}, kAnn);
    Backend small(9, 1);
    const Ordinal seats[] = {0, 1};
    Ordinal out[2];
    u32 n = 7;
    EXPECT_EQ(free_sold(w.access(small, w.all()), *w.block, seats, 2, out, &n), Status::log_full);
    EXPECT_EQ(n, 0u);
    EXPECT_TRUE(session_idle(*w.block));
}

TEST(Restore, of_a_token_that_is_there_changes_nothing) {
    World w;
    const u64 token = w.lock(w.a, {0}, kAnn).lock_id;
    Ordinal seats[] = {1};
    const HoldSpec again{token, kBob, w.now + kSecond, 0};
    EXPECT_EQ(restore_hold(w.access(w.a, w.all()), *w.block, again, false, 2, seats, 1), 0u);
    EXPECT_EQ(w.state(1), SeatState::free);
}

TEST(Audit, sees_a_hold_whose_seats_and_entries_disagree) {
    World w;
    const u64 token = w.lock(w.a, {0, 1}, kAnn).lock_id;
    ASSERT_EQ(w.audit(), "");
    Hold& h = hold_of(w, token);
    h.seats = 3;
    EXPECT_EQ(w.audit(), "S1: hold does not list its seat once");
    h.seats = 2;
    w.block->slot(1).next = 1;
    EXPECT_EQ(w.audit(), "S1: hold lists too many seats");
    w.block->slot(1).next = kNoSeat;
    w.block->slot(0).next = kNoSeat;
    h.seats = 1;
    EXPECT_EQ(w.audit(), "S1: hold does not list its seat once");
    h.seats = 2;
    w.block->slot(0).next = 1;
    h.lock_id = 0;
    EXPECT_EQ(w.audit(), "S1: hold not indexed");
    h.lock_id = token + 128;
    EXPECT_EQ(w.audit(), "S1: hold not indexed");
}

TEST(Session, is_not_idle_while_a_seat_is_confirming) {
    World w;
    const u64 token = w.lock(w.a, {0}, kAnn).lock_id;
    (void)w.confirm(w.a, token, kAnn);
    w.block->pins = 0;  // as if the seat were confirming by nobody's transaction
    EXPECT_FALSE(session_idle(*w.block));
}

TEST(Session, of_the_same_name_in_another_database_is_another) {
    World w;
    DirEntry* mine = directory_find(w.arena, 7, {5, 5});
    DirEntry* theirs = directory_add(w.arena, 8, {5, 5});
    ASSERT_NE(theirs, nullptr);
    EXPECT_NE(mine, theirs);
    EXPECT_EQ(directory_find(w.arena, 8, {5, 5}), theirs);
    EXPECT_EQ(directory_find(w.arena, 8, {5, 6}), nullptr);
    for (u64 n = 0; n < 6; n++)
        EXPECT_NE(directory_add(w.arena, 7, {n, 9}), nullptr);
    for (u64 n = 0; n < 6; n++)
        EXPECT_EQ(directory_find(w.arena, 7, {n, 9})->session, (Uuid{n, 9}));
    EXPECT_EQ(directory_add(w.arena, 7, {6, 9}), nullptr) << "the directory is full";
    for (u64 n = 0; n < 100; n++) {
        EXPECT_EQ(directory_find(w.arena, 7, {5, 1000 + n}), nullptr);
        EXPECT_EQ(directory_find(w.arena, 9, {n, 9}), nullptr);
    }
}

TEST(Session, younger_than_the_oldest_idle_one_stays) {
    World w;
    Layout plan = Layout::grid(1, 1, 3);
    for (u64 n = 6; n < 10; n++)
        w.load(plan, {n, n})->last_used = static_cast<i64>(100 - n);
    w.block->last_used = 1000;
    EXPECT_EQ(directory_idle(w.arena)->session, (Uuid{9, 9}));
}

TEST(Session, the_focal_point_is_the_middle_however_the_seats_run) {
    World w;
    Layout plan;
    plan.area("A");
    plan.row("1");
    for (u16 i = 0; i < 4; i++)
        plan.seat("A-" + std::to_string(i), i);
    LayoutInput in = plan.input({8, 8});
    std::vector<SeatLayout> seats(in.seat, in.seat + in.seats);
    const float x[] = {10, 40, -20, 0}, y[] = {5, -5, 15, 0};
    for (u32 i = 0; i < in.seats; i++) {
        seats[i].x = x[i];
        seats[i].y = y[i];
    }
    in.seat = seats.data();
    SessionBlock* b = session_build(w.arena, w.arena.allocate(session_bytes(w.arena, in)), in);
    EXPECT_EQ(b->focal_x, 10);
    EXPECT_EQ(b->focal_y, 5);
}

TEST(Heap, a_block_is_found_again_when_no_memory_was_left_behind_it) {
    Memory memory(1 << 20);
    ASSERT_TRUE(Arena::format(memory.at.get(), {memory.bytes, 1, 2, 16}));
    const Arena arena(memory.at.get());
    const Ref first = arena.allocate(4096);
    Ref last = first;
    u32 blocks = 0;
    for (Ref more = first; more != kNoRef; more = arena.allocate(64), blocks++)
        last = more;
    EXPECT_GT(blocks, 2u);
    arena.release(first, 4096);
    arena.release(last, 64);  // behind the last free chunk, and nothing after it
    EXPECT_EQ(arena.allocate(4096), first);
    EXPECT_EQ(arena.allocate(64), last);
    EXPECT_EQ(arena.allocate(64), kNoRef);
}

TEST(Partitions, beyond_the_first_word_count_too) {
    World w(40, 1, 2, 128);
    PartitionSet low, high;
    low.add(3);
    high.add(3);
    high.add(100);
    EXPECT_FALSE(low.covers(high));
    EXPECT_TRUE(high.covers(low));
    PartitionSet other;
    other.add(4);
    EXPECT_FALSE(low.covers(other));
    Seats everywhere;
    for (Ordinal o = 0; o < 80; o += 2)
        everywhere.push_back(o);
    const u64 token = w.lock(w.a, everywhere, kAnn).lock_id;
    EXPECT_EQ(w.commit(w.a), 0u);
    EXPECT_EQ(w.release(w.a, token, kAnn).status, Status::ok);
    EXPECT_EQ(w.rounds, 2u) << "the token names one lock, the hold needs all";
    EXPECT_EQ(w.commit(w.a), 0u);
    EXPECT_EQ(w.states().find('h'), std::string::npos);
}

TEST(Abort, does_not_touch_a_block_that_came_in_the_place_of_its_own) {
    World w;
    (void)w.sell(w.a, {0}, kAnn);
    (void)w.lock(w.a, {1}, kAnn);
    EXPECT_EQ(w.free_sold(w.a, {0}), 1u);
    Backend saved = w.a;
    saved.log.entry = saved.room.data();
    w.block->generation++;
    xact_commit(w.arena, saved.log, w.now);
    EXPECT_EQ(w.states().substr(0, 2), "sh");
    w.abort(w.a);
    EXPECT_EQ(w.states().substr(0, 2), "sh");
}

TEST(Xact, tells_who_relies_on_holds_from_who_only_reads) {
    World w;
    const u64 token = w.lock(w.a, {0}, kAnn).lock_id;
    EXPECT_TRUE(xact_uses_holds(w.a.log));
    EXPECT_EQ(w.commit(w.a), 0u);
    xact_pin(w.arena, w.a.log, *w.block);
    EXPECT_FALSE(xact_uses_holds(w.a.log));
    EXPECT_EQ(w.lock(w.a, {0}, kAnn).lock_id, token);
    EXPECT_TRUE(xact_uses_holds(w.a.log)) << "a relock relies on the hold";
    Layout plan = Layout::grid(1, 1, 3);
    SessionBlock* other = w.load(plan, {6, 6});
    xact_pin(w.arena, w.a.log, *other);
    EXPECT_EQ(other->pins.load(), 1u);
    EXPECT_EQ(w.commit(w.a), 0u);
    EXPECT_EQ(other->pins.load(), 0u);
}

TEST(Ring, a_writer_behind_another_that_lapped_it_says_what_is_lost) {
    Memory memory(1 << 20);
    ASSERT_TRUE(Arena::format(memory.at.get(), {memory.bytes, 1, 2, 16}));
    const Arena arena(memory.at.get());
    arena.ring()[1].seq = 17;  // the writer of 17 was faster than that of 1
    ring_publish(arena, {1, 2}, 7, 3, 1, SeatState::held);
    EXPECT_EQ(arena.header().ring_lost.load(), 1u);
    EXPECT_EQ(arena.ring()[1].seq.load(), 17u);
    // A loss that is older than the last one known does not take it back.
    arena.header().ring_lost = 9;
    arena.ring()[2].seq = kWriting | 18;
    ring_publish(arena, {1, 2}, 7, 3, 2, SeatState::held);
    EXPECT_EQ(arena.header().ring_lost.load(), 9u);
    Change c;
    arena.header().ring_next = 40;
    EXPECT_EQ(ring_read(arena, 12, &c), RingRead::resync) << "its slot was never written";
    EXPECT_EQ(ring_read(arena, 39, &c), RingRead::end) << "its slot is being written";
}

}  // namespace tix::test
