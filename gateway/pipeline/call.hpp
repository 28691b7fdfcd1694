// One request on its way through the pipeline, and the route it takes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../auth/jwt.hpp"
#include "../http/message.hpp"
#include "../json/json.hpp"

namespace tix::gateway {

struct Services;

struct Call {
    const HttpRequest& http;
    std::string request_id;
    std::string address;                                           // of the client
    std::string prefix;                                            // the network of the address
    std::vector<std::pair<std::string, std::string>> params = {};  // of the path
    std::vector<std::pair<std::string, std::string>> query = {};
    std::optional<Claims> user = {};
    Json body = {};

    // A parameter of the path; the route names it, so it is there.
    const std::string& param(std::string_view name) const;
    // The same, which must be a uuid: anything else names nothing, so 404 not_found. In lower case,
    // as the database writes it.
    std::string id(std::string_view name) const;
    // A query parameter; throws validation when it comes twice.
    std::optional<std::string> query_value(std::string_view name) const;
    // A whole number in the query; throws validation out of its bounds.
    std::int64_t query_number(std::string_view name, std::int64_t fallback, std::int64_t lowest,
                              std::int64_t highest) const;
    // The header Idempotency-Key: 1 to 255 visible ASCII characters; throws validation.
    std::optional<std::string> idempotency_key() const;
    const std::string& user_id() const { return user->subject; }
};

enum class Access {
    kAnybody,    // no token needed; one that is sent is verified all the same
    kUser,       // any valid token
    kOrganizer,  // organizer, admin
    kStaff,      // gate, box_office, admin
    kGate,       // gate, admin: who lets people in
    kBoxOffice,  // box_office, organizer, admin: who sells over the counter
    kAdmin,      // admin
};

// The roles that may take a route. What a token says opens the door only: the database asks again
// who the user is and whose object it is.
const std::vector<std::string_view>& roles_of(Access access);
bool may(Access access, std::string_view role);

enum class LimitClass { kNone, kAuth, kLock, kOrder, kPay, kOther };

enum class Body {
    kNone,
    kJson,
    kRaw,
    kPlan,  // JSON of a seating plan, which has limits of its own
};

using Handler = HttpResponse (*)(Services&, Call&);

struct Route {
    const char* method;
    const char* pattern;
    Handler handler;
    Access access = Access::kUser;
    LimitClass limit = LimitClass::kOther;
    Body body = Body::kNone;
};

}  // namespace tix::gateway
