// Whose a sold seat is: who held it, or whom its ticket names since.

#include "fixture.hpp"

namespace tix::test {

TEST(Owners, follow_the_ticket_to_another_one) {
    World w;
    const auto have = [&w](const Uuid& owner) { return owner_seats(*w.block, owner, w.now); };
    const auto hand = [&w](Backend& who, Ordinal seat, const Uuid& owner) {
        return ticket_owner(w.access(who, w.all()), *w.block, seat, owner);
    };
    w.sell(w.a, {0, 10}, kAnn);
    EXPECT_EQ(hand(w.a, 0, kBob), Status::ok);
    EXPECT_EQ(have(kBob), 0u);  // at commit
    w.abort(w.a);
    EXPECT_EQ(have(kAnn), 2u);
    w.begin_sub(w.a);
    EXPECT_EQ(hand(w.a, 0, kBob), Status::ok);
    w.abort_sub(w.a);
    EXPECT_EQ(hand(w.a, 0, kEve), Status::ok);
    EXPECT_EQ(hand(w.a, 0, kBob), Status::ok);
    EXPECT_EQ(w.commit(w.a), 0u);
    EXPECT_EQ(have(kAnn), 1u);
    EXPECT_EQ(have(kBob), 1u);
    EXPECT_EQ(have(kEve), 0u);
    // A ticket that is taken out and put back for somebody else.
    EXPECT_EQ(w.remove_ticket(w.a, 0), Status::ok);
    EXPECT_EQ(w.insert_ticket(w.a, 0, kEve).journal, Journal::sale);
    EXPECT_EQ(w.commit(w.a), 0u);
    EXPECT_EQ(have(kBob), 0u);
    EXPECT_EQ(have(kEve), 1u);
    // A ticket for somebody else than who held the seat; handed on before it is sold; withdrawn.
    const u64 token = w.lock(w.b, {1, 2, 3}, kAnn).lock_id;
    EXPECT_EQ(w.confirm(w.b, token, kAnn).status, Status::ok);
    EXPECT_EQ(w.insert_ticket(w.b, 1, kBob).journal, Journal::none);
    EXPECT_EQ(w.insert_ticket(w.b, 2, kAnn).status, Status::ok);
    EXPECT_EQ(hand(w.b, 2, kBob), Status::ok);
    EXPECT_EQ(w.remove_ticket(w.b, 3), Status::ok);
    EXPECT_EQ(w.insert_ticket(w.b, 3, kBob).journal, Journal::sale);
    EXPECT_EQ(w.commit(w.b), 0u);
    EXPECT_EQ(have(kAnn), 1u);
    EXPECT_EQ(have(kBob), 3u);
    EXPECT_EQ(hand(w.a, 20, kBob), Status::ok);  // nobody's: passed over
    EXPECT_EQ(w.a.log.size, 0u);
    EXPECT_EQ(w.audit(), "");
}

TEST(Owners, stay_who_they_are_if_another_transaction_was_faster) {
    World w;
    const auto hand = [&w](Backend& who, Ordinal seat, const Uuid& owner) {
        return ticket_owner(w.access(who, w.all()), *w.block, seat, owner);
    };
    w.sell(w.a, {0, 10}, kAnn);
    // Another transaction is freeing the seat.
    EXPECT_EQ(hand(w.a, 0, kBob), Status::ok);
    EXPECT_EQ(w.free_sold(w.b, {0}), 1u);
    EXPECT_EQ(w.commit(w.a), 0u);
    EXPECT_EQ(owner_seats(*w.block, kAnn, w.now), 2u);
    EXPECT_EQ(w.commit(w.b), 0u);
    // It was freed, or sold again to somebody whose partition is not locked.
    EXPECT_EQ(hand(w.a, 10, kBob), Status::ok);
    EXPECT_EQ(w.free_sold(w.b, {10}), 1u);
    EXPECT_EQ(w.commit(w.b), 0u);
    EXPECT_EQ(w.commit(w.a), 0u);
    EXPECT_EQ(owner_seats(*w.block, kBob, w.now), 0u);
    w.sell(w.a, {10}, kAnn);
    EXPECT_EQ(hand(w.a, 10, kAnn), Status::ok);
    EXPECT_EQ(w.free_sold(w.b, {10}), 1u);
    EXPECT_EQ(w.commit(w.b), 0u);
    w.sell(w.b, {10}, kEve);
    ASSERT_NE(owner_partition(w.arena, kEve), owner_partition(w.arena, kAnn));
    EXPECT_EQ(w.commit(w.a), 0u);
    EXPECT_EQ(owner_seats(*w.block, kEve, w.now), 1u);
    // No room.
    Backend full{8, 0};
    EXPECT_EQ(hand(full, 10, kBob), Status::log_full);
    EXPECT_EQ(w.audit(), "");
}

}  // namespace tix::test
