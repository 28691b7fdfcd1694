// Heads of requests: one that passes has no reading but one, and stays within its limits.
#include <algorithm>

#include "dice.hpp"
#include "http/head.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using tix::fuzz::require;
    std::string head(reinterpret_cast<const char*>(data), size);
    head += "\r\n\r\n";
    head.resize(head.find("\r\n\r\n") + 4);
    const tix::gateway::HeadLimits limits;
    const tix::gateway::Head checked = tix::gateway::check_head(head, limits);
    if (checked.fault != nullptr) return 0;
    require(head.size() <= limits.head_bytes && checked.fields.size() <= limits.fields,
            "a head that passes is within its limits");
    require(head.find('\0') == std::string::npos, "it holds no NUL");
    for (std::size_t i = 0; i < head.size(); i++) {
        require(head[i] != '\n' || (i > 0 && head[i - 1] == '\r'), "no line ends with LF alone");
        require(head[i] != '\r' || (i + 1 < head.size() && head[i + 1] == '\n'), "nor with CR");
    }
    const auto count = [&](const char* name) {
        return std::count_if(checked.fields.begin(), checked.fields.end(),
                             [&](const auto& field) { return field.first == name; });
    };
    require(count("content-length") <= 1 && count("host") <= 1, "what frames it is said once");
    require(count("transfer-encoding") == 0, "its body has a length");
    return 0;
}
