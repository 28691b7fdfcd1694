// Bodies: what passes is within its limits, and read again from its own print it is the same.
#include "dice.hpp"
#include "json/json.hpp"

namespace {

using tix::gateway::Json;

std::size_t depth(const Json& value) {
    std::size_t deepest = 0;
    if (!value.is_structured()) return 0;
    for (const Json& part : value)
        deepest = std::max(deepest, depth(part));
    return deepest + 1;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using tix::fuzz::require;
    const tix::gateway::JsonLimits limits;
    std::string error;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto value = tix::gateway::parse_json(text, limits, error);
    require(value.has_value() == error.empty(), "who is refused is told why");
    require(error.find('\n') == std::string::npos, "in one line");
    if (!value) return 0;
    require(depth(*value) <= limits.depth, "it is no deeper than allowed");
    const auto again = tix::gateway::parse_json(value->dump(), limits, error);
    require(again && *again == *value, "it means what it prints");
    return 0;
}
