// From a method and a path to a route: a tree of path segments.
//
// A path is split at '/' first and its segments are percent-decoded after that, so an id may hold
// a slash as %2F. Literal segments beat parameters. Thread-safe once all routes are added.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tix::gateway {

struct Match {
    enum class Kind {
        found,
        not_found,
        method_not_allowed,  // `allow` says which are
        bad_path,            // a wrong percent-encoding, a NUL, not UTF-8
    };
    Kind kind = Kind::not_found;
    int route = -1;
    std::vector<std::pair<std::string, std::string>> params;  // in the order of the path
    std::string allow;                                        // "GET, POST"
};

class Router {
public:
    Router();
    Router(Router&&) noexcept;
    ~Router();

    // Adds "/v1/sessions/{sessionId}/seats". Throws std::invalid_argument for a pattern that no
    // path matches and for a method and pattern that are taken.
    void add(std::string_view method, std::string_view pattern, int route);

    // `path` is without the query. An empty segment or a slash at the end is not found.
    Match match(std::string_view method, std::string_view path) const;

private:
    struct Node;
    std::unique_ptr<Node> root_;
};

}  // namespace tix::gateway
