// The tree of routes and the walk through it.
#include "router.hpp"

#include <optional>
#include <stdexcept>

#include "../base/text.hpp"

namespace tix::gateway {

namespace {

constexpr std::size_t kSegmentsMax = 16;

struct Route {
    std::string method;
    int route;
    std::vector<std::string> names;  // of the parameters
};

// The segments of a path, still encoded; nothing when it can match no pattern.
std::optional<std::vector<std::string_view>> split(std::string_view path) {
    std::vector<std::string_view> segments;
    while (!path.empty()) {
        if (path[0] != '/' || segments.size() == kSegmentsMax) return std::nullopt;
        path.remove_prefix(1);
        const std::string_view segment = path.substr(0, path.find('/'));
        if (segment.empty()) return std::nullopt;
        segments.push_back(segment);
        path.remove_prefix(segment.size());
    }
    if (segments.empty()) return std::nullopt;
    return segments;
}

bool is_parameter(std::string_view segment) {
    return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

}  // namespace

struct Router::Node {
    std::map<std::string, std::unique_ptr<Node>, std::less<>> literals;
    std::unique_ptr<Node> parameter;
    std::vector<Route> routes;

    // The node with routes that `segments` from `at` on lead to; appends what the parameters took.
    const Node* find(const std::vector<std::string>& segments, std::size_t at,
                     std::vector<std::string>& taken) const {
        if (at == segments.size()) return routes.empty() ? nullptr : this;
        if (const auto found = literals.find(segments[at]); found != literals.end())
            if (const Node* end = found->second->find(segments, at + 1, taken)) return end;
        if (parameter == nullptr) return nullptr;
        taken.push_back(segments[at]);
        if (const Node* end = parameter->find(segments, at + 1, taken)) return end;
        taken.pop_back();
        return nullptr;
    }
};

Router::Router() : root_(std::make_unique<Node>()) {}
Router::Router(Router&&) noexcept = default;
Router::~Router() = default;

void Router::add(std::string_view method, std::string_view pattern, int route) {
    const auto segments = split(pattern);
    if (!segments) throw std::invalid_argument("no path matches " + std::string(pattern));
    Node* node = root_.get();
    std::vector<std::string> names;
    for (const std::string_view segment : *segments) {
        const bool parameter = is_parameter(segment);
        if (parameter) names.emplace_back(segment.substr(1, segment.size() - 2));
        std::unique_ptr<Node>& next =
            parameter ? node->parameter : node->literals[std::string(segment)];
        if (next == nullptr) next = std::make_unique<Node>();
        node = next.get();
    }
    for (const Route& taken : node->routes)
        if (taken.method == method)
            throw std::invalid_argument("two routes for " + taken.method + " " +
                                        std::string(pattern));
    node->routes.push_back({std::string(method), route, std::move(names)});
}

Match Router::match(std::string_view method, std::string_view path) const {
    Match match;
    const auto encoded = split(path);
    if (!encoded) return match;
    std::vector<std::string> segments(encoded->size());
    for (std::size_t i = 0; i < segments.size(); ++i) {
        if (percent_decode((*encoded)[i], segments[i]) && is_utf8(segments[i]) &&
            segments[i].find('\0') == std::string::npos)
            continue;
        match.kind = Match::Kind::bad_path;
        return match;
    }
    std::vector<std::string> taken;
    const Node* node = root_->find(segments, 0, taken);
    if (node == nullptr) return match;
    for (const Route& route : node->routes) {
        if (route.method == method) {
            match.kind = Match::Kind::found;
            match.route = route.route;
            match.allow.clear();
            for (std::size_t i = 0; i < taken.size(); ++i)
                match.params.emplace_back(route.names[i], std::move(taken[i]));
            return match;
        }
        match.allow += (match.allow.empty() ? "" : ", ") + route.method;
    }
    match.kind = Match::Kind::method_not_allowed;
    return match;
}

}  // namespace tix::gateway
