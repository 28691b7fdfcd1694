// libpq: begin, the two import functions of the schema around one COPY, commit.
#include "plan_database.hpp"

#include <libpq-fe.h>

#include <array>
#include <charconv>
#include <cstring>
#include <memory>
#include <vector>

namespace tix::tools {
namespace {

using plan::Refusal;
using Connection = std::unique_ptr<PGconn, decltype(&PQfinish)>;
using Result = std::unique_ptr<PGresult, decltype(&PQclear)>;

constexpr std::size_t kCopyChunkBytes = 1UL << 18;

std::string trimmed(const char* text) {
    std::string line = text == nullptr ? "" : text;
    while (!line.empty() && line.back() == '\n')
        line.pop_back();
    return line;
}

std::string field(const PGresult* result, int code) {
    return trimmed(PQresultErrorField(result, code));
}

Refusal failure(PGconn* connection, const PGresult* result) {
    std::string message = field(result, PG_DIAG_MESSAGE_PRIMARY);
    if (message.empty()) message = trimmed(PQerrorMessage(connection));
    std::string hint = field(result, PG_DIAG_MESSAGE_HINT);
    const std::string state = field(result, PG_DIAG_SQLSTATE);
    if (state == "42883" || state == "42P01" || state == "3F000")
        hint = "The tix schema is missing or old in this database: apply the migrations.";
    return {message, field(result, PG_DIAG_MESSAGE_DETAIL), hint};
}

// Runs one statement with text parameters; a result other than `wanted` is a refusal.
std::optional<Refusal> run(PGconn* connection, const char* sql,
                           const std::vector<std::string>& values, ExecStatusType wanted,
                           Result& result) {
    std::vector<const char*> pointers;
    for (const std::string& value : values)
        pointers.push_back(value.c_str());
    result.reset(PQexecParams(connection, sql, static_cast<int>(values.size()), nullptr,
                              pointers.data(), nullptr, nullptr, 0));
    if (PQresultStatus(result.get()) == wanted) return std::nullopt;
    return failure(connection, result.get());
}

void append_number(std::string& line, double value) {
    std::array<char, 32> digits = {};
    const auto end =
        std::to_chars(digits.data(), digits.data() + digits.size(), static_cast<float>(value));
    line.append(digits.data(), end.ptr);
}

void append_text(std::string& line, const std::string& text) {
    for (const char c : text) {
        if (c == '\\') line += '\\';
        line += c;
    }
}

std::optional<Refusal> copy_seats(PGconn* connection, const plan::Layout& layout,
                                  const std::string& seat_map_id) {
    Result result(nullptr, PQclear);
    const std::string sql =
        std::string("COPY tix.seat_map_seats (seat_map_id, ") + kSeatColumns + ") FROM STDIN";
    if (auto refusal = run(connection, sql.c_str(), {}, PGRES_COPY_IN, result)) return refusal;
    std::string chunk;
    for (std::size_t i = 0; i < layout.seats.size(); ++i) {
        chunk += seat_map_id + "\t" + copy_line(layout.seats[i], i);
        if (chunk.size() < kCopyChunkBytes && i + 1 < layout.seats.size()) continue;
        if (PQputCopyData(connection, chunk.data(), static_cast<int>(chunk.size())) != 1)
            return failure(connection, nullptr);
        chunk.clear();
    }
    if (PQputCopyEnd(connection, nullptr) != 1) return failure(connection, nullptr);
    std::optional<Refusal> refusal;
    while (PGresult* next = PQgetResult(connection)) {
        result.reset(next);
        if (PQresultStatus(next) != PGRES_COMMAND_OK && !refusal)
            refusal = failure(connection, next);
        if (PQstatus(connection) == CONNECTION_BAD) break;
    }
    return refusal;
}

std::optional<Refusal> import_in_transaction(PGconn* connection, const plan::Layout& layout,
                                             const std::string& venue, const std::string& sha256,
                                             Imported& imported) {
    Result result(nullptr, PQclear);
    std::string width;
    std::string height;
    append_number(width, layout.width);
    append_number(height, layout.height);
    if (auto refusal = run(connection,
                           "SELECT seat_map_id, existing FROM tix.tix_import_begin("
                           "$1::text, $2::text, $3::real, $4::real, $5::text, $6::jsonb)",
                           {venue, layout.name, width, height, sha256, layout.decoration},
                           PGRES_TUPLES_OK, result))
        return refusal;
    if (PQntuples(result.get()) != 1)
        return Refusal{"tix_import_begin returned no seat map", "", "Apply the migrations again."};
    imported.seat_map_id = PQgetvalue(result.get(), 0, 0);
    imported.existing = std::strcmp(PQgetvalue(result.get(), 0, 1), "t") == 0;
    if (imported.existing) return std::nullopt;
    if (auto refusal = copy_seats(connection, layout, imported.seat_map_id)) return refusal;
    if (auto refusal = run(connection, "SELECT tix.tix_import_finish($1::uuid)",
                           {imported.seat_map_id}, PGRES_TUPLES_OK, result))
        return refusal;
    const std::string counted = PQgetvalue(result.get(), 0, 0);
    if (counted != std::to_string(layout.seats.size()))
        return Refusal{"database counted " + counted + " seats where the plan has " +
                           std::to_string(layout.seats.size()),
                       "", "Report this; nothing was imported."};
    return std::nullopt;
}

}  // namespace

std::string copy_line(const plan::FlatSeat& seat, std::size_t ordinal) {
    std::string line = std::to_string(ordinal);
    for (const std::string* text :
         {&seat.seat_id, &seat.area_id, &seat.area_name, &seat.row_label, &seat.seat_number}) {
        line += '\t';
        append_text(line, *text);
    }
    line += '\t' + std::to_string(seat.position) + '\t';
    append_number(line, seat.x);
    line += '\t';
    append_number(line, seat.y);
    line += '\t';
    append_text(line, seat.category);
    line += seat.accessible ? "\tt\n" : "\tf\n";
    return line;
}

std::optional<Refusal> import_layout(const plan::Layout& layout, const std::string& venue,
                                     const std::string& sha256, Imported& imported) {
    const std::array<const char*, 3> keys = {"client_encoding", "fallback_application_name",
                                             nullptr};
    const std::array<const char*, 3> values = {"UTF8", "tix-import", nullptr};
    const Connection connection(PQconnectdbParams(keys.data(), values.data(), 0), PQfinish);
    if (PQstatus(connection.get()) != CONNECTION_OK)
        return Refusal{trimmed(PQerrorMessage(connection.get())), "",
                       "Start the server with \"make up\", then \". .run/env\"."};
    Result result(nullptr, PQclear);
    if (auto refusal = run(connection.get(), "BEGIN", {}, PGRES_COMMAND_OK, result)) return refusal;
    if (auto refusal = import_in_transaction(connection.get(), layout, venue, sha256, imported))
        return refusal;
    return run(connection.get(), "COMMIT", {}, PGRES_COMMAND_OK, result);
}

}  // namespace tix::tools
