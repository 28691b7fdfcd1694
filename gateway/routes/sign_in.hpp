// How every way of signing in ends: with an access token and a refresh token.
#pragma once

#include <string>

#include "../pipeline/services.hpp"

namespace tix::gateway {

struct User {
    std::string id, email, display_name, role;
};

// Begins a family of refresh tokens for a user who has just proved who it is.
HttpResponse sign_in(Services& services, const Call& call, const User& user);

}  // namespace tix::gateway
