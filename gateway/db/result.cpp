// Reads libpq's results in text format.
#include "result.hpp"

#include <libpq-fe.h>

#include <charconv>

namespace tix::gateway {

DbResult::DbResult(pg_result* result) : result_(result) {}

void DbResult::Clear::operator()(pg_result* result) const {
    PQclear(result);
}

int DbResult::rows() const {
    return PQntuples(result_.get());
}

bool DbResult::null(int row, int column) const {
    return PQgetisnull(result_.get(), row, column) != 0;
}

std::string_view DbResult::text(int row, int column) const {
    return {PQgetvalue(result_.get(), row, column),
            static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
}

std::int64_t DbResult::number(int row, int column) const {
    const std::string_view digits = text(row, column);
    std::int64_t value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return value;
}

std::vector<std::string> DbResult::array(int row, int column) const {
    const std::string_view literal = text(row, column);
    std::vector<std::string> elements;
    if (literal.size() <= 2) return elements;  // {} or NULL
    bool quoted = false;
    elements.emplace_back();
    for (std::size_t i = 1; i + 1 < literal.size(); ++i) {
        const char c = literal[i];
        if (c == '\\') {
            elements.back() += literal[++i];
        } else if (c == '"') {
            quoted = !quoted;
        } else if (c == ',' && !quoted) {
            elements.emplace_back();
        } else {
            elements.back() += c;
        }
    }
    return elements;
}

std::string DbResult::bytes(int row, int column) const {
    std::size_t size = 0;
    const std::unique_ptr<unsigned char, decltype(&PQfreemem)> raw(
        PQunescapeBytea(
            reinterpret_cast<const unsigned char*>(PQgetvalue(result_.get(), row, column)), &size),
        PQfreemem);
    return {reinterpret_cast<const char*>(raw.get()), size};
}

std::string DbResult::time(int row, int column) const {
    // 2026-11-21 09:00:00.123456+00 in ISO DateStyle; the offset may have minutes.
    std::string moment(text(row, column));
    if (moment.size() < 20) return moment;
    moment[10] = 'T';
    const auto sign = moment.find_last_of("+-");
    if (moment.substr(sign + 1) == "00") return moment.substr(0, sign) + "Z";
    return moment.find(':', sign) == std::string::npos ? moment + ":00" : moment;
}

std::string array_literal(const std::vector<std::string>& elements) {
    std::string literal = "{";
    for (const std::string& element : elements) {
        if (literal.size() > 1) literal += ',';
        literal += '"';
        for (const char c : element) {
            if (c == '"' || c == '\\') literal += '\\';
            literal += c;
        }
        literal += '"';
    }
    return literal + "}";
}

}  // namespace tix::gateway
