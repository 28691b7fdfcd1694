// Strict readings of text, byte by byte and independent of the locale.
#include "text.hpp"

#include <algorithm>
#include <charconv>

namespace tix::gateway {

namespace {

// The value of a hexadecimal digit, or -1.
int digit_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

bool is_dash_place(std::size_t i) {
    return i == 8 || i == 13 || i == 18 || i == 23;
}

// The length of the well-formed UTF-8 sequence at the start of `text`, or 0.
std::size_t sequence_size(std::string_view text) {
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned lead = at(0);
    if (lead < 0x80) return 1;
    const std::size_t size = lead < 0xC2   ? 0
                             : lead < 0xE0 ? 2
                             : lead < 0xF0 ? 3
                             : lead < 0xF5 ? 4
                                           : 0;
    if (size == 0 || text.size() < size) return 0;
    for (std::size_t i = 1; i < size; ++i)
        if ((at(i) & 0xC0) != 0x80) return 0;
    const unsigned second = at(1);
    if (lead == 0xE0 && second < 0xA0) return 0;  // overlong
    if (lead == 0xED && second > 0x9F) return 0;  // surrogates
    if (lead == 0xF0 && second < 0x90) return 0;  // overlong
    if (lead == 0xF4 && second > 0x8F) return 0;  // above U+10FFFF
    return size;
}

}  // namespace

std::optional<UuidBytes> uuid_bytes(std::string_view text) {
    if (text.size() != 36) return std::nullopt;
    UuidBytes bytes = {};
    std::size_t digits = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (is_dash_place(i)) {
            if (text[i] != '-') return std::nullopt;
            continue;
        }
        const int value = digit_value(text[i]);
        if (value < 0) return std::nullopt;
        bytes[digits / 2] = static_cast<unsigned char>(bytes[digits / 2] << 4 | value);
        ++digits;
    }
    return bytes;
}

bool is_uuid(std::string_view text) {
    return uuid_bytes(text).has_value();
}

std::string uuid_text(const UuidBytes& bytes) {
    static constexpr char kHex[] = "0123456789abcdef";
    std::string text;
    for (const unsigned char byte : bytes) {
        if (is_dash_place(text.size())) text += '-';
        text += kHex[byte >> 4];
        text += kHex[byte & 15];
    }
    return text;
}

std::optional<std::int64_t> parse_int64(std::string_view text) {
    const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
    if (digits.empty() || (digits[0] == '0' && text != "0")) return std::nullopt;
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        const std::size_t size = sequence_size(text);
        if (size == 0) return false;
        text.remove_prefix(size);
    }
    return true;
}

bool is_rfc3339(std::string_view text) {
    constexpr std::string_view kDay = "0000-00-00T00:00:00";
    constexpr std::string_view kOffset = "+00:00";
    const auto like = [](std::string_view part, std::string_view form) {
        if (part.size() != form.size()) return false;
        for (std::size_t i = 0; i < form.size(); ++i) {
            const bool is_digit = part[i] >= '0' && part[i] <= '9';
            if (form[i] == '0' ? !is_digit : part[i] != form[i]) return false;
        }
        return true;
    };
    if (!like(text.substr(0, kDay.size()), kDay)) return false;
    text.remove_prefix(kDay.size());
    if (text.starts_with('.')) {
        text.remove_prefix(1);
        const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
        if (digits == 0) return false;
        text.remove_prefix(digits);
    }
    if (text == "Z") return true;
    return like(text, kOffset) || like(text, "-00:00");
}

bool percent_decode(std::string_view in, std::string& out) {
    for (std::size_t i = 0; i < in.size(); ++i) {
        if (in[i] != '%') {
            out += in[i];
            continue;
        }
        if (in.size() - i < 3) return false;
        const int high = digit_value(in[i + 1]);
        const int low = digit_value(in[i + 2]);
        if (high < 0 || low < 0) return false;
        out += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return true;
}

}  // namespace tix::gateway
