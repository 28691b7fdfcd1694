// Checks the head of a request byte by byte before any parser may interpret it.
//
// The server behind it skips lines it cannot read; a proxy in front may read them differently. So
// a head with more than one reading never gets there (RFC 9112 sections 2.2, 5, 6.3).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tix::gateway {

struct HeadLimits {
    std::size_t line_bytes = 8000;   // the request line; the URI is a little shorter
    std::size_t head_bytes = 16384;  // request line and all fields
    std::size_t field_bytes = 8000;  // one field, name and value
    std::size_t fields = 64;
};

// Its views lead into the text that was checked.
struct Head {
    const char* fault = nullptr;  // code of errors.def, nullptr when the head is good
    std::string_view method, target;
    std::vector<std::pair<std::string_view, std::string_view>> fields;  // names in lower case
    std::size_t content_length = 0;
    bool expects_continue = false;
    bool keep_alive = true;
};

// `head` ends with the empty line; in it, field names become lower case.
Head check_head(std::string& head, const HeadLimits& limits);
// A head that is refused with this code.
Head refused_head(const char* fault);

}  // namespace tix::gateway
