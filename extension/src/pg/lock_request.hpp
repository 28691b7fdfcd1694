// A request of tix_lock_batch: one JSON object, read into what tix_lock_seats takes.
#pragma once

#include "lock_listed.hpp"

namespace tix::pg {

struct BatchRequest {
    ListedRequest seats;
    // What is wrong with the object: `bad` is the field, null when nothing is.
    Text bad;
    const char* expected;
};

// The ttl of the request before, as it stood in the jsonb: most requests of a batch have the same,
// and a numeric becomes a number by way of a text. numeric is null: none yet.
struct KnownTtl {
    Numeric numeric;
    Micros micros;
};

// Reads one object. Strings stay in the jsonb. Never raises for what the object says.
void read_request(JsonbContainer* object, KnownTtl* ttl, BatchRequest* out);
// What is wrong with it, as a row.
Answer malformed_answer(Text field, const char* expected);

}  // namespace tix::pg
