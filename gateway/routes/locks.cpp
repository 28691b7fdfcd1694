// Holds: lock, lock the best, lock places of an area, extend, release. A refusal is a row with a
// reason, so it costs no error in the database.
#include "../base/text.hpp"
#include "../crypto/sha256.hpp"
#include "../pipeline/fields.hpp"
#include "routes.hpp"
#include "shared.hpp"

namespace tix::gateway {
namespace {

constexpr std::int64_t kTtlMax = 3600;  // seconds; tix.lock_lifetime_max is the true bound
constexpr std::int64_t kTierMax = 5;
constexpr std::size_t kChannelsMax = 32;  // as many as a session may have

using Texts = std::vector<std::string>;

// Columns of tix_lock_result, and what kWasReplayed adds.
enum Column { kOk, kReason, kLockId, kExpiresAt, kSeats, kConflicts, kTier, kReplayed };
constexpr char kSession[] = "($1::uuid";
// Behind a lock call whose user is $3 and whose key is $5. Who sends no key does not pay for it.
constexpr char kWasReplayed[] = " l, tix.tix_lock_was_replayed($3::uuid, $5::text, l.lock_id)";

DbValue interval(const std::optional<std::int64_t>& seconds) {
    return seconds ? DbValue(std::to_string(*seconds) + " seconds") : std::nullopt;
}

DbValue list(const std::optional<Texts>& texts) {
    return texts ? DbValue(array_literal(*texts)) : std::nullopt;
}

// The engine has one list of keys for all its lock functions: a key is that of one route here.
DbValue key_of(const Call& call, std::string_view route) {
    const auto key = call.idempotency_key();
    if (!key) return std::nullopt;
    crypto::Sha256 hash;
    hash.update(key->data(), key->size());
    return std::string(route) + ' ' + hash.hex();
}

std::string orphans_of(Fields& fields, const char* fallback) {
    std::string word = fields.optional_text("orphans", kLabelBytes).value_or(fallback);
    if (word != "allow" && word != "avoid") fields.fault("orphans", "must be allow or avoid");
    return word;
}

std::string channels_of(Fields& fields) {
    return array_literal(fields.optional_texts("channels", kChannelsMax).value_or(Texts{}));
}

// Throws the problem of a refusal.
void need_granted(const DbResult& rows, int row = 0) {
    if (rows.flag(row, kOk)) return;
    Problem problem = make_problem(rows.text(row, kReason));
    if (!rows.null(row, kConflicts))
        for (const Json& conflict : Json::parse(rows.text(row, kConflicts)))
            problem.unavailable_seats.push_back(
                {conflict.value("seatId", ""), conflict.value("reason", "")});
    throw ProblemError(std::move(problem));
}

Json lock_json(const DbResult& rows, int row = 0) {
    return {{"lockId", rows.text(row, kLockId)},
            {"expiresAt", rows.time(row, kExpiresAt)},
            {"seatIds", rows.array(row, kSeats)}};
}

HttpResponse lock_answer(const Call& call, const DbResult& rows, const DbValue& key, bool best,
                         int row = 0) {
    need_granted(rows, row);
    Json lock = lock_json(rows, row);
    lock["sessionId"] = call.id("sessionId");
    if (best) lock["tier"] = rows.number(row, kTier);
    HttpResponse response = answer(call, std::move(lock), 201);
    mark_replayed(response, key && rows.flag(row, kReplayed));
    return response;
}

// The header Tix-Admission, by which somebody comes out of a waiting room; throws validation.
std::optional<std::string> admission_of(const Call& call) {
    const std::string id(call.http.header("tix-admission"));
    if (id.empty() || is_uuid(id)) return id.empty() ? std::nullopt : std::optional(id);
    Problem problem = make_problem("validation");
    problem.errors.push_back({"Tix-Admission", "must be the admissionId of a claim"});
    throw ProblemError(std::move(problem));
}

// Runs a lock call, in which $1 is the session, $3 the user and $5 `key`. Who comes out of a
// waiting room is let through to it in the same statement.
DbResult locked(Services& services, const Call& call, std::string sql, const DbValue& key,
                std::vector<DbValue> values) {
    if (auto admission = admission_of(call)) {
        values.emplace_back(std::move(admission));
        sql.replace(sql.find(kSession), sizeof kSession - 1,
                    "(tix.tix_use_admission($1::uuid, $3::uuid, $" + std::to_string(values.size()) +
                        "::uuid)");
    }
    if (key) sql += kWasReplayed;
    DbResult row = services.db.write(sql.c_str(), values);
    need_admission(services, call.id("sessionId"), row);
    return row;
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
    const DbValue key = key_of(call, "lock");
    Fields fields(call.body);
    const auto seats = fields.texts("seatIds", 1, kListMax);
    const auto ttl = fields.optional_number("ttlSeconds", 1, kTtlMax);
    const auto into = fields.optional_lock_id("intoLockId");
    const std::string channels = channels_of(fields);
    const std::string orphans = orphans_of(fields, "allow");
    fields.finish();
    services.sessions.need_on_sale(session);
    // What others may wait with: see locks/coalescer.hpp.
    if (!key && !admission_of(call) && channels == array_literal({}) && orphans == "allow") {
        const LockAnswer locked =
            services.locks.lock({session, call.user_id(), seats, ttl, into, std::nullopt});
        services.metrics.lock_batch(locked.batch);
        need_admission(services, session, *locked.rows, locked.row);
        return lock_answer(call, *locked.rows, key, false, locked.row);
    }
    const DbResult row =
        locked(services, call,
               "SELECT * FROM tix.tix_lock_seats($1::uuid, $2::text[], $3::uuid, $4::interval,"
               " $6::text[], $7::text, $5::text, $8::bigint)",
               key,
               {session, array_literal(seats), call.user_id(), interval(ttl), key, channels,
                orphans, into});
    return lock_answer(call, row, key, false);
}

HttpResponse lock_best(Services& services, Call& call) {
    const std::string session = call.id("sessionId");
    const DbValue key = key_of(call, "lock-best");
    Fields fields(call.body);
    const auto quantity = fields.number("quantity", 1, kListMax);
    const auto areas = fields.optional_texts("areas", kListMax);
    const auto categories = fields.optional_texts("categories", kListMax);
    const auto accessible = fields.optional_number("accessible", 0, kListMax);
    const auto tier = fields.optional_number("maxTier", 1, kTierMax);
    const auto ttl = fields.optional_number("ttlSeconds", 1, kTtlMax);
    const std::string channels = channels_of(fields);
    const std::string orphans = orphans_of(fields, "avoid");
    fields.finish();
    services.sessions.need_on_sale(session);
    const DbResult row =
        locked(services, call,
               "SELECT * FROM tix.tix_lock_best($1::uuid, $2::int, $3::uuid, $6::text[],"
               " $7::text[], $8::int, $9::text, $10::int, $4::interval, $11::text[], $5::text)",
               key,
               {session, std::to_string(quantity), call.user_id(), interval(ttl), key, list(areas),
                list(categories), std::to_string(accessible.value_or(0)), orphans,
                std::to_string(tier.value_or(2)), channels});
    return lock_answer(call, row, key, true);
}

HttpResponse lock_area(Services& services, Call& call) {
    const std::string session = call.id("sessionId");
    const std::string& area = call.param("areaId");
    if (area.size() > kLabelBytes) throw ProblemError(make_problem("not_found"));
    const DbValue key = key_of(call, "lock-area");
    Fields fields(call.body);
    const auto quantity = fields.number("quantity", 1, kListMax);
    const auto ttl = fields.optional_number("ttlSeconds", 1, kTtlMax);
    fields.finish();
    services.sessions.need_on_sale(session);
    const DbResult row =
        locked(services, call,
               "SELECT * FROM tix.tix_lock_area($1::uuid, $2::text, $6::int, $3::uuid,"
               " $4::interval, $5::text)",
               key, {session, area, call.user_id(), interval(ttl), key, std::to_string(quantity)});
    return lock_answer(call, row, key, false);
}

HttpResponse box_office_hold(Services& services, Call& call) {
    const std::string session = call.id("sessionId");
    Fields fields(call.body);
    const auto seats = fields.texts("seatIds", 1, kListMax);
    const std::string buyer = fields.uuid("buyerId");
    const auto ttl = fields.optional_number("ttlSeconds", 1, kTtlMax);
    fields.finish();
    const DbResult row = services.db.write(
        "SELECT * FROM tix.tix_box_office_hold($1::uuid, $2::text[], $3::uuid, $4::uuid,"
        " $5::interval)",
        {session, array_literal(seats), call.user_id(), buyer, interval(ttl)});
    return lock_answer(call, row, std::nullopt, false);
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
