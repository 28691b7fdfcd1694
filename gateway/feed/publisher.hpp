// Sends messages to the edge, which fans them out (nchan).
//
// One connection is one unbroken stream of changes. A new connection may mean a new edge that has
// forgotten what it buffered, so whoever sends on it begins with a resync.
#pragma once

#include <string>

#include "../http/client.hpp"

namespace tix::gateway {

class Publisher {
public:
    // `url` empty: there is nobody to publish to.
    explicit Publisher(const std::string& url);

    bool wanted() const { return client_ != nullptr; }
    // Makes sure of a connection; true when it is another one than at the last call.
    bool renewed();
    // False when the edge did not take the message; the connection then counts as lost.
    // `channel` is a session's id, or "user/" and a user's.
    bool send(const std::string& channel, const char* event, const std::string& data);
    bool connected() const { return connected_; }
    // How many streams the edge has open now; -1 when it does not say.
    int subscribers();

private:
    std::unique_ptr<HttpClient> client_;
    unsigned seen_ = 0;  // connections opened when the stream began
    bool connected_ = false;
};

}  // namespace tix::gateway
