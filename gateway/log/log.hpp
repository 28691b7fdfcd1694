// The log: JSON lines on standard output, one an event. Never a secret, a token or a query string.
#pragma once

#include <string>
#include <string_view>

#include "../json/json.hpp"

namespace tix::gateway {

// error, warn, info or debug; throws std::invalid_argument for another level.
void open_log(const std::string& level);
// Throws likewise, and then leaves the level as it is. Thread-safe.
void set_log_level(const std::string& level);
// Writes {"ts", "level", "event", …fields}. Thread-safe.
void log_info(std::string_view event, const Json& fields = Json::object());
void log_warn(std::string_view event, const Json& fields = Json::object());
void log_error(std::string_view event, const Json& fields = Json::object());
// Writes out what is buffered.
void flush_log();

}  // namespace tix::gateway
