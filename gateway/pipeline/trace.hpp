// The trace that a request is part of (W3C Trace Context).
#pragma once

#include <string>
#include <string_view>

namespace tix::gateway {

// A traceparent of version 00 as it was sent, or nothing when it is malformed: it is then as if
// none had been sent. Of a later version, the part that 00 knows.
std::string checked_traceparent(std::string_view sent);
// Its trace-id: 32 hexadecimal digits. Requires a checked one.
std::string_view trace_id(std::string_view traceparent);

}  // namespace tix::gateway
