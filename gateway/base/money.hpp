// Money as the outside sees it: a decimal string by the exponent of its currency (ISO 4217).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tix::gateway {

// 45000 EUR is "450.00", 450 JPY is "450", -5 BHD is "-0.005". `currency` is in capitals; one
// that ISO 4217 gives no other exponent has two decimals.
std::string decimal_amount(std::int64_t minor, std::string_view currency);

}  // namespace tix::gateway
