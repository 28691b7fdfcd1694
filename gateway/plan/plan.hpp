// The value of a seating plan: what a file says (Plan) and the seats it means (Layout).
#pragma once

#include <string>
#include <vector>

namespace tix::plan {

struct Point {
    double x = 0;
    double y = 0;
};

struct Seat {
    std::string guid;
    std::string uuid;  // empty when the plan has none
    std::string number;
    std::string category;
    Point at;                        // relative to its row
    bool vendor_accessible = false;  // a vendor's flag on the seat
};

struct Row {
    std::string number;
    Point at;  // relative to its zone
    std::vector<Seat> seats;
};

struct Zone {
    std::string id;    // zone_id; empty when the plan has none
    std::string name;  // empty when the plan has none
    Point at;
    std::string areas_json;  // decoration, as JSON text; empty when the plan has none
    std::vector<Row> rows;
};

struct Category {
    std::string name;
    std::string color;  // decoration; empty when absent or not a string
    bool vendor_accessible = false;
};

struct Plan {
    std::string name;
    double width = 0;
    double height = 0;
    std::vector<Category> categories;
    std::vector<Zone> zones;
};

// One seat as the engine sees it. Order in Layout::seats is the ordinal, from 0: areas are
// contiguous, rows are contiguous, seats of a row are in physical order.
struct FlatSeat {
    std::string seat_id;
    std::string area_id;
    std::string area_name;
    std::string row_label;
    std::string seat_number;
    int position = 0;  // neighbours differ by exactly 1
    double x = 0;
    double y = 0;
    std::string category;
    bool accessible = false;
};

struct Layout {
    std::string name;
    double width = 0;
    double height = 0;
    std::size_t zones = 0;  // with at least one seat
    std::size_t rows = 0;   // with at least one seat
    std::vector<FlatSeat> seats;
    std::string decoration;  // JSON object: areas of zones, categories with colours
};

// Why a plan was not taken. `message` is one line and stands alone; `detail` may have many lines.
struct Refusal {
    std::string message;
    std::string detail;
    std::string hint;
};

}  // namespace tix::plan
