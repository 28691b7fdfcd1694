// What gates ask: scans as they come, scans of a gate that was offline, and what it takes to check
// tickets without the net. A ticket that is not let in is an answer, not an error. The database
// checks that the user is of a gate, whatever a token says.
#include "../base/text.hpp"
#include "../crypto/base64url.hpp"
#include "../pipeline/fields.hpp"
#include "routes.hpp"
#include "shared.hpp"

namespace tix::gateway {
namespace {

constexpr std::size_t kCodeBytes = 4096;
constexpr std::size_t kScansMax = 1000;
constexpr std::int64_t kTicketsDefault = 1000;
constexpr std::int64_t kTicketsMax = 5000;
constexpr std::int64_t kRevocationsDefault = 1000;
constexpr std::int64_t kRevocationsMax = 10000;

[[noreturn]] void refuse(const char* field, const char* message) {
    Problem problem = make_problem("validation");
    problem.errors.push_back({field, message});
    throw ProblemError(std::move(problem));
}

// An id in the query. What is no uuid names nothing.
std::string query_id(const Call& call, const char* name) {
    const auto text = call.query_value(name);
    if (!text) refuse(name, "is missing");
    if (!is_uuid(*text)) throw ProblemError(make_problem("not_found"));
    return *text;
}

// "in" or "out".
std::optional<std::string> direction_of(Fields& fields) {
    auto word = fields.optional_text("direction", kLabelBytes);
    if (word && *word != "in" && *word != "out") fields.fault("direction", "must be in or out");
    return word;
}

Json or_null(const DbResult& rows, int row, int column, bool is_json) {
    if (rows.null(row, column)) return {};
    return is_json ? Json::parse(rows.text(row, column)) : Json(rows.text(row, column));
}

}  // namespace

HttpResponse check_in(Services& services, Call& call) {
    Fields fields(call.body);
    const std::string code = fields.text("code", 1, kCodeBytes);
    const std::string gate = fields.uuid("gateId");
    const auto direction = direction_of(fields);
    const auto at = fields.optional_time("at");
    const auto nonce = fields.optional_text("nonce", kLabelBytes);
    const auto device = fields.optional_text("device", kLabelBytes);
    const bool force = fields.flag("force", false);
    fields.finish();
    const DbResult row = services.db.write(
        "SELECT * FROM tix.tix_check_in_for($8::uuid, $1::text, $2::uuid, $3::text,"
        " $4::timestamptz, $5::text, $6::text, $7::boolean)",
        {code, gate, direction.value_or("in"), at, nonce, device, force ? "true" : "false",
         call.user_id()});
    HttpResponse response = answer(call, {{"status", row.text(0, 0)},
                                          {"reason", nullable(row, 0, 1)},
                                          {"checkInId", row.text(0, 2)},
                                          {"scannedAt", row.time(0, 3)},
                                          {"overridden", nullable(row, 0, 5)},
                                          {"ticketId", nullable(row, 0, 6)},
                                          {"sessionId", nullable(row, 0, 7)},
                                          {"seatId", nullable(row, 0, 8)},
                                          {"areaId", nullable(row, 0, 9)},
                                          {"row", nullable(row, 0, 10)},
                                          {"number", nullable(row, 0, 11)},
                                          {"tariff", nullable(row, 0, 12)},
                                          {"attendee", or_null(row, 0, 13, true)}});
    mark_replayed(response, row.flag(0, 4));
    return response;
}

HttpResponse upload_check_ins(Services& services, Call& call) {
    Fields fields(call.body);
    const std::string device = fields.text("device", 1, kLabelBytes);
    const auto sent_at = fields.optional_time("sentAt");
    const std::string scans = fields.objects("scans", 1, kScansMax);
    fields.finish();
    const DbResult rows = services.db.write(
        "SELECT * FROM tix.tix_upload_check_ins_for($4::uuid, $1::text, $2::jsonb,"
        " $3::timestamptz)",
        {device, scans, sent_at, call.user_id()});
    Json results = Json::array();
    for (int i = 0; i < rows.rows(); ++i)
        results.push_back(
            {{"ordinal", rows.number(i, 0)},
             {"nonce", nullable(rows, i, 1)},
             {"status", rows.text(i, 2)},
             {"reason", nullable(rows, i, 3)},
             {"checkInId", nullable(rows, i, 4)},
             {"ticketId", nullable(rows, i, 5)},
             {"seatId", nullable(rows, i, 6)},
             {"scannedAt", nullable_time(rows, i, 7)},
             {"corrected", rows.flag(i, 8)},
             {"replayed", rows.flag(i, 9)},
             {"conflicts", rows.null(i, 10) ? Json::array() : Json::parse(rows.text(i, 10))},
             {"malformed", nullable(rows, i, 11)}});
    return answer(call, std::move(results));
}

HttpResponse get_manifest(Services& services, Call& call) {
    const std::string session = query_id(call, "sessionId");
    const std::string gate = query_id(call, "gateId");
    const auto cursor = call.query_value("cursor");
    if (cursor && (cursor->empty() || cursor->size() > kLabelBytes))
        refuse("cursor", "must be the nextCursor of the page before");
    const auto limit = call.query_number("limit", kTicketsDefault, 1, kTicketsMax);
    const DbResult row = services.db.read(
        "SELECT * FROM tix.tix_check_in_manifest_for($5::uuid, $1::uuid, $2::uuid, $3::text,"
        " $4::int)",
        {session, gate, cursor, std::to_string(limit), call.user_id()});
    std::optional<std::string> next;
    if (!row.null(0, 5)) next = row.text(0, 5);
    return answer(call,
                  {{"sessionId", session},
                   {"gateId", gate},
                   {"revocationsSeq", row.text(0, 0)},
                   {"madeAt", row.time(0, 1)},
                   {"publicKeys", or_null(row, 0, 2, true)},
                   {"rules", or_null(row, 0, 3, true)},
                   {"tickets", or_null(row, 0, 4, true)}},
                  200, next);
}

HttpResponse get_revocations(Services& services, Call& call) {
    const std::string session = query_id(call, "sessionId");
    const auto since = call.query_number("since", 0, 0, INT64_MAX);
    const auto limit = call.query_number("limit", kRevocationsDefault, 1, kRevocationsMax);
    DbResult rows = [&] {
        try {
            return services.db.read(
                "SELECT * FROM tix.tix_revocations_for($4::uuid, $1::uuid, $2::bigint, $3::int)",
                {session, std::to_string(since), std::to_string(limit), call.user_id()});
        } catch (const DbError& error) {
            // All else was checked: the feed has not come that far.
            if (error.sqlstate == "22023") throw ProblemError(make_problem("resync"));
            throw;
        }
    }();
    std::string seq = std::to_string(since);
    Json revocations = Json::array();
    for (int i = 0; i < rows.rows(); ++i) {
        seq = rows.text(i, 0);
        revocations.push_back({{"seq", seq},
                               {"ticketId", rows.text(i, 1)},
                               {"issue", rows.number(i, 2)},
                               {"reason", rows.text(i, 3)},
                               {"at", rows.time(i, 4)}});
    }
    return answer(call, {{"seq", seq}, {"revocations", std::move(revocations)}});
}

HttpResponse get_ticket_keys(Services& services, Call& call) {
    const DbResult rows = services.db.read("SELECT * FROM tix.tix_ticket_public_keys()", {});
    Json keys = Json::array();
    for (int i = 0; i < rows.rows(); ++i)
        keys.push_back({{"keyId", rows.number(i, 0)},
                        {"publicKey", crypto::base64url_encode(rows.bytes(i, 1))},
                        {"activeFrom", rows.time(i, 2)},
                        {"retiredAt", nullable_time(rows, i, 3)}});
    return answer(call, std::move(keys));
}

}  // namespace tix::gateway
