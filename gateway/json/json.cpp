// Builds a Json value from the parser's events, checking each before anything is kept.
#include "json.hpp"

#include <cstdint>
#include <utility>
#include <vector>

namespace tix::gateway {

namespace {

// nlohmann's SAX interface; an event that answers false stops the parser.
class Builder {
public:
    explicit Builder(const JsonLimits& limits) : limits_(limits) {}

    Json root;
    std::string error;

    bool null() { return add(nullptr) != nullptr; }
    bool boolean(bool value) { return add(value) != nullptr; }
    bool number_integer(std::int64_t value) { return add(value) != nullptr; }
    bool number_unsigned(std::uint64_t value) {
        if (value > static_cast<std::uint64_t>(INT64_MAX)) return refuse("an integer is too large");
        return add(static_cast<std::int64_t>(value)) != nullptr;
    }
    // The parser falls back to double for integers of any length: those are refused.
    bool number_float(double value, const std::string& literal) {
        if (literal.find_first_of(".eE") == std::string::npos)
            return refuse("an integer is too large");
        return add(value) != nullptr;
    }
    bool string(std::string& value) {
        if (value.find('\0') != std::string::npos) return refuse("a string holds a NUL character");
        return add(std::move(value)) != nullptr;
    }
    bool binary(Json::binary_t&) { return refuse("binary values are not JSON"); }

    bool start_object(std::size_t) { return open(Json::object()); }
    bool start_array(std::size_t) { return open(Json::array()); }
    bool end_object() { return close(); }
    bool end_array() { return close(); }

    bool key(std::string& name) {
        if (name.find('\0') != std::string::npos) return refuse("a key holds a NUL character");
        if (open_.back()->contains(name)) return refuse("a key is repeated in its object");
        key_ = std::move(name);
        return true;
    }

    bool parse_error(std::size_t position, const std::string&, const Json::exception& why) {
        static constexpr int kNumberOverflow = 406;
        error = why.id == kNumberOverflow ? "a number is out of range" : "not valid JSON";
        error += " at byte " + std::to_string(position);
        return false;
    }

private:
    bool refuse(std::string_view what) {
        error = std::string(what) + ", after value " + std::to_string(values_);
        return false;
    }

    // Puts a value where the document has it; null when there are too many.
    Json* add(Json value) {
        if (values_ == limits_.elements) {
            refuse("more than " + std::to_string(limits_.elements) + " values");
            return nullptr;
        }
        ++values_;
        if (open_.empty()) return &(root = std::move(value));
        if (open_.back()->is_object()) return &((*open_.back())[key_] = std::move(value));
        open_.back()->push_back(std::move(value));
        return &open_.back()->back();
    }

    bool open(Json value) {
        if (open_.size() == limits_.depth)
            return refuse("deeper than " + std::to_string(limits_.depth) + " levels");
        Json* added = add(std::move(value));
        if (added != nullptr) open_.push_back(added);
        return added != nullptr;
    }

    bool close() {
        open_.pop_back();
        return true;
    }

    const JsonLimits& limits_;
    std::vector<Json*> open_;  // stable: only the innermost container grows
    std::string key_;
    std::size_t values_ = 0;
};

}  // namespace

std::optional<Json> parse_json(std::string_view text, const JsonLimits& limits,
                               std::string& error) {
    // The parser takes a NUL for the end of its input and would not see what follows.
    if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos) {
        error = "not valid JSON at byte " + std::to_string(nul + 1);
        return std::nullopt;
    }
    Builder builder(limits);
    if (Json::sax_parse(text, &builder)) return std::move(builder.root);
    error = std::move(builder.error);
    return std::nullopt;
}

}  // namespace tix::gateway
