// Writes a Layout into the schema: one transaction, all or nothing.
#pragma once

#include <optional>
#include <string>

#include "../plan/plan.hpp"

namespace tix::tools {

struct Imported {
    std::string seat_map_id;
    bool existing = false;  // the same plan was there before; nothing was written
};

// Connects as libpq's environment says (PGHOST, PGPORT, PGDATABASE, PGUSER, ...) and imports.
// On refusal nothing is changed in the database.
std::optional<plan::Refusal> import_layout(const plan::Layout& layout, const std::string& venue,
                                           const std::string& sha256, Imported& imported);

// One line of COPY's text format, with its line end: the columns of kSeatColumns after the map's
// id.
std::string copy_line(const plan::FlatSeat& seat, std::size_t ordinal);

inline constexpr char kSeatColumns[] =
    "ordinal, seat_id, area_id, area_name, row_label, seat_number, \"position\", x, y, category, "
    "accessible";

}  // namespace tix::tools
