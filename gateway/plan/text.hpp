// Words for messages and JSON text that the plan reader and the layout share.
#pragma once

#include <string>
#include <string_view>

namespace tix::plan {

inline constexpr std::size_t kShownBytesMax = 100;

// Returns the start of `text` on one line, control characters replaced, "..." where it was cut.
inline std::string shown(std::string_view text) {
    std::size_t size = text.size() < kShownBytesMax ? text.size() : kShownBytesMax;
    while (size > 0 && size < text.size() && (text[size] & 0xC0) == 0x80)
        --size;
    std::string line(text.substr(0, size));
    for (char& c : line)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
    return size < text.size() ? line + "..." : line;
}

inline std::string in_quotes(std::string_view text) {
    return "\"" + shown(text) + "\"";
}

// Returns `text` as a JSON string. Requires valid UTF-8 without control characters.
inline std::string json_string(std::string_view text) {
    std::string json = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') json += '\\';
        json += c;
    }
    return json + "\"";
}

}  // namespace tix::plan
