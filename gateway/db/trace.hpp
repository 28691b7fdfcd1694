// Which request a thread works on: its statements say so in a comment, so that whatever the server
// logs of one – an error, a slow call, a wait – names the request and its trace.
//
// A comment, and no argument or setting: it costs neither a round trip nor state in a pooled
// connection, needs no change of any function, and functions can read it (current_query()).
#pragma once

#include <string>

namespace tix::gateway {

class Traced {
public:
    // Both are checked by who calls: letters, digits, "." "_" "-". `trace` may be empty.
    Traced(const std::string& request_id, const std::string& trace);
    ~Traced();
    Traced(const Traced&) = delete;
    Traced& operator=(const Traced&) = delete;

    // The comment for this thread's next statement; empty outside of a request.
    static const std::string& comment();
};

}  // namespace tix::gateway
