// Reads "00-<32 hex>-<16 hex>-<2 hex>".
#include "trace.hpp"

#include <algorithm>

namespace tix::gateway {
namespace {

constexpr std::size_t kLength = 55;
constexpr std::size_t kTraceAt = 3, kTraceLength = 32;
constexpr std::size_t kParentAt = 36, kParentLength = 16;
constexpr std::size_t kFlagsAt = 53;

bool is_hex(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_zero(std::string_view text) {
    return text.find_first_not_of('0') == std::string_view::npos;
}

}  // namespace

std::string checked_traceparent(std::string_view sent) {
    if (sent.size() < kLength) return {};
    const std::string_view version = sent.substr(0, 2);
    const bool is_known = version == "00";
    if (!is_hex(version) || version == "ff") return {};
    if (is_known ? sent.size() != kLength : sent.size() > kLength && sent[kLength] != '-')
        return {};
    for (const std::size_t dash : {kTraceAt - 1, kParentAt - 1, kFlagsAt - 1})
        if (sent[dash] != '-') return {};
    const std::string_view trace = sent.substr(kTraceAt, kTraceLength);
    const std::string_view parent = sent.substr(kParentAt, kParentLength);
    const std::string_view flags = sent.substr(kFlagsAt, 2);
    if (!is_hex(trace) || !is_hex(parent) || !is_hex(flags) || is_zero(trace) || is_zero(parent))
        return {};
    return "00" + std::string(sent.substr(2, kLength - 2));
}

std::string_view trace_id(std::string_view traceparent) {
    return traceparent.substr(kTraceAt, kTraceLength);
}

}  // namespace tix::gateway
