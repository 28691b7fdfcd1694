// Strict readings of text that strangers send: uuids, integers, UTF-8, percent-encoding.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tix::gateway {

using UuidBytes = std::array<unsigned char, 16>;

// 8-4-4-4-12 hexadecimal digits in either case, nothing else: no braces, no spaces.
bool is_uuid(std::string_view text);
std::optional<UuidBytes> uuid_bytes(std::string_view text);
std::string uuid_text(const UuidBytes& bytes);  // lower case

// Decimal digits with at most a leading '-'; no '+', no spaces, no leading zeros, no "-0".
std::optional<std::int64_t> parse_int64(std::string_view text);

// Well-formed by RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view text);

// A moment as RFC 3339 writes it, with its offset: 2026-11-21T20:00:00.5+01:00 or …Z. Digits and
// signs only; which months have 31 days and which offsets there are, the database knows.
bool is_rfc3339(std::string_view text);

// Appends the decoded `in` to `out`; false when a '%' is not followed by two hexadecimal digits.
// A '+' stays a '+'.
bool percent_decode(std::string_view in, std::string& out);

}  // namespace tix::gateway
