// The promises of the router: literals first, decoding after splitting, honest refusals.
#include "pipeline/router.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace tix::gateway {
namespace {

using Kind = Match::Kind;
using Params = std::vector<std::pair<std::string, std::string>>;

enum { kSeats, kSeat, kLock, kUnlock, kLockBest, kOrders, kNewOrder, kOrder, kSpecial, kWebhook };

const Router& router() {
    static const Router kRouter = [] {
        Router routes;
        routes.add("GET", "/v1/sessions/{sessionId}/seats", kSeats);
        routes.add("GET", "/v1/sessions/{sessionId}/seats/{seatId}", kSeat);
        routes.add("POST", "/v1/sessions/{sessionId}/seats/lock", kLock);
        routes.add("DELETE", "/v1/sessions/{sessionId}/seats/lock", kUnlock);
        routes.add("POST", "/v1/sessions/{id}/seats/lock-best", kLockBest);
        routes.add("GET", "/v1/orders", kOrders);
        routes.add("POST", "/v1/orders", kNewOrder);
        routes.add("GET", "/v1/orders/{orderId}", kOrder);
        routes.add("GET", "/v1/sessions/special/extra/deep", kSpecial);
        routes.add("POST", "/webhook/{provider}", kWebhook);
        return routes;
    }();
    return kRouter;
}

Match get(std::string_view path) {
    return router().match("GET", path);
}

std::string seat_of(std::string_view segment) {
    const Match match = get("/v1/sessions/s/seats/" + std::string(segment));
    EXPECT_EQ(match.kind, Kind::found) << segment;
    return match.kind == Kind::found ? match.params.at(1).second : "";
}

TEST(Router, a_route_is_found_with_its_parameters_by_name) {
    const Match match = get("/v1/sessions/abc/seats/B-7");
    EXPECT_EQ(match.kind, Kind::found);
    EXPECT_EQ(match.route, kSeat);
    EXPECT_EQ(match.params, (Params{{"sessionId", "abc"}, {"seatId", "B-7"}}));
    EXPECT_EQ(get("/v1/orders").route, kOrders);
    EXPECT_TRUE(get("/v1/orders").params.empty());
    EXPECT_EQ(router().match("POST", "/v1/orders").route, kNewOrder);
    EXPECT_EQ(router().match("POST", "/webhook/mock").params, (Params{{"provider", "mock"}}));
}

TEST(Router, each_route_keeps_its_own_names) {
    EXPECT_EQ(router().match("POST", "/v1/sessions/x/seats/lock-best").params,
              (Params{{"id", "x"}}));
    EXPECT_EQ(router().match("POST", "/v1/sessions/x/seats/lock").params,
              (Params{{"sessionId", "x"}}));
}

TEST(Router, a_literal_beats_a_parameter_and_falls_back_to_it) {
    EXPECT_EQ(router().match("POST", "/v1/sessions/x/seats/lock").route, kLock);
    EXPECT_EQ(router().match("DELETE", "/v1/sessions/x/seats/lock").route, kUnlock);
    EXPECT_EQ(get("/v1/sessions/x/seats/locker").route, kSeat);
    EXPECT_EQ(get("/v1/sessions/special/extra/deep").route, kSpecial);
    const Match match = get("/v1/sessions/special/seats");
    EXPECT_EQ(match.route, kSeats);
    EXPECT_EQ(match.params, (Params{{"sessionId", "special"}}));
}

TEST(Router, another_method_is_told_which_are_allowed) {
    const Match match = router().match("PUT", "/v1/orders");
    EXPECT_EQ(match.kind, Kind::method_not_allowed);
    EXPECT_EQ(match.allow, "GET, POST");
    EXPECT_EQ(match.route, -1);
    EXPECT_TRUE(match.params.empty());
    EXPECT_EQ(get("/v1/sessions/x/seats/lock").allow, "POST, DELETE");
    for (const char* method : {"get", "", "GET ", "HEAD"})
        EXPECT_EQ(router().match(method, "/v1/orders").kind, Kind::method_not_allowed) << method;
}

TEST(Router, other_paths_are_not_found) {
    for (const char* path : {"",
                             "/",
                             "//",
                             "/v1",
                             "/v1/",
                             "/v1/orders/",
                             "//v1/orders",
                             "/v1//orders",
                             "/v1/orders//",
                             "v1/orders",
                             "/V1/orders",
                             "/v1/Orders",
                             "/v1/orders/a/b",
                             "/v1/sessions",
                             "/v1/sessions/",
                             "/v1/sessions/x",
                             "/v1/sessions//seats",
                             "/v1/sessions/x/seats/",
                             "/v1/order",
                             "/v1/orderss",
                             "/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q",
                             "/v1/sessions/special/extra",
                             "*",
                             "/v1%2Forders"})
        EXPECT_EQ(get(path).kind, Kind::not_found) << path;
}

TEST(Router, a_parameter_is_decoded_after_splitting) {
    EXPECT_EQ(seat_of("A%2F1"), "A/1");
    EXPECT_EQ(seat_of("A%2f..%2fB"), "A/../B");
    EXPECT_EQ(seat_of("..%2Flock"), "../lock");
    EXPECT_EQ(seat_of("12%20bis"), "12 bis");
    EXPECT_EQ(seat_of("%C3%A9"), "\xC3\xA9");
    EXPECT_EQ(seat_of("\xC3\xA9"), "\xC3\xA9");
    EXPECT_EQ(seat_of("a+b"), "a+b");
    EXPECT_EQ(seat_of("%2541"), "%41");  // once, not twice
    EXPECT_EQ(seat_of("%7BseatId%7D"), "{seatId}");
    EXPECT_EQ(seat_of(std::string(4000, 'x')), std::string(4000, 'x'));
}

TEST(Router, an_encoded_literal_is_the_literal) {
    EXPECT_EQ(get("/v1/%6Frders").route, kOrders);
    EXPECT_EQ(router().match("POST", "/v1/sessions/x/seats/loc%6B").route, kLock);
}

TEST(Router, a_bad_encoding_is_a_bad_path) {
    for (const char* segment : {"%", "%2", "%zz", "a%", "a%4", "%u0041", "%00", "a%00b", "%FF",
                                "%C3", "%C0%AF", "%ED%A0%80", "%F4%90%80%80", "\xFF", "\xC0\xAF"})
        EXPECT_EQ(get("/v1/orders/" + std::string(segment)).kind, Kind::bad_path) << segment;
    EXPECT_EQ(get(std::string_view("/v1/orders/a\0b", 14)).kind, Kind::bad_path);
    EXPECT_EQ(get("/nowhere/%zz").kind, Kind::bad_path);
}

TEST(Router, a_pattern_that_cannot_match_or_is_taken_is_refused) {
    Router routes;
    routes.add("GET", "/a/{x}", 1);
    routes.add("POST", "/a/{y}", 2);
    EXPECT_THROW(routes.add("GET", "/a/{other}", 3), std::invalid_argument);
    for (const char* pattern : {"", "/", "a", "/a/", "//a"})
        EXPECT_THROW(routes.add("GET", pattern, 4), std::invalid_argument) << pattern;
    EXPECT_EQ(routes.match("POST", "/a/1").params, (Params{{"y", "1"}}));
}

}  // namespace
}  // namespace tix::gateway
