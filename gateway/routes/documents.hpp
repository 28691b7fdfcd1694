// Answers that the database writes as JSON documents: one, a page of them, or none.
#pragma once

#include <string_view>

#include "shared.hpp"

namespace tix::gateway {

// A document of the database: what it says as {minor, currency} becomes {amount, currency}.
Json document_of(std::string_view stored);
// The document in the only column of the only row.
HttpResponse document(const Call& call, const DbResult& row);
// A page: in the first column the cursor, in the second the document.
HttpResponse documents(const Call& call, const DbResult& rows, const Page& page);
// 201 {name: id} with the Location of what was made.
HttpResponse made(const Call& call, const char* name, std::string_view id,
                  const std::string& location);
// 204: done, and nothing to say.
HttpResponse done();
// 204, or 404 when the only column says that there was nothing.
HttpResponse done_if(const DbResult& row);

inline DbValue seconds(const std::optional<std::int64_t>& count) {
    return count ? DbValue(std::to_string(*count) + " seconds") : std::nullopt;
}

inline DbValue digits(const std::optional<std::int64_t>& number) {
    return number ? DbValue(std::to_string(*number)) : std::nullopt;
}

inline DbValue list_of(const std::optional<std::vector<std::string>>& texts) {
    return texts ? DbValue(array_literal(*texts)) : std::nullopt;
}

}  // namespace tix::gateway
