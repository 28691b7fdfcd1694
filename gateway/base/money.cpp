// Minor units to decimals, without floating point.
#include "money.hpp"

#include <algorithm>
#include <iterator>

#include "text.hpp"

namespace tix::gateway {

namespace {

constexpr std::string_view kWhole[] = {"BIF", "CLP", "DJF", "GNF", "ISK", "JPY",
                                       "KMF", "KRW", "PYG", "RWF", "UGX", "UYI",
                                       "VND", "VUV", "XAF", "XOF", "XPF"};
constexpr std::string_view kThousandths[] = {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"};
constexpr std::string_view kTenThousandths[] = {"CLF", "UYW"};

template <std::size_t Size>
bool contains(const std::string_view (&list)[Size], std::string_view currency) {
    return std::find(std::begin(list), std::end(list), currency) != std::end(list);
}

}  // namespace

std::size_t currency_exponent(std::string_view currency) {
    if (contains(kWhole, currency)) return 0;
    if (contains(kThousandths, currency)) return 3;
    if (contains(kTenThousandths, currency)) return 4;
    return 2;
}

std::string decimal_amount(std::int64_t minor, std::string_view currency) {
    // The magnitude in unsigned arithmetic: the smallest int64 has no positive twin.
    const auto bits = static_cast<std::uint64_t>(minor);
    std::string text = std::to_string(minor < 0 ? 0 - bits : bits);
    const std::size_t decimals = currency_exponent(currency);
    if (decimals > 0) {
        if (text.size() <= decimals) text.insert(0, decimals + 1 - text.size(), '0');
        text.insert(text.size() - decimals, 1, '.');
    }
    return minor < 0 ? "-" + text : text;
}

std::optional<std::int64_t> minor_units(std::string_view amount, std::string_view currency) {
    const auto point = amount.find('.');
    const std::string_view whole = amount.substr(0, point);
    std::string decimals;
    if (point != std::string_view::npos) {
        decimals = amount.substr(point + 1);
        if (decimals.empty()) return std::nullopt;
    }
    if (decimals.size() > currency_exponent(currency)) return std::nullopt;
    decimals.resize(currency_exponent(currency), '0');
    const bool digits =
        std::all_of(decimals.begin(), decimals.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (!digits || whole.starts_with('-') || !parse_int64(whole)) return std::nullopt;
    // Zeros in front of the decimals of 0.05 are none of the number's.
    const std::string all = (whole == "0" ? "" : std::string(whole)) + decimals;
    const auto first = all.find_first_not_of('0');
    return first == std::string::npos ? 0 : parse_int64(std::string_view(all).substr(first));
}

}  // namespace tix::gateway
