// Money as the outside sees it: a decimal string by the exponent of its currency (ISO 4217).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tix::gateway {

// 45000 EUR is "450.00", 450 JPY is "450", -5 BHD is "-0.005". `currency` is in capitals; one
// that ISO 4217 gives no other exponent has two decimals.
std::string decimal_amount(std::int64_t minor, std::string_view currency);

// The same backwards, for amounts of 0 and more: "450", "450.0" and "450.00" EUR are 45000. Nothing
// for a sign, a leading zero, an exponent, more decimals than the currency has, and what no int64
// of minor units holds.
std::optional<std::int64_t> minor_units(std::string_view amount, std::string_view currency);

// How many decimals a currency has; as above.
std::size_t currency_exponent(std::string_view currency);

}  // namespace tix::gateway
