// The chains of what an owner has.

#include "owners.hpp"

#include "hold.hpp"

namespace tix::core {

namespace {

Ordinal& chain_of(SessionBlock& b, const Uuid& owner) {
    return b.part<Ordinal>(b.owner_heads_at)[owner_hash(owner) & (b.owner_chains - 1)];
}

OwnerLink& link_of(SessionBlock& b, Ordinal entry) {
    return b.part<OwnerLink>(b.owner_links_at)[entry];
}

}  // namespace

void owner_link(SessionBlock& b, Ordinal entry) {
    Ordinal& head = chain_of(b, b.hold(entry).owner);
    touch(link_of(b, entry).next);
    link_of(b, entry) = {head, kNoSeat};
    if (head != kNoSeat) link_of(b, head).prev = entry;
    head = entry;
}

void owner_unlink(SessionBlock& b, Ordinal entry) {
    const OwnerLink link = link_of(b, entry);
    if (link.prev == kNoSeat)
        chain_of(b, b.hold(entry).owner) = link.next;
    else
        link_of(b, link.prev).next = link.next;
    if (link.next != kNoSeat) link_of(b, link.next).prev = link.prev;
}

bool owner_linked(SessionBlock& b, Ordinal entry) {
    const OwnerLink link = link_of(b, entry);
    const Ordinal at =
        link.prev == kNoSeat ? chain_of(b, b.hold(entry).owner) : link_of(b, link.prev).next;
    return at == entry && (link.next == kNoSeat || link_of(b, link.next).prev == entry);
}

u32 owner_seats(SessionBlock& b, const Uuid& owner, Micros now) {
    u32 seats = 0;
    for (Ordinal e = chain_of(b, owner); e != kNoSeat; e = link_of(b, e).next) {
        const Hold& h = b.hold(e);
        if (h.owner != owner) continue;
        const bool sold = h.lock_id == 0;
        if (sold)
            seats++;
        else if (!hold_overdue(h, now))
            seats += h.seats;
    }
    return seats;
}

}  // namespace tix::core
