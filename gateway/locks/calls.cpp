// Writes the arguments of the lock calls.
#include "calls.hpp"

#include <algorithm>

#include "../json/json.hpp"

namespace tix::gateway {
namespace {

constexpr char kOne[] =
    "SELECT * FROM tix.tix_lock_seats($1::uuid, $2::text[], $3::uuid, $4::interval,"
    " into_lock_id => $5::bigint, idempotency_key => $6::text)";
constexpr char kArrays[] =
    "SELECT * FROM tix.tix_lock_batch($1::uuid[], $2::text[], $3::uuid[], $4::interval)";
constexpr char kDocument[] = "SELECT * FROM tix.tix_lock_batch($1::jsonb)";

DbValue interval(const std::optional<std::int64_t>& seconds) {
    return seconds ? DbValue(std::to_string(*seconds) + " seconds") : std::nullopt;
}

bool fits_arrays(const LockRequest& request, const LockRequest& first) {
    return request.seats.size() == 1 && !request.into_lock_id && !request.idempotency_key &&
           request.ttl_s == first.ttl_s;
}

DbResult call_arrays(DbPool& database, const Coalescer::Batch& requests) {
    std::vector<std::string> sessions, seats, users;
    for (const LockRequest* request : requests) {
        sessions.push_back(request->session);
        seats.push_back(request->seats.front());
        users.push_back(request->user);
    }
    return database.write(kArrays, {array_literal(sessions), array_literal(seats),
                                    array_literal(users), interval(requests.front()->ttl_s)});
}

DbResult call_document(DbPool& database, const Coalescer::Batch& requests) {
    Json document = Json::array();
    for (const LockRequest* request : requests) {
        Json entry = {{"sessionId", request->session},
                      {"seatIds", request->seats},
                      {"userId", request->user}};
        if (request->ttl_s) entry["ttl"] = *request->ttl_s;
        if (request->into_lock_id) entry["intoLockId"] = *request->into_lock_id;
        if (request->idempotency_key) entry["idempotencyKey"] = *request->idempotency_key;
        document.push_back(std::move(entry));
    }
    return database.write(kDocument, {document.dump()});
}

}  // namespace

DbResult lock_call(DbPool& database, const Coalescer::Batch& requests) {
    const LockRequest& first = *requests.front();
    if (requests.size() == 1)
        return database.write(
            kOne, {first.session, array_literal(first.seats), first.user, interval(first.ttl_s),
                   first.into_lock_id, first.idempotency_key});
    const bool plain = std::all_of(requests.begin(), requests.end(), [&](const auto* request) {
        return fits_arrays(*request, first);
    });
    return plain ? call_arrays(database, requests) : call_document(database, requests);
}

}  // namespace tix::gateway
