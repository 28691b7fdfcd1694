// The promises of the JSON reader: limits at their edges, and no echo of what was sent.
#include "json/json.hpp"

#include <gtest/gtest.h>

#include <cstdint>

namespace tix::gateway {
namespace {

std::optional<Json> parse(std::string_view text, const JsonLimits& limits = {}) {
    std::string error;
    auto json = parse_json(text, limits, error);
    EXPECT_EQ(json.has_value(), error.empty()) << text.substr(0, 60);
    return json;
}

std::string error_of(std::string_view text, const JsonLimits& limits = {}) {
    std::string error;
    return parse_json(text, limits, error) ? "accepted" : error;
}

std::string nested(std::size_t depth, const std::string& open, const std::string& shut) {
    std::string text;
    for (std::size_t i = 0; i < depth; ++i)
        text += open;
    for (std::size_t i = 0; i < depth; ++i)
        text += shut;
    return text;
}

std::string zeros(std::size_t count) {
    std::string text = "[0";
    for (std::size_t i = 1; i < count; ++i)
        text += ",0";
    return text + "]";
}

TEST(JsonReader, a_document_comes_out_as_it_went_in) {
    const std::string text = R"({"a":[1,-2,3.5,true,false,null,"é😀"],"b":{"c":{}},"d":""})";
    const auto json = parse(text);
    ASSERT_TRUE(json);
    EXPECT_EQ(json->dump(), text);
    EXPECT_EQ(*parse(" \r\n\t7 "), 7);
    EXPECT_EQ((*parse(R"("\u00e9\n\ud83d\ude00")")), "é\n😀");
}

TEST(JsonReader, depth_is_limited_at_its_edge) {
    EXPECT_TRUE(parse(nested(16, "[", "]")));
    EXPECT_EQ(error_of(nested(17, "[", "]")), "deeper than 16 levels, after value 16");
    EXPECT_TRUE(parse(R"({"a":[]})", {.depth = 2}));
    EXPECT_EQ(error_of(R"({"a":[{}]})", {.depth = 2}), "deeper than 2 levels, after value 2");
    EXPECT_TRUE(parse("[[],[],[]]", {.depth = 2}));  // side by side is not deeper
    EXPECT_EQ(error_of(std::string(60000, '[')), "deeper than 16 levels, after value 16");
}

TEST(JsonReader, elements_are_limited_at_their_edge) {
    EXPECT_TRUE(parse(zeros(19'999)));  // and the array
    EXPECT_EQ(error_of(zeros(20'000)), "more than 20000 values, after value 20000");
    EXPECT_TRUE(parse(R"({"a":{},"b":[1]})", {.elements = 4}));
    EXPECT_EQ(error_of(R"({"a":{},"b":[1]})", {.elements = 3}),
              "more than 3 values, after value 3");
    EXPECT_EQ(error_of(R"({"a":{}})", {.elements = 1}), "more than 1 values, after value 1");
}

TEST(JsonReader, a_repeated_key_is_refused_in_its_object_only) {
    EXPECT_EQ(error_of(R"({"a":1,"a":1})"), "a key is repeated in its object, after value 2");
    EXPECT_EQ(error_of(R"([{"x":{"a":1,"b":2,"a":3}}])").substr(0, 17), "a key is repeated");
    EXPECT_EQ(error_of(R"({"a":1,"\u0061":2})").substr(0, 17), "a key is repeated");
    EXPECT_EQ(error_of(R"({"a":{},"a":[]})").substr(0, 17), "a key is repeated");
    EXPECT_TRUE(parse(R"([{"a":1},{"a":{"a":2}}])"));
}

TEST(JsonReader, numbers_keep_to_int64_and_double) {
    EXPECT_EQ(parse("9223372036854775807")->get<std::int64_t>(), INT64_MAX);
    EXPECT_EQ(parse("-9223372036854775808")->get<std::int64_t>(), INT64_MIN);
    EXPECT_EQ(parse("1")->type(), Json::value_t::number_integer);
    EXPECT_EQ(*parse("1e308"), 1e308);
    for (const char* text : {"9223372036854775808", "-9223372036854775809", "18446744073709551615",
                             "18446744073709551616", "123456789012345678901234567890"})
        EXPECT_EQ(error_of(text), "an integer is too large, after value 0") << text;
    for (const char* text : {"1e309", "-1e309", "1e99999999999"})
        EXPECT_EQ(error_of(text).substr(0, 24), "a number is out of range") << text;
}

TEST(JsonReader, what_is_not_json_is_refused) {
    for (const char* text : {"",
                             " ",
                             "{",
                             "[",
                             "[1",
                             "[1,]",
                             "{\"a\":1,}",
                             "{a:1}",
                             "{'a':1}",
                             "{\"a\" 1}",
                             "{1:2}",
                             "nul",
                             "True",
                             "NaN",
                             "Infinity",
                             "-Infinity",
                             "-",
                             "+1",
                             "01",
                             "1.",
                             ".5",
                             "1e",
                             "0x10",
                             "\"",
                             "\"\\x\"",
                             "\"\\u12\"",
                             "\"\t\"",
                             "\"a\nb\"",
                             "[1 2]",
                             "]",
                             "}",
                             "[}",
                             "// c\n1",
                             "/* c */1",
                             "1 // c",
                             "[1]]",
                             "{} {}",
                             "1 2",
                             "{}x",
                             "\"\\ud800\"",
                             "\"\\udc00x\"",
                             "\"\\ud800\\u0041\""})
        EXPECT_FALSE(parse(text)) << text;
}

TEST(JsonReader, text_after_the_document_is_refused_behind_a_nul_too) {
    EXPECT_FALSE(parse(std::string_view("{}\0", 3)));
    EXPECT_FALSE(parse(std::string_view("{}\0{\"role\":\"admin\"}", 19)));
    EXPECT_FALSE(parse(std::string_view("\0", 1)));
    EXPECT_EQ(error_of(std::string_view("[1\0", 3)), "not valid JSON at byte 3");
}

TEST(JsonReader, strings_are_utf8_without_nul) {
    for (const char* text : {"\"\xFF\"", "\"\xC0\x80\"", "\"\xED\xA0\x80\"", "\"\xC3\"",
                             "\"\xF4\x90\x80\x80\"", "{\"\xFF\":1}"})
        EXPECT_FALSE(parse(text)) << testing::PrintToString(text);
    EXPECT_EQ(error_of(R"(["a\u0000b"])"), "a string holds a NUL character, after value 1");
    EXPECT_EQ(error_of(R"({"a\u0000b":1})"), "a key holds a NUL character, after value 1");
}

TEST(JsonReader, errors_do_not_repeat_what_was_sent) {
    for (const char* text : {"{\"hunter2\":1,\"hunter2\":2}", "[hunter2]", "\"hunter2", "{hunter2",
                             "[\"hunter2\\u0000\"]", "[1] hunter2"})
        EXPECT_EQ(error_of(text).find("hunter2"), std::string::npos) << error_of(text);
    EXPECT_EQ(error_of("[1,x]"), "not valid JSON at byte 4");
}

TEST(JsonReader, every_cut_of_a_document_is_refused_without_a_throw) {
    const std::string text = R"({"a":[1,-2,3.5e2,true,null,"\u00e9\n"],"b":{"c":{}}})";
    for (std::size_t size = 0; size < text.size(); ++size)
        EXPECT_FALSE(parse(text.substr(0, size))) << size;
    for (std::size_t i = 0; i < text.size(); ++i)
        for (const char c : {'\0', '\x80', '"', '{', ']', '\\', ','}) {
            std::string mangled = text;
            mangled[i] = c;
            std::string error;
            EXPECT_NO_THROW(parse_json(mangled, {}, error));
        }
}

}  // namespace
}  // namespace tix::gateway
