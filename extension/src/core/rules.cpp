// Judging a call by the rules of its session.

#include "rules.hpp"

#include <cstring>

namespace tix::core {

namespace {

bool has_key(const Channel& c, Text key) {
    return c.key_size == key.size && std::memcmp(c.key, key.data, key.size) == 0;
}

}  // namespace

Reason sale_closed(const SessionBlock& b, const Caller& caller) {
    if (caller.above_rules) return Reason::none;
    if (rule(b, Rule::gate) != kGateOpen) return Reason::paused;
    if (caller.wall >= rule(b, Rule::sale_until)) return Reason::sale_ended;
    if (rule(b, Rule::queued) != 0 && !caller.admitted) return Reason::queued;
    if (caller.wall < rule(b, Rule::sale_from)) return Reason::not_on_sale;
    return Reason::none;
}

Admission admission(const SessionBlock& b, const SeatSlot& slot, const Caller& caller) {
    if (slot.channel == 0 || caller.above_rules) return Admission::general;
    const Channel& c = b.channel(slot.channel);
    if (caller.wall >= c.until) return Admission::general;
    for (u32 i = 0; i < caller.n_keys; i++)
        if (has_key(c, caller.keys[i]))
            return caller.wall < c.from ? Admission::barred : Admission::opened;
    return Admission::barred;
}

u8 channel_claim(SessionBlock& b, Text key, i64 from, i64 until) {
    u8 room = 0;
    for (u8 i = 1; i <= kChannelsPerSessionMax; i++) {
        Channel& c = b.channel(i);
        const bool used = c.seats.load(std::memory_order_relaxed) != 0;
        if (used && has_key(c, key) && c.from == from && c.until == until) return i;
        if (!used && room == 0) room = i;
    }
    if (room == 0) return 0;
    Channel& c = b.channel(room);
    c.key_size = static_cast<u8>(key.size);
    std::memcpy(c.key, key.data, key.size);
    c.from = from;
    c.until = until;
    return room;
}

}  // namespace tix::core
