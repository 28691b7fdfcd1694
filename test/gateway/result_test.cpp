// The promises of a database answer: each value as PostgreSQL wrote it, arrays both ways.
#include "db/result.hpp"

#include <gtest/gtest.h>
#include <libpq-fe.h>

namespace tix::gateway {
namespace {

using namespace std::string_literals;
using Texts = std::vector<std::string>;

// One row of these values, as libpq would hand it over.
DbResult row_of(const std::vector<DbValue>& values) {
    PGresult* result = PQmakeEmptyPGresult(nullptr, PGRES_TUPLES_OK);
    std::string name = "column";
    std::vector<PGresAttDesc> columns(values.size(), {name.data(), 0, 0, 0, 25, -1, -1});
    EXPECT_NE(PQsetResultAttrs(result, static_cast<int>(columns.size()), columns.data()), 0);
    for (std::size_t i = 0; i < values.size(); ++i) {
        std::string text = values[i].value_or("");
        const int size = values[i] ? static_cast<int>(text.size()) : -1;
        EXPECT_NE(PQsetvalue(result, 0, static_cast<int>(i), text.data(), size), 0);
    }
    return DbResult(result);
}

Texts array_of(const std::string& literal) {
    return row_of({literal}).array(0, 0);
}

std::string time_of(const std::string& text) {
    return row_of({text}).time(0, 0);
}

TEST(DbResult, values_are_read_by_their_position) {
    const DbResult row = row_of({"a", "", std::nullopt, "t", "f", "caf\xC3\xA9"});
    EXPECT_EQ(row.rows(), 1);
    EXPECT_EQ(row.text(0, 0), "a");
    EXPECT_EQ(row.text(0, 1), "");
    EXPECT_EQ(row.text(0, 5), "caf\xC3\xA9");
    EXPECT_TRUE(row.flag(0, 3));
    EXPECT_FALSE(row.flag(0, 4));
}

TEST(DbResult, a_null_is_no_empty_text) {
    const DbResult row = row_of({std::nullopt, ""});
    EXPECT_TRUE(row.null(0, 0));
    EXPECT_FALSE(row.null(0, 1));
    EXPECT_EQ(row.text(0, 0), "");
    EXPECT_FALSE(row.flag(0, 0));
    EXPECT_EQ(row.number(0, 0), 0);
    EXPECT_EQ(row.array(0, 0), Texts{});
    EXPECT_EQ(row.bytes(0, 0), "");
    EXPECT_EQ(row.time(0, 0), "");
}

TEST(DbResult, a_result_without_rows_has_none) {
    const DbResult none(PQmakeEmptyPGresult(nullptr, PGRES_TUPLES_OK));
    EXPECT_EQ(none.rows(), 0);
}

TEST(DbResult, the_whole_range_of_bigint_is_read) {
    for (const std::int64_t number : {INT64_MIN, std::int64_t{-1}, std::int64_t{0}, INT64_MAX})
        EXPECT_EQ(row_of({std::to_string(number)}).number(0, 0), number);
}

TEST(DbResult, an_array_is_read_as_postgresql_prints_it) {
    EXPECT_EQ(array_of("{}"), Texts{});
    EXPECT_EQ(array_of("{a}"), Texts{"a"});
    EXPECT_EQ(array_of("{A-1,A-2,B-7}"), (Texts{"A-1", "A-2", "B-7"}));
    EXPECT_EQ(array_of("{1,-2,3}"), (Texts{"1", "-2", "3"}));
    EXPECT_EQ(array_of("{\"\"}"), Texts{""});
    EXPECT_EQ(array_of("{\"\",x,\"\"}"), (Texts{"", "x", ""}));
    EXPECT_EQ(array_of("{\"12 bis\",c}"), (Texts{"12 bis", "c"}));
    EXPECT_EQ(array_of("{\"a,b\",\"{}\",\"NULL\"}"), (Texts{"a,b", "{}", "NULL"}));
    EXPECT_EQ(array_of(R"({"a\"b","c\\d","\\\"",e})"), (Texts{"a\"b", "c\\d", "\\\"", "e"}));
    EXPECT_EQ(array_of("{caf\xC3\xA9,\"\n\t\"}"), (Texts{"caf\xC3\xA9", "\n\t"}));
}

TEST(DbResult, an_array_literal_quotes_each_element) {
    EXPECT_EQ(array_literal({}), "{}");
    EXPECT_EQ(array_literal({"a"}), "{\"a\"}");
    EXPECT_EQ(array_literal({"a", "b"}), "{\"a\",\"b\"}");
    EXPECT_EQ(array_literal({""}), "{\"\"}");
    EXPECT_EQ(array_literal({"", ""}), "{\"\",\"\"}");
    EXPECT_EQ(array_literal({"NULL", "a,b"}), "{\"NULL\",\"a,b\"}");
    EXPECT_EQ(array_literal({"a\"b\\c"}), "{\"a\\\"b\\\\c\"}");
}

TEST(DbResult, an_array_comes_back_as_it_went) {
    for (const Texts& texts :
         {Texts{}, Texts{""}, Texts{"", ""}, Texts{"a", "b"}, Texts{"{", "}", ",", "\"", "\\"},
          Texts{"\\\\\"\"", "\"}", "{}", "NULL", " a ", "\n", "caf\xC3\xA9"},
          Texts(500, "A\\\"-1")})
        EXPECT_EQ(array_of(array_literal(texts)), texts);
    std::string every;
    for (int c = 1; c < 256; ++c)
        every += static_cast<char>(c);
    EXPECT_EQ(array_of(array_literal({every, every})), (Texts{every, every}));
}

TEST(DbResult, bytes_are_decoded) {
    EXPECT_EQ(row_of({"\\x"}).bytes(0, 0), "");
    EXPECT_EQ(row_of({"\\x00ff41"}).bytes(0, 0), "\0\xFF\x41"s);
    EXPECT_EQ(row_of({"\\xDEADbeef"}).bytes(0, 0), "\xDE\xAD\xBE\xEF");
    EXPECT_EQ(row_of({"a", "\\x4242"}).bytes(0, 1), "BB");
}

TEST(DbResult, a_time_is_told_as_rfc_3339) {
    EXPECT_EQ(time_of("2026-11-21 09:00:00+00"), "2026-11-21T09:00:00Z");
    EXPECT_EQ(time_of("2026-11-21 09:00:00.123456+00"), "2026-11-21T09:00:00.123456Z");
    EXPECT_EQ(time_of("2026-11-21 09:00:00.5+00"), "2026-11-21T09:00:00.5Z");
    EXPECT_EQ(time_of("1970-01-01 00:00:00+00"), "1970-01-01T00:00:00Z");
}

TEST(DbResult, a_time_of_any_zone_has_hours_and_minutes_of_offset) {
    EXPECT_EQ(time_of("2026-11-21 09:00:00+01"), "2026-11-21T09:00:00+01:00");
    EXPECT_EQ(time_of("2026-11-21 09:00:00.25-03"), "2026-11-21T09:00:00.25-03:00");
    EXPECT_EQ(time_of("2026-11-21 09:00:00+05:30"), "2026-11-21T09:00:00+05:30");
    EXPECT_EQ(time_of("2026-11-21 09:00:00-00:30"), "2026-11-21T09:00:00-00:30");
}

}  // namespace
}  // namespace tix::gateway
