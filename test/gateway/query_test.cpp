// The promises of queries: names and values as they were meant, and nothing that is no text.
#include "pipeline/query.hpp"

#include <gtest/gtest.h>

#include "base/problem.hpp"

namespace tix::gateway {
namespace {

using Parts = std::vector<std::pair<std::string, std::string>>;

TEST(Query, names_and_values_are_decoded_in_their_order) {
    EXPECT_EQ(parse_query("b=2&a=1"), (Parts{{"b", "2"}, {"a", "1"}}));
    EXPECT_EQ(parse_query("a=x+y%20z%2B"), (Parts{{"a", "x y z+"}}));
    EXPECT_EQ(parse_query("a&b=&=c"), (Parts{{"a", ""}, {"b", ""}, {"", "c"}}));
    EXPECT_EQ(parse_query("a=1=2"), (Parts{{"a", "1=2"}}));
    EXPECT_EQ(parse_query("a=1&a=2"), (Parts{{"a", "1"}, {"a", "2"}}));
    EXPECT_EQ(parse_query("%26=%3D"), (Parts{{"&", "="}}));
    EXPECT_EQ(parse_query("&&a=1&&"), (Parts{{"a", "1"}}));
    EXPECT_EQ(parse_query(""), Parts{});
}

TEST(Query, what_is_no_text_is_refused) {
    for (const char* query :
         {"a=%", "a=%4", "a=%zz", "%00=1", "a=%00", "a=%ff", "a=%c0%af", "a=%ed%a0%80", "ok=1&a=%"})
        EXPECT_THROW(parse_query(query), ProblemError) << query;
}

TEST(Query, the_number_of_parts_is_limited_at_its_edge) {
    std::string query;
    for (std::size_t i = 0; i < kQueryParametersMax; ++i)
        query += "a&";
    EXPECT_EQ(parse_query(query).size(), kQueryParametersMax);
    EXPECT_THROW(parse_query(query + "a"), ProblemError);
}

}  // namespace
}  // namespace tix::gateway
