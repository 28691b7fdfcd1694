// Holds: lock, lock the best, extend, release. A refusal is a row with a reason, so it costs no
// error in the database.
#include "../base/text.hpp"
#include "../pipeline/fields.hpp"
#include "routes.hpp"
#include "shared.hpp"

namespace tix::gateway {
namespace {

constexpr std::int64_t kTtlMax = 3600;  // seconds; tix.lock_lifetime_max is the true bound
constexpr std::int64_t kTierMax = 5;

// Columns of tix_lock_result.
enum Column { kOk, kReason, kLockId, kExpiresAt, kSeats, kConflicts, kTier };

DbValue interval(const std::optional<std::int64_t>& seconds) {
    return seconds ? DbValue(std::to_string(*seconds) + " seconds") : std::nullopt;
}

DbValue list(const std::optional<std::vector<std::string>>& texts) {
    return texts ? DbValue(array_literal(*texts)) : std::nullopt;
}

// Throws the problem of a refusal.
void need_granted(const DbResult& row) {
    if (row.flag(0, kOk)) return;
    Problem problem = make_problem(row.text(0, kReason));
    if (!row.null(0, kConflicts))
        for (const Json& conflict : Json::parse(row.text(0, kConflicts)))
            problem.unavailable_seats.push_back(
                {conflict.value("seatId", ""), conflict.value("reason", "")});
    throw ProblemError(std::move(problem));
}

Json lock_json(const DbResult& row) {
    return {{"lockId", row.text(0, kLockId)},
            {"expiresAt", row.time(0, kExpiresAt)},
            {"seatIds", row.array(0, kSeats)}};
}

// The lock id of the path; what is none names no lock.
const std::string& path_lock_id(const Call& call) {
    const std::string& id = call.param("lockId");
    const auto number = parse_int64(id);
    if (!number || *number <= 0) throw ProblemError(make_problem("not_found"));
    return id;
}

HttpResponse release(Services& services, const Call& call, const std::string& lock_id,
                     const DbValue& seats) {
    const DbResult rows =
        services.db.write("SELECT * FROM tix.tix_release_seats($1::bigint, $2::uuid, $3::text[])",
                          {lock_id, call.user_id(), seats});
    // Unknown, expired, another's: all look alike to whoever asks.
    if (rows.rows() == 0) throw ProblemError(make_problem("not_found"));
    Json released = Json::array();
    for (int i = 0; i < rows.rows(); ++i)
        released.push_back(rows.text(i, 0));
    return answer(call, {{"lockId", lock_id}, {"released", std::move(released)}});
}

}  // namespace

HttpResponse lock_seats(Services& services, Call& call) {
    const std::string session = call.id("sessionId");
    Fields fields(call.body);
    const auto seats = fields.texts("seatIds", 1, kListMax);
    const auto ttl = fields.optional_number("ttlSeconds", 1, kTtlMax);
    const auto into = fields.optional_lock_id("intoLockId");
    fields.finish();
    services.sessions.need_on_sale(session);
    const DbResult row = services.db.write(
        "SELECT * FROM tix.tix_lock_seats($1::uuid, $2::text[], $3::uuid, $4::interval,"
        " into_lock_id => $5::bigint)",
        {session, array_literal(seats), call.user_id(), interval(ttl), into});
    need_granted(row);
    Json lock = lock_json(row);
    lock["sessionId"] = session;
    return answer(call, std::move(lock), 201);
}

HttpResponse lock_best(Services& services, Call& call) {
    const std::string session = call.id("sessionId");
    Fields fields(call.body);
    const auto quantity = fields.number("quantity", 1, kListMax);
    const auto areas = fields.optional_texts("areas", kListMax);
    const auto categories = fields.optional_texts("categories", kListMax);
    const auto tier = fields.optional_number("maxTier", 1, kTierMax);
    const auto ttl = fields.optional_number("ttlSeconds", 1, kTtlMax);
    fields.finish();
    services.sessions.need_on_sale(session);
    const DbResult row = services.db.write(
        "SELECT * FROM tix.tix_lock_best($1::uuid, $2::int, $3::uuid, $4::text[], $5::text[],"
        " max_tier => $6::int, ttl => $7::interval)",
        {session, std::to_string(quantity), call.user_id(), list(areas), list(categories),
         std::to_string(tier.value_or(2)), interval(ttl)});
    need_granted(row);
    Json lock = lock_json(row);
    lock["sessionId"] = session;
    lock["tier"] = row.number(0, kTier);
    return answer(call, std::move(lock), 201);
}

HttpResponse release_seats(Services& services, Call& call) {
    call.id("sessionId");
    Fields fields(call.body);
    const std::string lock_id = fields.lock_id("lockId");
    const auto seats = fields.optional_texts("seatIds", kListMax);
    fields.finish();
    return release(services, call, lock_id, list(seats));
}

HttpResponse extend_lock(Services& services, Call& call) {
    const std::string& lock_id = path_lock_id(call);
    Fields fields(call.body);
    const auto ttl = fields.number("ttlSeconds", 1, kTtlMax);
    fields.finish();
    const DbResult row =
        services.db.write("SELECT * FROM tix.tix_extend_lock($1::bigint, $2::uuid, $3::interval)",
                          {lock_id, call.user_id(), interval(ttl)});
    if (!row.flag(0, kOk) && row.text(0, kReason) == "expired") {
        Problem problem = make_problem("expired", "There is no such lock of yours any more.");
        problem.status = 404;  // what is gone and what is another's look alike
        throw ProblemError(std::move(problem));
    }
    need_granted(row);
    return answer(call, lock_json(row));
}

HttpResponse release_lock(Services& services, Call& call) {
    return release(services, call, path_lock_id(call), std::nullopt);
}

}  // namespace tix::gateway
