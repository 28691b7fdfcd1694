// What commit keeps and abort undoes: releases, savepoints, lost tokens, tickets.

#include "fixture.hpp"

namespace tix::test {

TEST(Release, waits_for_commit) {
    World w;
    const u64 token = w.lock(w.a, {0, 11, 22}, kAnn).lock_id;
    EXPECT_EQ(w.commit(w.a), 0u);
    EXPECT_EQ(w.release(w.a, token, kAnn, {0, 0, 22}).status, Status::ok);
    EXPECT_EQ(w.out, (Seats{0, 22}));
    EXPECT_EQ(w.state(0), SeatState::held);
    EXPECT_EQ(w.lock(w.b, {0}, kBob).reason, Reason::held);
    EXPECT_EQ(w.commit(w.a), 0u);
    EXPECT_EQ(w.state(0), SeatState::free);
    EXPECT_EQ(w.state(11), SeatState::held);
    EXPECT_EQ(w.extend(w.a, token, kAnn, 90 * kSecond).status, Status::ok)
        << "the hold lives on though its first seat left";
    EXPECT_EQ(w.audit(), "");
}

TEST(Release, taken_back_and_made_again_frees_the_seat_once) {
    World w;
    const u64 token = w.lock(w.a, {0, 1}, kAnn).lock_id;
    EXPECT_EQ(w.commit(w.a), 0u);
    (void)w.release(w.a, token, kAnn, {1});
    EXPECT_EQ(w.lock(w.a, {1}, kAnn).lock_id, token);
    (void)w.release(w.a, token, kAnn, {1});
    EXPECT_EQ(w.commit(w.a), 0u);
    EXPECT_EQ(w.states().substr(0, 2), "hf");
    EXPECT_EQ(hold_find(w.arena, token)->seats, 1u);
    EXPECT_EQ(w.audit(), "");
}

TEST(FreeSold, taken_back_and_made_again_frees_the_seat_once) {
    World w;
    (void)w.sell(w.a, {0}, kAnn);
    EXPECT_EQ(w.free_sold(w.a, {0}), 1u);
    EXPECT_EQ(w.insert_ticket(w.a, 0, kAnn).status, Status::ok);
    EXPECT_EQ(w.free_sold(w.a, {0}), 1u);
    EXPECT_EQ(w.commit(w.a), 0u);
    EXPECT_EQ(w.state(0), SeatState::free);
    EXPECT_EQ(owner_seats(*w.block, kAnn, w.now), 0u);
    EXPECT_EQ(w.arena.partition(seat_partition(w.arena, *w.block, 0))
                  .counts[static_cast<u32>(Count::freed_seats)],
              1u);
    EXPECT_EQ(w.lock(w.b, {0}, kBob).status, Status::ok);
    EXPECT_EQ(w.audit(), "");
}

TEST(Release, is_undone_by_abort) {
    World w;
    const u64 token = w.lock(w.a, {0, 11}, kAnn).lock_id;
    EXPECT_EQ(w.commit(w.a), 0u);
    (void)w.release(w.a, token, kAnn);
    w.abort(w.a);
    EXPECT_EQ(w.release(w.a, token, kAnn).status, Status::ok);
    EXPECT_EQ(w.out.size(), 2u) << "nothing was pending any more";
    w.abort(w.a);
    EXPECT_EQ(w.commit(w.a), 0u);
    EXPECT_EQ(w.state(0), SeatState::held);
}

TEST(Release, undone_for_ever_uses_up_no_versions) {
    World w;
    const u64 token = w.lock(w.a, {0, 11}, kAnn).lock_id;
    EXPECT_EQ(w.commit(w.a), 0u);
    for (int i = 0; i < 70000; i++) {
        (void)w.release(w.a, token, kAnn, {0});
        w.abort(w.a);
    }
    EXPECT_EQ(w.extend(w.a, token, kAnn, 90 * kSecond).version, 1u);
    w.abort(w.a);
    EXPECT_EQ(w.release(w.a, token, kAnn, {0}).version, 1u);
    EXPECT_EQ(w.extend(w.a, token, kAnn, 90 * kSecond).version, 3u)
        << "what stays has a row of its own";
    w.abort(w.a);
}

TEST(Release, is_cancelled_by_a_relock_of_the_same_transaction) {
    World w;
    const u64 token = w.lock(w.a, {0, 1}, kAnn).lock_id;
    EXPECT_EQ(w.commit(w.a), 0u);
    (void)w.release(w.a, token, kAnn);
    const HoldAnswer h = w.lock(w.a, {1}, kAnn);
    EXPECT_EQ(h.lock_id, token);
    EXPECT_EQ(h.journal, Journal::add);
    EXPECT_EQ(w.commit(w.a), 0u);
    EXPECT_EQ(w.state(0), SeatState::free);
    EXPECT_EQ(w.state(1), SeatState::held);
}

TEST(Savepoint, rollback_undoes_exactly_what_it_contained) {
    World w;
    const u64 token = w.lock(w.a, {0}, kAnn).lock_id;
    w.begin_sub(w.a);
    (void)w.lock(w.a, {1}, kAnn, kSecond, token);
    w.begin_sub(w.a);
    (void)w.lock(w.a, {2}, kAnn);
    (void)w.release(w.a, token, kAnn, {0});
    w.begin_sub(w.a);
    (void)w.extend(w.a, token, kAnn, 500 * kSecond);
    w.commit_sub(w.a);  // the third becomes part of the second
    EXPECT_EQ(w.states().substr(0, 3), "hhh");
    w.abort_sub(w.a);
    EXPECT_EQ(w.states().substr(0, 3), "hhf");
    EXPECT_EQ(lock_get(w.access(w.a, w.all()), token, kAnn).deadline, w.now + 60 * kSecond);
    w.commit_sub(w.a);
    EXPECT_EQ(w.commit(w.a), 0u);
    EXPECT_EQ(w.states().substr(0, 3), "hhf");
    EXPECT_EQ(w.audit(), "");
    EXPECT_EQ(w.block->pins.load(), 0u);
}

TEST(Savepoint, rollback_of_the_outer_one_undoes_the_released_inner_one) {
    World w;
    w.begin_sub(w.a);
    w.begin_sub(w.a);
    (void)w.lock(w.a, {0}, kAnn);
    w.commit_sub(w.a);
    w.abort_sub(w.a);
    EXPECT_EQ(w.state(0), SeatState::free);
    EXPECT_EQ(w.a.log.size, 0u);
}

TEST(Commit, names_the_token_that_was_lost) {
    World w;
    const u64 kept = w.lock(w.a, {0}, kAnn, 100 * kSecond).lock_id;
    const u64 lost = w.lock(w.a, {1}, kAnn, 10 * kSecond).lock_id;
    w.now += 10 * kSecond;
    EXPECT_EQ(xact_check_and_pin(w.arena, w.a.log, w.now), lost);
    EXPECT_EQ(hold_find(w.arena, kept)->flags & kPinned, 0) << "a refused commit pins nothing";
    w.abort(w.a);
    EXPECT_EQ(w.states().substr(0, 2), "ff");
}

TEST(Commit, is_refused_when_a_stranger_took_the_overdue_seat) {
    World w;
    const u64 lost = w.lock(w.a, {0, 11}, kAnn, 10 * kSecond).lock_id;
    w.now += 10 * kSecond;
    const u64 token = w.lock(w.b, {11}, kBob).lock_id;
    EXPECT_GT(token, lost);
    EXPECT_EQ(w.commit(w.a), lost);
    EXPECT_EQ(w.commit(w.b), 0u);
    EXPECT_EQ(w.state(0), SeatState::free);
    EXPECT_EQ(w.state(11), SeatState::held);
    EXPECT_EQ(w.audit(), "");
}

TEST(Commit, relies_on_a_relocked_token_though_nothing_changed) {
    World w;
    const u64 token = w.lock(w.a, {0}, kAnn, 10 * kSecond).lock_id;
    EXPECT_EQ(w.commit(w.a), 0u);
    (void)w.lock(w.a, {0}, kAnn);
    w.now += 10 * kSecond;
    EXPECT_EQ(w.commit(w.a), token);
}

TEST(Commit, of_a_release_alone_does_not_mind_the_deadline) {
    World w;
    const u64 token = w.lock(w.a, {0, 1}, kAnn, 10 * kSecond).lock_id;
    EXPECT_EQ(w.commit(w.a), 0u);
    (void)w.release(w.a, token, kAnn, {0});
    w.now += 10 * kSecond;
    EXPECT_EQ(w.commit(w.a), 0u);
    EXPECT_EQ(w.states().substr(0, 2), "ff");
    EXPECT_EQ(hold_find(w.arena, token), nullptr) << "what is due is freed at the end";
}

TEST(Confirm, sells_at_commit_and_goes_back_at_abort) {
    World w;
    const u64 token = w.lock(w.a, {0, 11}, kAnn).lock_id;
    EXPECT_EQ(w.commit(w.a), 0u);
    EXPECT_EQ(w.confirm(w.a, token, kAnn).status, Status::ok);
    EXPECT_EQ(w.confirm(w.a, token, kAnn).lock_id, token) << "twice is once";
    EXPECT_EQ(w.state(0), SeatState::confirming);
    w.abort(w.a);
    EXPECT_EQ(w.state(11), SeatState::held);
    (void)w.confirm(w.a, token, kAnn);
    EXPECT_EQ(w.commit(w.a), 0u);
    EXPECT_EQ(w.state(0), SeatState::sold);
    EXPECT_EQ(hold_find(w.arena, token), nullptr);
    EXPECT_EQ(w.confirm(w.a, token, kAnn).status, Status::lost);
}

TEST(Confirm, does_not_sell_what_the_transaction_released) {
    World w;
    const u64 token = w.lock(w.a, {0, 1, 11}, kAnn).lock_id;
    (void)w.release(w.a, token, kAnn, {0});
    (void)w.confirm(w.a, token, kAnn);
    EXPECT_EQ(w.commit(w.a), 0u);
    EXPECT_EQ(w.states().substr(0, 2), "fs");
    EXPECT_EQ(w.state(11), SeatState::sold);
    EXPECT_EQ(w.audit(), "");
}

TEST(Ticket, for_a_free_seat_sells_it_under_a_token_of_its_own) {
    World w;
    const HoldAnswer h = w.insert_ticket(w.a, 0, kAnn);
    EXPECT_EQ(h.status, Status::ok);
    EXPECT_NE(h.lock_id, 0u);
    EXPECT_EQ(h.journal, Journal::grant);
    w.now += 999 * kSecond;
    EXPECT_EQ(w.sweep(), 0u);
    EXPECT_EQ(w.commit(w.a), 0u);
    EXPECT_EQ(w.state(0), SeatState::sold);
}

TEST(Ticket, for_a_seat_confirming_elsewhere_or_held_or_sold_is_refused) {
    World w;
    const u64 token = w.lock(w.a, {0}, kAnn).lock_id;
    EXPECT_EQ(w.insert_ticket(w.a, 0, kAnn).reason, Reason::held) << "not even one's own";
    (void)w.confirm(w.a, token, kAnn);
    EXPECT_EQ(w.insert_ticket(w.a, 0, kAnn).status, Status::ok);
    EXPECT_EQ(w.insert_ticket(w.b, 0, kBob).reason, Reason::held);
    EXPECT_EQ(w.remove_ticket(w.b, 0), Status::busy);
    EXPECT_EQ(w.commit(w.a), 0u);
    EXPECT_EQ(w.insert_ticket(w.b, 0, kBob).reason, Reason::sold);
}

TEST(Ticket, removed_and_inserted_again_in_one_transaction_stays_sold) {
    World w;
    w.sell(w.a, {0}, kAnn);
    EXPECT_EQ(w.remove_ticket(w.a, 0), Status::ok);
    EXPECT_EQ(w.state(0), SeatState::sold);
    EXPECT_EQ(w.insert_ticket(w.a, 0, kBob).status, Status::ok);
    EXPECT_EQ(w.remove_ticket(w.a, 0), Status::ok);
    EXPECT_EQ(w.insert_ticket(w.a, 0, kAnn).status, Status::ok);
    EXPECT_EQ(w.commit(w.a), 0u);
    EXPECT_EQ(w.state(0), SeatState::sold);
    EXPECT_EQ(w.remove_ticket(w.a, 0), Status::ok);
    EXPECT_EQ(w.commit(w.a), 0u);
    EXPECT_EQ(w.state(0), SeatState::free);
}

TEST(Ticket, removed_before_its_sale_commits_frees_the_seat) {
    World w;
    EXPECT_EQ(w.insert_ticket(w.a, 0, kAnn).status, Status::ok);
    EXPECT_EQ(w.remove_ticket(w.a, 0), Status::ok);
    EXPECT_EQ(w.commit(w.a), 0u);
    EXPECT_EQ(w.state(0), SeatState::free);
    EXPECT_EQ(w.audit(), "");
}

TEST(Ticket, cannot_use_a_free_that_another_transaction_has_not_committed) {
    World w;
    w.sell(w.a, {0}, kAnn);
    EXPECT_EQ(w.free_sold(w.a, {0}), 1u);
    EXPECT_EQ(w.insert_ticket(w.b, 0, kBob).reason, Reason::sold);
    EXPECT_EQ(w.commit(w.a), 0u);
    w.abort(w.b);
    EXPECT_EQ(w.state(0), SeatState::free);
    EXPECT_EQ(w.block->slot(0).flags, 0);
}

TEST(Ticket, replaced_by_one_transaction_cannot_be_freed_by_another_meanwhile) {
    World w;
    w.sell(w.a, {0}, kAnn);
    EXPECT_EQ(w.remove_ticket(w.a, 0), Status::ok);
    EXPECT_EQ(w.remove_ticket(w.b, 0), Status::busy);
    EXPECT_EQ(w.insert_ticket(w.a, 0, kBob).status, Status::ok);
    EXPECT_EQ(w.remove_ticket(w.b, 0), Status::busy);
    EXPECT_EQ(w.free_sold(w.b, {0}), 0u);
    EXPECT_EQ(w.commit(w.b), 0u);
    EXPECT_EQ(w.commit(w.a), 0u);
    EXPECT_EQ(w.state(0), SeatState::sold);
    EXPECT_EQ(w.free_sold(w.b, {0}), 1u);
    EXPECT_EQ(w.commit(w.b), 0u);
    EXPECT_EQ(w.state(0), SeatState::free);
}

TEST(Ticket, removal_in_a_savepoint_is_undone_alone) {
    World w;
    w.sell(w.a, {0}, kAnn);
    EXPECT_EQ(w.remove_ticket(w.a, 0), Status::ok);
    EXPECT_EQ(w.insert_ticket(w.a, 0, kAnn).status, Status::ok);
    w.begin_sub(w.a);
    EXPECT_EQ(w.remove_ticket(w.a, 0), Status::ok);
    w.abort_sub(w.a);
    EXPECT_EQ(w.remove_ticket(w.b, 0), Status::busy) << "the outer change still stands";
    EXPECT_EQ(w.commit(w.a), 0u);
    EXPECT_EQ(w.state(0), SeatState::sold);
    EXPECT_EQ(w.remove_ticket(w.b, 0), Status::ok);
}

TEST(FreeSold, frees_sold_seats_at_commit_and_passes_over_the_rest) {
    World w;
    w.sell(w.a, {0, 11}, kAnn);
    (void)w.lock(w.b, {1}, kBob);
    EXPECT_EQ(w.free_sold(w.a, {0, 1, 2, 11}), 2u);
    EXPECT_EQ(w.out, (Seats{0, 11}));
    EXPECT_EQ(w.free_sold(w.c, {0}), 0u) << "once is enough";
    w.abort(w.a);
    EXPECT_EQ(w.state(0), SeatState::sold);
    EXPECT_EQ(w.free_sold(w.a, {0}), 1u);
    EXPECT_EQ(w.commit(w.a), 0u);
    EXPECT_EQ(w.state(0), SeatState::free);
    EXPECT_EQ(w.state(11), SeatState::sold);
}

TEST(Restore, gives_back_holds_and_passes_over_seats_that_are_not_free) {
    World w;
    Layout plan = Layout::grid(1, 1, 4);
    w.block = w.load(plan, {6, 6}, {true});
    Seats high = {0, 1, 2}, low = {2, 3}, none = {0, 1};
    const Access x = w.access(w.a, w.all());
    const u64 home = w.block->area(0).home;
    EXPECT_EQ(
        restore_hold(x, *w.block, {(9 << 7) | home, kAnn, w.now + 5, 0}, true, 4, high.data(), 3),
        2u);
    EXPECT_EQ(
        restore_hold(x, *w.block, {(8 << 7) | home, kBob, w.now + 5, 0}, false, 1, low.data(), 2),
        1u);
    EXPECT_EQ(
        restore_hold(x, *w.block, {(7 << 7) | home, kBob, w.now + 5, 0}, false, 1, none.data(), 2),
        0u);
    EXPECT_EQ(w.states(), "shhh");
    EXPECT_EQ(w.audit(), "");
    EXPECT_EQ(lock_get(x, (9 << 7) | home, kAnn).version, 4);
}

TEST(Audit, finds_planted_damage) {
    World w;
    (void)w.lock(w.a, {0, 1, 11}, kAnn);
    ASSERT_EQ(w.audit(), "");
    w.block->area(0).count[0]++;
    EXPECT_EQ(w.audit().substr(0, 4), "S12:");
    w.block->area(0).count[0]--;
    w.block->slot(5).head = 0;
    EXPECT_EQ(w.audit(), "S1: seat and hold disagree");
    w.block->slot(5).head = kNoSeat;
    w.block->slot(1).next = kNoSeat;
    EXPECT_EQ(w.audit(), "S1: hold does not list its seat once");
    w.block->slot(1).next = 0;
    EXPECT_EQ(w.audit(), "S1: hold lists too many seats");
    w.block->slot(1).next = 11;
    Hold& h = w.block->hold(0);
    h.lock_id += 1 << 7;
    EXPECT_EQ(w.audit(), "S1: hold not indexed");
    h.lock_id -= 1 << 7;
    EXPECT_EQ(w.audit(), "");
}

}  // namespace tix::test
