// The ring's reader over slots that hold anything: what it gives out has the number asked for, and
// whatever stands there, a change, an end or a resync is the answer.
#include "dice.hpp"
#include "fixture.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace tix::test;
    using tix::fuzz::require;
    static Memory memory(1 << 20);
    tix::fuzz::Dice dice(data, size);
    require(Arena::format(memory.at.get(), {memory.bytes, 1, 2, 16}), "the arena is formatted");
    const Arena arena(memory.at.get());
    ArenaHeader& h = arena.header();
    for (int writes = dice.byte() % 40; writes > 0; writes--)
        ring_publish(arena, {1, 2}, 7, 3, dice.number<u32>(), SeatState::held);
    for (int damages = dice.byte() % 8; damages > 0; damages--) {
        RingSlot& slot = arena.ring()[dice.byte() % h.ring_slots];
        slot.seq = dice.byte() < 200 ? u64{dice.byte()} : dice.number<u64>();
        slot.ordinal_state = dice.number<u64>();
    }
    if (dice.byte() % 2 == 1) h.ring_lost = dice.number<u64>();
    if (dice.byte() % 2 == 1) h.ring_next = dice.number<u64>();
    while (!dice.over()) {
        const u64 seq = dice.byte() < 200 ? u64{dice.byte()} : dice.number<u64>();
        Change change = {};
        const RingRead read = ring_read(arena, seq, &change);
        require(read == RingRead::change || read == RingRead::end || read == RingRead::resync,
                "the answer is one of three");
        if (read != RingRead::change) continue;
        require(change.seq == seq, "a change has the number that was asked for");
        require(seq > h.ring_lost && seq <= ring_last(arena), "it was published and not lost");
    }
    return 0;
}
