// Checks what only the whole plan can show (ids, categories, areas), then lays the seats out.
#include "flatten.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "limits.hpp"
#include "row_order.hpp"
#include "text.hpp"

namespace tix::plan {
namespace {

// Words are matched where a word begins, so that "inaccessible" does not match.
constexpr auto kAccessibleWords = std::to_array<std::string_view>({
    "wheelchair",
    "accessible",
    "handicap",
    "disabled",  // English
    "rollstuhl",
    "rolli",
    "barrierefrei",
    "behindert",  // German
    "fauteuil roulant",
    "pmr",
    "silla de ruedas",
    "carrozzina",  // French, Spanish, Italian
    "rolstoel",
    "rullstol",  // Dutch, Swedish
    "инвалид",
    "Инвалид",
    "інвалід",
    "Інвалід",  // Russian, Ukrainian
    "візок",
    "Візок",  // Ukrainian
    "輪椅",
    "轮椅",
    "車椅子",
    "無障礙",  // Chinese, Japanese
});

// A list of complaints, cut at kErrorsListedMax unless all are wanted.
class Complaints {
public:
    void add(std::string line) {
        if (++count_ <= kErrorsListedMax) text_ += (text_.empty() ? "" : "\n") + std::move(line);
    }
    std::size_t count() const { return count_; }
    std::string text() const {
        if (count_ <= kErrorsListedMax) return text_;
        return text_ + "\nand " + std::to_string(count_ - kErrorsListedMax) + " more";
    }

private:
    std::size_t count_ = 0;
    std::string text_;
};

std::string plural(std::size_t count, const std::string& noun) {
    return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

bool has_seats(const Zone& zone) {
    return std::any_of(zone.rows.begin(), zone.rows.end(),
                       [](const Row& row) { return !row.seats.empty(); });
}

std::string area_id(const Zone& zone, std::size_t index) {
    if (!zone.id.empty()) return zone.id;
    return zone.name.empty() ? "zone-" + std::to_string(index + 1) : zone.name;
}

template <typename Visit>
void each_seat(const Plan& plan, Visit visit) {
    for (std::size_t z = 0; z < plan.zones.size(); ++z)
        for (std::size_t r = 0; r < plan.zones[z].rows.size(); ++r)
            for (std::size_t s = 0; s < plan.zones[z].rows[r].seats.size(); ++s)
                visit(plan.zones[z].rows[r].seats[s], [=] {
                    return "zones[" + std::to_string(z) + "].rows[" + std::to_string(r) +
                           "].seats[" + std::to_string(s) + "]";
                });
}

std::optional<Refusal> check_categories(const Plan& plan) {
    std::unordered_set<std::string_view> known;
    for (const Category& category : plan.categories)
        if (!known.insert(category.name).second)
            return Refusal{"category " + in_quotes(category.name) + " is declared twice", "",
                           "Give each category a name of its own; prices are set by it."};
    std::map<std::string_view, std::size_t> unknown;
    each_seat(plan, [&](const Seat& seat, auto) {
        if (!known.contains(seat.category)) ++unknown[seat.category];
    });
    if (unknown.empty()) return std::nullopt;
    Complaints complaints;
    for (const auto& [name, count] : unknown)
        complaints.add(in_quotes(name) + ": " + plural(count, "seat"));
    return Refusal{"seats are of " + std::to_string(unknown.size()) + " undeclared categories" +
                       " (the list follows)",
                   complaints.text(), "Declare them in the plan's \"categories\"."};
}

std::optional<Refusal> check_areas(const Plan& plan) {
    std::unordered_map<std::string, std::size_t> seen;
    Complaints complaints;
    for (std::size_t z = 0; z < plan.zones.size(); ++z) {
        if (!has_seats(plan.zones[z])) continue;
        const std::string id = area_id(plan.zones[z], z);
        const auto [first, fresh] = seen.emplace(id, z);
        if (!fresh)
            complaints.add(in_quotes(id) + ": zones[" + std::to_string(first->second) +
                           "] and zones[" + std::to_string(z) + "]");
    }
    if (complaints.count() == 0) return std::nullopt;
    return Refusal{"zones share an area id (the list follows)", complaints.text(),
                   "Give each zone a \"zone_id\" of its own; without one its name is used."};
}

std::optional<Refusal> check_ids(const Plan& plan, SeatIdFrom source) {
    const bool by_uuid = source == SeatIdFrom::uuid;
    const std::string key = by_uuid ? "uuid" : "seat_guid";
    std::map<std::string_view, std::size_t> uses;
    Complaints bad;
    each_seat(plan, [&](const Seat& seat, auto path) {
        const std::string& id = by_uuid ? seat.uuid : seat.guid;
        if (id.empty()) bad.add(path() + " has no " + key);
        if (id.size() > kSeatIdBytesMax)
            bad.add(path() + " has " + std::to_string(id.size()) + " bytes: " + in_quotes(id));
        ++uses[id];
    });
    if (bad.count() > 0)
        return Refusal{plural(bad.count(), "seat") + " with a missing or too long " + key +
                           " (the list follows)",
                       bad.text(), "An id has 1 to " + std::to_string(kSeatIdBytesMax) + " bytes."};
    std::size_t repeated = 0;
    std::size_t seats = 0;
    std::string all;
    for (const auto& [id, count] : uses) {
        if (count == 1) continue;
        ++repeated;
        seats += count;
        all += (all.empty() ? "" : "\n") + in_quotes(id) + ": " + std::to_string(count) + " seats";
    }
    if (repeated == 0) return std::nullopt;
    return Refusal{std::to_string(repeated) + " duplicate " + key + " in " + plural(seats, "seat") +
                       " (the full list follows)",
                   all,
                   by_uuid ? "Export the plan again so that every seat has a uuid of its own."
                           : "Correct the ids in the plan, or import with --by-uuid."};
}

std::string decoration_of(const Plan& plan) {
    std::string json = "{\"zones\": [";
    const char* comma = "";
    for (std::size_t z = 0; z < plan.zones.size(); ++z) {
        const Zone& zone = plan.zones[z];
        if (zone.areas_json.empty() || zone.areas_json == "[]") continue;
        json += comma + std::string("{\"area_id\": ") + json_string(area_id(zone, z)) +
                ", \"x\": " + std::to_string(zone.at.x) + ", \"y\": " + std::to_string(zone.at.y) +
                ", \"areas\": " + zone.areas_json + "}";
        comma = ", ";
    }
    json += "], \"categories\": [";
    comma = "";
    for (const Category& category : plan.categories) {
        json += comma + std::string("{\"name\": ") + json_string(category.name);
        if (!category.color.empty()) json += ", \"color\": " + json_string(category.color);
        json += "}";
        comma = ", ";
    }
    return json + "]}";
}

class Layouter {
public:
    Layouter(const Plan& plan, SeatIdFrom source, Layout& layout)
        : by_uuid_(source == SeatIdFrom::uuid), layout_(layout) {
        for (const Category& category : plan.categories)
            if (category.vendor_accessible || names_accessible_seats(category.name))
                accessible_.insert(category.name);
    }

    std::optional<Refusal> add_zone(const Zone& zone, const std::string& id) {
        std::unordered_map<std::string_view, int> last;  // position by row number
        for (const Row& row : zone.rows) {
            if (row.seats.empty()) continue;
            const auto [previous, fresh] = last.emplace(row.number, 0);
            const int before = fresh ? 0 : previous->second + 1;
            previous->second = add_row(zone, id, row, before);
            if (previous->second > kPositionMax)
                return Refusal{"row " + in_quotes(row.number) + " of area " + in_quotes(id) +
                                   " needs more than " + std::to_string(kPositionMax) +
                                   " positions",
                               "", "Split the row, or give its parts different row numbers."};
        }
        ++layout_.zones;
        return std::nullopt;
    }

private:
    // Returns the last position used; positions of the row start at before + 1.
    int add_row(const Zone& zone, const std::string& id, const Row& row, int before) {
        std::vector<Point> points;
        for (const Seat& seat : row.seats)
            points.push_back({zone.at.x + row.at.x + seat.at.x, zone.at.y + row.at.y + seat.at.y});
        const RowOrder order = order_row(points);
        for (std::size_t i = 0; i < order.seats.size(); ++i) {
            const Seat& seat = row.seats[order.seats[i]];
            const Point& at = points[order.seats[i]];
            layout_.seats.push_back(
                {by_uuid_ ? seat.uuid : seat.guid, id, zone.name.empty() ? id : zone.name,
                 row.number, seat.number, before + order.positions[i], at.x, at.y, seat.category,
                 seat.vendor_accessible || accessible_.contains(seat.category)});
        }
        ++layout_.rows;
        return before + order.positions.back();
    }

    bool by_uuid_;
    Layout& layout_;
    std::unordered_set<std::string_view> accessible_;
};

}  // namespace

bool names_accessible_seats(std::string_view category) {
    std::string lower(category);
    for (char& c : lower)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    const auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
    for (const std::string_view word : kAccessibleWords)
        for (std::size_t at = lower.find(word); at != std::string::npos;
             at = lower.find(word, at + 1))
            if (at == 0 || !is_letter(lower[at - 1])) return true;
    return false;
}

std::optional<Refusal> flatten(const Plan& plan, SeatIdFrom source, Layout& layout) {
    if (!std::any_of(plan.zones.begin(), plan.zones.end(), has_seats))
        return Refusal{"plan has no seats", "",
                       "Add rows with seats to its zones; drawn areas are decoration."};
    if (auto refusal = check_categories(plan)) return refusal;
    if (auto refusal = check_areas(plan)) return refusal;
    if (auto refusal = check_ids(plan, source)) return refusal;

    layout = Layout{plan.name, plan.width, plan.height, 0, 0, {}, decoration_of(plan)};
    Layouter layouter(plan, source, layout);
    for (std::size_t z = 0; z < plan.zones.size(); ++z) {
        if (!has_seats(plan.zones[z])) continue;
        if (auto refusal = layouter.add_zone(plan.zones[z], area_id(plan.zones[z], z)))
            return refusal;
    }
    return std::nullopt;
}

}  // namespace tix::plan
