// The table of known keys: pretix's seating-plan schema, loosened where only drawing is concerned.
#include "schema.hpp"

#include <array>

namespace tix::plan {
namespace {

constexpr auto kFields = std::to_array<Field>({
    {Kind::document, "", Type::object, true, Kind::root},
    {Kind::root, "name", Type::string, true, Kind::skipped},
    {Kind::root, "zones", Type::array, true, Kind::zones},
    {Kind::root, "categories", Type::array, true, Kind::categories},
    {Kind::root, "size", Type::object, true, Kind::size},
    {Kind::zones, "", Type::object, false, Kind::zone},
    {Kind::zone, "name", Type::string, false, Kind::skipped},
    {Kind::zone, "zone_id", Type::string, false, Kind::skipped},
    {Kind::zone, "position", Type::object, true, Kind::point},
    {Kind::zone, "rows", Type::array, true, Kind::rows},
    {Kind::zone, "areas", Type::anything, false, Kind::decoration},
    {Kind::rows, "", Type::object, false, Kind::row},
    {Kind::row, "row_number", Type::string, true, Kind::skipped},
    {Kind::row, "position", Type::object, false, Kind::point},
    {Kind::row, "seats", Type::array, true, Kind::seats},
    {Kind::seats, "", Type::object, false, Kind::seat},
    {Kind::seat, "seat_guid", Type::string, true, Kind::skipped},
    {Kind::seat, "seat_number", Type::string, true, Kind::skipped},
    {Kind::seat, "uuid", Type::string, false, Kind::skipped},
    {Kind::seat, "category", Type::string, true, Kind::skipped},
    {Kind::seat, "position", Type::object, true, Kind::point},
    {Kind::seat, "accessible", Type::flag, false, Kind::skipped},
    {Kind::seat, "is_accessible", Type::flag, false, Kind::skipped},
    {Kind::seat, "wheelchair", Type::flag, false, Kind::skipped},
    {Kind::point, "x", Type::number, true, Kind::skipped},
    {Kind::point, "y", Type::number, true, Kind::skipped},
    {Kind::size, "width", Type::number, true, Kind::skipped},
    {Kind::size, "height", Type::number, true, Kind::skipped},
    {Kind::categories, "", Type::object, false, Kind::category},
    {Kind::category, "name", Type::string, true, Kind::skipped},
    {Kind::category, "color", Type::anything, false, Kind::skipped},
    {Kind::category, "accessible", Type::flag, false, Kind::skipped},
    {Kind::category, "is_accessible", Type::flag, false, Kind::skipped},
    {Kind::category, "wheelchair", Type::flag, false, Kind::skipped},
});

}  // namespace

const Field* find_field(Kind in, std::string_view key) {
    for (const Field& field : kFields)
        if (field.in == in && field.key == key) return &field;
    return nullptr;
}

unsigned field_bit(const Field& field) {
    unsigned bit = 1;
    for (const Field& other : kFields) {
        if (&other == &field) break;
        if (other.in == field.in) bit <<= 1;
    }
    return bit;
}

const Field* missing_field(Kind in, unsigned seen) {
    for (const Field& field : kFields)
        if (field.in == in && field.required && (seen & field_bit(field)) == 0) return &field;
    return nullptr;
}

std::string_view type_name(Type type) {
    switch (type) {
        case Type::string:
            return "a string";
        case Type::number:
            return "a number";
        case Type::object:
            return "an object";
        case Type::array:
            return "an array";
        case Type::flag:
            return "true or false";
        case Type::anything:
            return "a value";
    }
    return "a value";
}

}  // namespace tix::plan
