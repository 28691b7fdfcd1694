// Paths: whatever comes leads to one route or to none, and a path spelled from what was found leads
// there again.
#include "base/text.hpp"
#include "dice.hpp"
#include "pipeline/router.hpp"

namespace {

using tix::fuzz::require;
using tix::gateway::Match;
using tix::gateway::Router;

constexpr const char* kPatterns[] = {"/v1/venues",
                                     "/v1/venues/{venueId}",
                                     "/v1/sessions/{sessionId}/seats",
                                     "/v1/sessions/{sessionId}/seats/lock",
                                     "/v1/sessions/{sessionId}/seats/{seatId}",
                                     "/v1/sessions/{sessionId}/areas/{areaId}/lock",
                                     "/webhook/{provider}",
                                     "/{anything}",
                                     "/v1/a/b/c/d/e/f/g/h/i/j/k/l/m/n"};

const Router& router() {
    static const Router kRouter = [] {
        Router router;
        int route = 0;
        for (const char* pattern : kPatterns)
            for (const char* method : {"GET", "POST"})
                router.add(method, pattern, route++);
        return router;
    }();
    return kRouter;
}

std::string escaped(const std::string& text) {
    static constexpr char kHex[] = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        out += '%';
        out += kHex[static_cast<unsigned char>(c) >> 4];
        out += kHex[static_cast<unsigned char>(c) & 15];
    }
    return out;
}

// The path of a route with its parameters, each byte of which is escaped.
std::string spelled(const Match& match) {
    std::string path = kPatterns[match.route / 2];
    for (const auto& [name, value] : match.params)
        path.replace(path.find("{" + name + "}"), name.size() + 2, escaped(value));
    return path;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    tix::fuzz::Dice dice(data, size);
    const char* method = dice.byte() % 2 == 0 ? "GET" : "POST";
    const std::string path = dice.rest();
    const Match match = router().match(method, path);
    require(router().match("BREW", path).kind != Match::Kind::found, "no other method has a route");
    if (match.kind != Match::Kind::found) {
        require(match.params.empty(), "what is not found has no parameters");
        return 0;
    }
    require(path[0] == '/' && path.back() != '/' && path.find("//") == std::string::npos,
            "no segment of a path is empty");
    for (const auto& [name, value] : match.params)
        require(
            !value.empty() && tix::gateway::is_utf8(value) && value.find('\0') == std::string::npos,
            "a parameter is text");
    const Match again = router().match(method, spelled(match));
    require(again.route == match.route && again.params == match.params,
            "a path means what its parts mean");
    return 0;
}
