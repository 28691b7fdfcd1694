// A comment of each thread.
#include "trace.hpp"

namespace tix::gateway {
namespace {

thread_local std::string comment_of_thread;

}  // namespace

Traced::Traced(const std::string& request_id, const std::string& trace) {
    comment_of_thread = " /*requestId='" + request_id + "'";
    if (!trace.empty()) comment_of_thread += ",traceparent='" + trace + "'";
    comment_of_thread += "*/";
}

Traced::~Traced() {
    comment_of_thread.clear();
}

const std::string& Traced::comment() {
    return comment_of_thread;
}

}  // namespace tix::gateway
