// The streaming reader: nlohmann's SAX events drive a stack of frames. Only this file knows
// nlohmann.
//
// Memory: the stack is at most kDepthMax deep, each frame knows at most kKeysPerObjectMax keys.
// Failure: an event that breaks a rule stores one Refusal and stops the parser; nothing throws.
#include "parse.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "limits.hpp"
#include "schema.hpp"
#include "text.hpp"

namespace tix::plan {
namespace {

using Json = nlohmann::json;

// Lets nlohmann's lexer pull bytes one by one, so that the offset of an event is known.
class ByteIterator {
public:
    using iterator_category = std::input_iterator_tag;
    using value_type = char;
    using difference_type = std::ptrdiff_t;
    using pointer = const char*;
    using reference = char;

    ByteIterator() = default;
    explicit ByteIterator(Source* source) : source_(source) {}
    char operator*() const { return source_->peek(); }
    ByteIterator& operator++() {
        source_->advance();
        return *this;
    }
    ByteIterator operator++(int) {
        source_->advance();
        return *this;
    }
    bool operator==(const ByteIterator& other) const { return ended() == other.ended(); }
    bool operator!=(const ByteIterator& other) const { return !(*this == other); }

private:
    bool ended() const { return source_ == nullptr || source_->at_end(); }
    Source* source_ = nullptr;
};

struct Frame {
    Kind kind;
    bool array;
    std::size_t count = 0;          // elements begun, or keys
    unsigned seen = 0;              // known keys
    std::vector<std::string> keys;  // of an object, in order; the last is the current one
};

bool is_control(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

class Reader {
public:
    Reader(Source& source, Plan& plan) : source_(source), plan_(plan) {
        frames_.push_back({Kind::document, true, 0, 0, {}});
    }

    std::optional<Refusal> refusal;

    bool refuse_nul() {
        return refuse("plan is not valid JSON: it contains a NUL byte",
                      "Copy or export the file again; a plan is UTF-8 text.");
    }

    // nlohmann's SAX interface; every function answers whether to go on.
    bool null() {
        return scalar(Type::anything, "null", "null", [] { return true; });
    }
    bool boolean(bool value) {
        return scalar(Type::flag, "a boolean", value ? "true" : "false",
                      [&] { return set_flag(value); });
    }
    bool number_integer(std::int64_t value) {
        return number(static_cast<double>(value), std::to_string(value));
    }
    bool number_unsigned(std::uint64_t value) {
        return number(static_cast<double>(value), std::to_string(value));
    }
    bool number_float(double value, const std::string& text) { return number(value, text); }
    bool string(std::string& value);
    bool binary(Json::binary_t&) { return false; }  // never in JSON text
    bool start_object(std::size_t) { return open(Type::object, false); }
    bool start_array(std::size_t) { return open(Type::array, true); }
    bool key(std::string& name);
    bool end_object();
    bool end_array();
    bool parse_error(std::size_t, const std::string& token, const Json::exception& error);

private:
    template <typename Set>
    bool scalar(Type type, std::string_view found, std::string_view json, Set set);
    bool number(double value, const std::string& text);
    bool open(Type type, bool array);
    const Field* expect(Type type, std::string_view found);
    bool add_part(Kind kind);
    template <typename Parts>
    bool add(Parts& parts, std::size_t total, std::size_t limit, const char* noun);
    bool set_string(std::string& value);
    bool set_number(double value);
    bool set_flag(bool value);
    bool keep(std::string_view json);
    bool keep_value(std::string_view json);
    bool refuse(std::string message, std::string hint);
    std::string where() const;
    std::string path() const;

    Frame& top() { return frames_.back(); }
    Zone& zone() { return plan_.zones.back(); }
    Row& row() { return zone().rows.back(); }
    Seat& seat() { return row().seats.back(); }
    std::string_view current_key() const {
        const Frame& frame = frames_.back();
        return frame.array || frame.keys.empty() ? std::string_view{} : frame.keys.back();
    }

    Source& source_;
    Plan& plan_;
    std::vector<Frame> frames_;
    Point* point_ = nullptr;  // of the open position
    std::size_t rows_ = 0;
    std::size_t seats_ = 0;
    std::size_t decoration_bytes_ = 0;
};

std::string Reader::where() const {
    return "byte " + std::to_string(source_.bytes()) + ", line " + std::to_string(source_.line());
}

// As a person would write it: zones[3].rows[0].seats[7].category
std::string Reader::path() const {
    std::string path;
    for (std::size_t i = 1; i < frames_.size(); ++i) {
        const Frame& frame = frames_[i];
        if (frame.array) {
            path += "[" + std::to_string(frame.count == 0 ? 0 : frame.count - 1) + "]";
        } else if (!frame.keys.empty()) {
            if (!path.empty()) path += ".";
            path += shown(frame.keys.back());
        }
    }
    return path.empty() ? "the plan" : path;
}

bool Reader::refuse(std::string message, std::string hint) {
    refusal = Refusal{std::move(message) + " at " + where(), "", std::move(hint)};
    return false;
}

bool Reader::keep(std::string_view json) {
    decoration_bytes_ += json.size();
    if (decoration_bytes_ > kDecorationBytesMax)
        return refuse("decoration of the plan is larger than " +
                          std::to_string(kDecorationBytesMax / 1024 / 1024) + " MiB",
                      "Remove drawings from the areas of the zones.");
    zone().areas_json += json;
    return true;
}

// Keeps a value, or the opening of one, with the comma and the key that go before it.
bool Reader::keep_value(std::string_view json) {
    std::string text;
    if (top().kind == Kind::decoration) {
        if (top().count > 1) text += ',';
        if (!top().array) text += Json(current_key()).dump() + ":";
    }
    return keep(text + std::string(json));
}

// Returns the field a value stands in, or null: with a refusal stored, or because it is a vendor's.
const Field* Reader::expect(Type type, std::string_view found) {
    Frame& frame = top();
    if (frame.array) ++frame.count;
    const Field* field = find_field(frame.kind, current_key());
    if (field == nullptr) return nullptr;
    const bool lenient = field->type == Type::anything || field->type == Type::flag;
    const bool absent = found == "null" && !field->required && !frame.array;
    if (field->type != type && !lenient && !absent) {
        refuse("wrong type for " + path() + ": expected " + std::string(type_name(field->type)) +
                   ", found " + std::string(found),
               "Export the plan again, or correct it as pretix's seating-plan schema says.");
        return nullptr;
    }
    frame.seen |= field_bit(*field);
    return field;
}

template <typename Set>
bool Reader::scalar(Type type, std::string_view found, std::string_view json, Set set) {
    const Field* field = expect(type, found);
    if (refusal) return false;
    const bool kept =
        field != nullptr ? field->opens == Kind::decoration : top().kind == Kind::decoration;
    if (kept) return keep_value(json);
    return field == nullptr || set();
}

bool Reader::number(double value, const std::string& text) {
    return scalar(Type::number, "a number", text, [&] { return set_number(value); });
}

bool Reader::string(std::string& value) {
    const bool kept =
        top().kind == Kind::decoration || (top().kind == Kind::zone && current_key() == "areas");
    if (kept && value.find('\0') != std::string::npos)
        return refuse("text of " + path() + " contains a NUL character",
                      "Remove \\u0000 from the text.");
    return scalar(Type::string, "a string", kept ? Json(value).dump() : std::string(),
                  [&] { return set_string(value); });
}

bool Reader::set_string(std::string& value) {
    const Kind kind = top().kind;
    const std::string_view name = current_key();
    if (find_field(kind, name)->type != Type::string) {
        if (kind == Kind::category && name == "color" && value.size() <= kStringBytesMax &&
            std::none_of(value.begin(), value.end(), is_control))
            plan_.categories.back().color = std::move(value);
        return true;
    }
    if (value.size() > kStringBytesMax)
        return refuse("text of " + path() + " has " + std::to_string(value.size()) +
                          " bytes, more than " + std::to_string(kStringBytesMax),
                      "Shorten the text; other letters than ASCII take 2 to 4 bytes each.");
    if (std::any_of(value.begin(), value.end(), is_control))
        return refuse("text of " + path() + " contains a control character",
                      "Remove tabs, line ends and other control characters.");
    if (kind == Kind::root) plan_.name = std::move(value);
    if (kind == Kind::category) plan_.categories.back().name = std::move(value);
    if (kind == Kind::zone) (name == "name" ? zone().name : zone().id) = std::move(value);
    if (kind == Kind::row) row().number = std::move(value);
    if (kind == Kind::seat) {
        if (name == "seat_guid") seat().guid = std::move(value);
        if (name == "seat_number") seat().number = std::move(value);
        if (name == "uuid") seat().uuid = std::move(value);
        if (name == "category") seat().category = std::move(value);
    }
    return true;
}

bool Reader::set_number(double value) {
    const Kind kind = top().kind;
    if (kind != Kind::point && kind != Kind::size) return set_flag(value == 1);
    if (!std::isfinite(value) || std::abs(value) > kCoordinateMax)
        return refuse("number of " + path() + " is out of range",
                      "Coordinates lie between -1000000 and 1000000.");
    if (kind == Kind::size && value < 0)
        return refuse(path() + " is negative", "Give the size of the plan in pixels.");
    if (kind == Kind::point) (current_key() == "x" ? point_->x : point_->y) = value;
    if (kind == Kind::size) (current_key() == "width" ? plan_.width : plan_.height) = value;
    return true;
}

bool Reader::set_flag(bool value) {
    if (find_field(top().kind, current_key())->type != Type::flag || !value) return true;
    if (top().kind == Kind::seat) seat().vendor_accessible = true;
    if (top().kind == Kind::category) plan_.categories.back().vendor_accessible = true;
    return true;
}

template <typename Parts>
bool Reader::add(Parts& parts, std::size_t total, std::size_t limit, const char* noun) {
    if (total >= limit)
        return refuse(
            "plan has more than " + std::to_string(limit) + " " + noun,
            "Split the venue into several plans, or sell standing places as a smaller capacity.");
    parts.emplace_back();
    return true;
}

// Makes the zone, row, seat or category that an object opens.
bool Reader::add_part(Kind kind) {
    if (kind == Kind::category)
        return add(plan_.categories, plan_.categories.size(), kCategoriesMax, "categories");
    if (kind == Kind::zone) return add(plan_.zones, plan_.zones.size(), kZonesMax, "zones");
    if (kind == Kind::row) return add(zone().rows, rows_++, kRowsMax, "rows");
    if (kind == Kind::seat) return add(row().seats, seats_++, kSeatsMax, "seats");
    return true;
}

bool Reader::open(Type type, bool array) {
    const Field* field = expect(type, type_name(type));
    if (refusal) return false;
    if (frames_.size() > kDepthMax)
        return refuse("plan is nested more than " + std::to_string(kDepthMax) + " levels deep",
                      "A seating plan needs 8 levels; check that the file is one.");
    Kind kind = top().kind == Kind::decoration ? Kind::decoration : Kind::skipped;
    if (field != nullptr) kind = field->opens;
    if (kind == Kind::point) {
        const Kind owner = top().kind;
        point_ = owner == Kind::zone ? &zone().at : owner == Kind::row ? &row().at : &seat().at;
    }
    if (kind == Kind::decoration && !keep_value(array ? "[" : "{")) return false;
    if (!add_part(kind)) return false;
    frames_.push_back({kind, array, 0, 0, {}});
    return true;
}

bool Reader::key(std::string& name) {
    Frame& frame = top();
    const bool repeated = std::find(frame.keys.begin(), frame.keys.end(), name) != frame.keys.end();
    const bool too_many = frame.keys.size() >= kKeysPerObjectMax;
    if (frame.kind == Kind::decoration && name.find('\0') != std::string::npos)
        return refuse("a key of " + path() + " contains a NUL character",
                      "Remove \\u0000 from the key.");
    frame.keys.push_back(std::move(name));
    ++frame.count;
    if (repeated)
        return refuse("key " + in_quotes(frame.keys.back()) + " is repeated: " + path(),
                      "Keep one of the two; a reader would silently drop the other.");
    if (too_many)
        return refuse(
            "an object has more than " + std::to_string(kKeysPerObjectMax) + " keys: " + path(),
            "Remove vendor data from the plan.");
    return true;
}

bool Reader::end_object() {
    const Field* missing = missing_field(top().kind, top().seen);
    if (missing != nullptr) {
        frames_.back().keys.emplace_back(missing->key);
        return refuse("required key is missing: " + path(),
                      "Export the plan again, or correct it as pretix's seating-plan schema says.");
    }
    if (top().kind == Kind::decoration && !keep("}")) return false;
    frames_.pop_back();
    return true;
}

bool Reader::end_array() {
    if (top().kind == Kind::decoration && !keep("]")) return false;
    frames_.pop_back();
    return true;
}

// Text of nlohmann's error without its number and position: "invalid literal; last read: 'N'".
std::string reason_of(std::string_view what) {
    for (const std::string_view before : {" - ", "] "}) {
        const std::size_t at = what.find(before);
        if (at != std::string_view::npos) return shown(what.substr(at + before.size()));
    }
    return shown(what);
}

bool Reader::parse_error(std::size_t, const std::string& token, const Json::exception& error) {
    if (refusal || source_.refusal()) return false;
    if (source_.saw_nul()) return refuse_nul();
    const std::string reason = reason_of(error.what());
    const bool inside = frames_.size() > 1;
    if (!inside && reason.starts_with("unexpected end of input"))
        return refuse("plan is empty", "Name a pretix seating plan in JSON.");
    if (inside && source_.at_end())
        return refuse("plan is truncated: the JSON text ends too early",
                      "Copy or export the file again.");
    const bool word = reason.starts_with("invalid literal") || reason.starts_with("invalid number");
    if (word && (token.ends_with('N') || token.ends_with('I')))
        return refuse("plan is not valid JSON: NaN and Infinity are not JSON numbers",
                      "Correct the coordinate in the plan.");
    return refuse("plan is not valid JSON: " + reason,
                  "Check the file with a JSON tool; a plan is UTF-8 JSON, plain or gzip.");
}

}  // namespace

std::optional<Refusal> parse(Source& source, Plan& plan) {
    if (source.refusal()) return source.refusal();
    Reader reader(source, plan);
    const bool whole = Json::sax_parse(ByteIterator(&source), ByteIterator(), &reader);
    if (source.refusal()) return source.refusal();
    if (whole && source.saw_nul())
        reader.refuse_nul();  // the lexer takes NUL for the end of the text
    if (reader.refusal) return reader.refusal;
    if (!whole) return Refusal{"plan is not valid JSON", "", "Check the file with a JSON tool."};
    return std::nullopt;
}

}  // namespace tix::plan
