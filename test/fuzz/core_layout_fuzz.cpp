// Any layout that the loader lets pass (labels of 1 to 64 bytes, each once; areas and rows whole;
// coordinates of any kind) is built so that every seat, area and category is found by its name and
// by no other, the audit is content, and the best block is one.
#include <cstring>
#include <map>
#include <set>

#include "dice.hpp"
#include "fixture.hpp"

namespace {

using namespace tix::test;
using tix::fuzz::Dice;
using tix::fuzz::require;

constexpr std::size_t kSeatsMost = 200;

struct Drawn {
    Layout layout;
    std::map<std::string, Ordinal> labels;
    std::set<std::string> areas, categories;
    std::vector<float> x, y;
    std::vector<bool> sold;
};

float coordinate(Dice& dice) {
    const auto bits = dice.number<u32>();
    float value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

void draw_seat(Dice& dice, Drawn& drawn, int& position) {
    const std::string label = dice.text(kSeatIdBytesMax), category = dice.text(3);
    position += 1 + dice.byte() % 3;
    if (label.empty() || drawn.labels.count(label) != 0 || position > 65535) return;
    // Other texts than labels end with NUL.
    if (category.find('\0') != std::string::npos) return;
    drawn.labels[label] = static_cast<Ordinal>(drawn.labels.size());
    drawn.categories.insert(category);
    const std::uint8_t flags = dice.byte();
    drawn.layout.seat(label, static_cast<u16>(position), category, (flags & 1) != 0);
    drawn.sold.push_back((flags & 2) != 0);
    drawn.x.push_back(coordinate(dice));
    drawn.y.push_back(coordinate(dice));
}

Drawn draw(Dice& dice) {
    Drawn drawn;
    while (!dice.over() && drawn.labels.size() < kSeatsMost) {
        const std::string area = dice.text(8);
        if (area.find('\0') != std::string::npos || !drawn.areas.insert(area).second) continue;
        drawn.layout.area(area);
        for (int rows = 1 + dice.byte() % 4; rows > 0; rows--) {
            drawn.layout.row(std::to_string(rows));
            int position = 0;
            for (int seats = 1 + dice.byte() % 16; seats > 0; seats--)
                draw_seat(dice, drawn, position);
        }
    }
    return drawn;
}

void check_names(SessionBlock& block, const Drawn& drawn, Dice& dice) {
    for (const auto& [label, seat] : drawn.labels) {
        require(session_find(block, {label.data(), static_cast<u32>(label.size())}) == seat,
                "a seat is found by its label");
        const std::string longer = label + "x";
        const Ordinal other = session_find(block, {longer.data(), static_cast<u32>(longer.size())});
        const auto known = drawn.labels.find(longer);
        require(other == (known == drawn.labels.end() ? kNoSeat : known->second),
                "no seat is found by another's label");
    }
    const std::string any = dice.text(80);
    const auto known = drawn.labels.find(any);
    require(session_find(block, {any.data(), static_cast<u32>(any.size())}) ==
                (known == drawn.labels.end() ? kNoSeat : known->second),
            "any text is a label or is not");
    for (const std::string& area : drawn.areas)
        require(session_find_area(block, {area.data(), static_cast<u32>(area.size())}) >= 0,
                "an area is found by its id");
    for (const std::string& category : drawn.categories)
        require(
            session_find_category(block, {category.data(), static_cast<u32>(category.size())}) >= 0,
            "a category is found by its name");
}

void check_best(World& w, u32 area, u32 tier, u32 quantity, u64 random) {
    Seats seats(quantity);
    const BestCall call{w.block, quantity, 0, true, nullptr, random, seats.data()};
    const BestBlock best = best_in_area(call, area, tier);
    if (best.tier == 0) return;
    for (u32 i = 0; i < quantity; i++) {
        const SeatLayout& s = w.block->layout(seats[i]);
        require(s.area == area && s.accessible == 0, "the block is of the area");
        require(w.state(seats[i]) == SeatState::free, "the block is free");
        require(i == 0 || seats[i] > seats[i - 1], "each seat is there once");
        require(i == 0 || best.tier > 2 || s.position == w.block->layout(seats[i - 1]).position + 1,
                "the block's seats are neighbours");
    }
}

void check_order(SessionBlock& block, u64 random) {
    const std::vector<u64> all(kAreasPerSessionMax / 64, ~u64{0});
    AreaOrder order(block, all.data(), random);
    std::set<u16> seen;
    for (u32 i = 0; i < order.size(); i++)
        require(order[i] < block.areas && seen.insert(order[i]).second, "an area comes once");
    require(seen.size() == block.areas, "every area comes");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static World w(1, 1, 1);
    Dice dice(data, size);
    Drawn drawn = draw(dice);
    if (drawn.labels.empty()) return 0;
    w.format();
    LayoutInput in = drawn.layout.input({5, 5}, drawn.sold);
    std::vector<SeatLayout> seats(in.seat, in.seat + in.seats);
    for (std::size_t i = 0; i < seats.size(); i++) {
        seats[i].x = drawn.x[i];
        seats[i].y = drawn.y[i];
    }
    in.seat = seats.data();
    w.block = session_build(w.arena, w.arena.allocate(session_bytes(w.arena, in)), in);
    check_names(*w.block, drawn, dice);
    for (u32 area = 0; area < w.block->areas; area++)
        check_best(w, area, 1 + dice.byte() % 4, 1 + dice.byte() % 6, dice.byte());
    check_order(*w.block, dice.byte());
    require(w.audit().empty(), "the audit is content");
    return 0;
}
