// JSON from strangers, read within limits.
//
// Refused besides bad syntax: repeated keys, too deep, too many values, strings that are not
// UTF-8 or hold a NUL (PostgreSQL's text cannot), integers outside int64, numbers outside double,
// anything after the document. Every integer of the result is an int64.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace tix::gateway {

using Json = nlohmann::json;

struct JsonLimits {
    std::size_t depth = 16;        // of open arrays and objects
    std::size_t elements = 20000;  // values of any kind, the root and containers included
};

// Never throws because of `text`. On refusal `error` is one line that says what is wrong and
// where, without repeating any of the text.
std::optional<Json> parse_json(std::string_view text, const JsonLimits& limits, std::string& error);

}  // namespace tix::gateway
