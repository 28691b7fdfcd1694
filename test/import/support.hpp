// What the import tests share: reading a plan, making small plans, asking for neighbours.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <optional>
#include <string>

#include "plan/flatten.hpp"
#include "plan/limits.hpp"
#include "plan/parse.hpp"
#include "plan/source.hpp"

namespace tix::plan::test {

inline const std::string kPlans = TIX_PLANS;

struct Read {
    std::optional<Refusal> refusal;
    Plan plan;
    Layout layout;

    // The seat of that id; fails the test when there is none.
    const FlatSeat& seat(const std::string& id) const {
        for (const FlatSeat& seat : layout.seats)
            if (seat.seat_id == id) return seat;
        ADD_FAILURE() << "no seat " << id;
        static const FlatSeat kNone;
        return kNone;
    }
    bool neighbours(const std::string& a, const std::string& b) const {
        const FlatSeat& one = seat(a);
        const FlatSeat& two = seat(b);
        return one.area_id == two.area_id && one.row_label == two.row_label &&
               std::abs(one.position - two.position) == 1;
    }
    std::string message() const { return refusal ? refusal->message : "accepted"; }
};

inline Read read(Source source, SeatIdFrom ids = SeatIdFrom::guid) {
    Read result;
    result.refusal = parse(source, result.plan);
    if (!result.refusal) result.refusal = flatten(result.plan, ids, result.layout);
    return result;
}

inline Read read_file(const std::string& name, SeatIdFrom ids = SeatIdFrom::guid) {
    return read(Source(kPlans + "/" + name), ids);
}

inline Read read_text(const std::string& text, SeatIdFrom ids = SeatIdFrom::guid) {
    return read(Source::of_text(text), ids);
}

inline std::string seat_json(const std::string& guid, const std::string& x = "0",
                             const std::string& more = "") {
    return R"({"seat_guid": ")" + guid + R"(", "seat_number": "1", "category": "A", )" +
           R"("position": {"x": )" + x + R"(, "y": 0})" + more + "}";
}

inline std::string zone_json(const std::string& head, const std::string& seats) {
    return "{" + head + R"("position": {"x": 0, "y": 0}, "rows": [{"row_number": "1", "seats": [)" +
           seats + "]}]}";
}

inline std::string plan_json(const std::string& zones, const std::string& more = "",
                             const std::string& categories = R"({"name": "A"})") {
    return R"({"name": "Test hall", "size": {"width": 100, "height": 50.5}, "categories": [)" +
           categories + "], \"zones\": [" + zones + "]" + more + "}";
}

// A plan of one zone and one row.
inline std::string hall(const std::string& seats) {
    return plan_json(zone_json(R"("name": "Stalls", )", seats));
}

}  // namespace tix::plan::test
