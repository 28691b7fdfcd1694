// Which keys of a plan the reader knows, where they may stand, and of what type they are.
#pragma once

#include <cstdint>
#include <string_view>

namespace tix::plan {

// What an open array or object is.
enum class Kind : std::uint8_t {
    document,  // the imaginary parent of the root object
    root,
    zones,
    zone,
    rows,
    row,
    seats,
    seat,
    point,
    size,
    categories,
    category,
    decoration,  // kept as text
    skipped,     // a vendor's own; only its repeated keys and its depth are looked at
};

enum class Type : std::uint8_t { string, number, object, array, flag, anything };

struct Field {
    Kind in;
    std::string_view key;  // empty: an element of an array
    Type type;
    bool required;
    Kind opens;  // what its array or object is
};

// Returns the field of `key` inside `in`, or null for a key the reader does not know.
const Field* find_field(Kind in, std::string_view key);
// All fields, in a fixed order; a field's bit in a set is its index among those of its kind.
unsigned field_bit(const Field& field);
// Returns the first required field of `in` whose bit is missing in `seen`, or null.
const Field* missing_field(Kind in, unsigned seen);
std::string_view type_name(Type type);

}  // namespace tix::plan
