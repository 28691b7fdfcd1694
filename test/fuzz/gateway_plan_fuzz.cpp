// Seating plans: one that passes gives a layout that the engine's loader would take.
#include <cmath>
#include <set>

#include "dice.hpp"
#include "plan/flatten.hpp"
#include "plan/limits.hpp"
#include "plan/parse.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace tix::plan;
    using tix::fuzz::require;
    Plan plan;
    Layout layout;
    Source source = Source::of_text(std::string(reinterpret_cast<const char*>(data), size));
    if (parse(source, plan)) return 0;
    if (flatten(plan, SeatIdFrom::guid, layout)) return 0;
    std::set<std::string> ids, areas;
    std::string area;
    for (const auto& seat : layout.seats) {
        require(!seat.seat_id.empty() && seat.seat_id.size() <= kSeatIdBytesMax, "an id fits");
        require(ids.insert(seat.seat_id).second, "a seat is listed once");
        if (area != seat.area_id || areas.empty())
            require(areas.insert(seat.area_id).second, "an area's seats stand together");
        area = seat.area_id;
        require(seat.position >= 0 && seat.position <= kPositionMax, "a position fits");
        require(std::isfinite(seat.x) && std::isfinite(seat.y), "a place is finite");
    }
    return 0;
}
