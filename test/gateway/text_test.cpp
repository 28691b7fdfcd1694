// The promises of text and money: strict readings, exact decimals.
#include "base/text.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "base/money.hpp"

namespace tix::gateway {
namespace {

constexpr char kUuid[] = "0190163d-8694-739b-aea5-966c26f8ad91";

TEST(Uuid, the_canonical_form_is_taken_in_either_case) {
    EXPECT_TRUE(is_uuid(kUuid));
    EXPECT_TRUE(is_uuid("0190163D-8694-739B-AEA5-966C26F8AD91"));
    EXPECT_EQ(uuid_text(*uuid_bytes("0190163D-8694-739B-AEA5-966C26F8AD91")), kUuid);
    EXPECT_EQ((*uuid_bytes(kUuid))[0], 0x01);
    EXPECT_EQ((*uuid_bytes(kUuid))[15], 0x91);
}

TEST(Uuid, nothing_else_is) {
    for (const char* text :
         {"", "0190163d8694739baea5966c26f8ad91", "{0190163d-8694-739b-aea5-966c26f8ad91}",
          "0190163d-8694-739b-aea5-966c26f8ad9", "0190163d-8694-739b-aea5-966c26f8ad911",
          " 0190163d-8694-739b-aea5-966c26f8ad9", "g190163d-8694-739b-aea5-966c26f8ad91",
          "0190163-d8694-739b-aea5-966c26f8ad91", "0190163d-8694-739b-aea5_966c26f8ad91",
          "------------------------------------", "0190163d-8694-739b-aea5-966c26f8ad9'"})
        EXPECT_FALSE(is_uuid(text)) << text;
    EXPECT_FALSE(is_uuid(std::string_view("0190163d-8694-739b-aea5-966c26f8ad9\0", 36)));
}

TEST(Int64, the_whole_range_is_read) {
    EXPECT_EQ(parse_int64("0"), 0);
    EXPECT_EQ(parse_int64("-1"), -1);
    EXPECT_EQ(parse_int64("9223372036854775807"), std::numeric_limits<std::int64_t>::max());
    EXPECT_EQ(parse_int64("-9223372036854775808"), std::numeric_limits<std::int64_t>::min());
}

TEST(Int64, sloppy_numbers_are_refused) {
    for (const char* text :
         {"", "-", "+1", " 1", "1 ", "01", "-0", "-01", "00", "1.0", "1e3", "0x1",
          "9223372036854775808", "-9223372036854775809", "--1", "1,000", "\n1"})
        EXPECT_FALSE(parse_int64(text)) << text;
    EXPECT_FALSE(parse_int64(std::string_view("1\0", 2)));
}

TEST(Utf8, well_formed_text_is_known_at_every_length) {
    for (const char* text : {"", "a", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF",
                             "\xEE\x80\x80", "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF",
                             "rang\xC3\xA9"
                             "e 12 bis"})
        EXPECT_TRUE(is_utf8(text)) << testing::PrintToString(text);
}

TEST(Utf8, overlong_surrogate_cut_and_stray_bytes_are_refused) {
    for (const char* text :
         {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC2", "\xC2\x41", "\xE0\x80\x80",
          "\xE0\x9F\xBF", "\xE2\x82", "\xED\xA0\x80", "\xED\xBF\xBF", "\xF0\x80\x80\x80",
          "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "\xFE",
          "\xF0\x9F\x98", "a\xC3"})
        EXPECT_FALSE(is_utf8(text)) << testing::PrintToString(text);
}

TEST(Percent, two_digits_in_either_case_are_one_byte) {
    std::string out = "kept ";
    EXPECT_TRUE(percent_decode("a%2Fb%2fc+d%C3%A9%00", out));
    EXPECT_EQ(out, std::string("kept a/b/c+d\xC3\xA9\0", 15));
}

TEST(Rfc3339, digits_stand_where_they_belong) {
    for (const char* text : {"2026-11-21T20:00:00Z", "2026-11-21T20:00:00.1Z",
                             "2026-11-21T20:00:00.123456789-00:30", "2026-11-21T20:00:00+14:00"})
        EXPECT_TRUE(is_rfc3339(text)) << text;
    for (const char* text : {"", "Z", "2026-11-21", "2026-11-21T20:00:00", "2026-11-21t20:00:00Z",
                             "2026-11-21T20:00:00.Z", "2026-11-21T20:00:00,1Z",
                             "2026-11-21T20:00:00ZZ", "2026-11-21T20:00:00+1400",
                             "2026-11-21T20:00:00+14:0", "+026-11-21T20:00:00Z", "infinity"})
        EXPECT_FALSE(is_rfc3339(text)) << text;
}

TEST(Percent, a_broken_encoding_is_told) {
    for (const char* text : {"%", "%2", "a%", "a%2", "%zz", "%2g", "%g2", "%%20", "% 2"}) {
        std::string out;
        EXPECT_FALSE(percent_decode(text, out)) << text;
    }
}

TEST(Money, decimals_follow_the_currency) {
    EXPECT_EQ(decimal_amount(45000, "EUR"), "450.00");
    EXPECT_EQ(decimal_amount(45000, "JPY"), "45000");
    EXPECT_EQ(decimal_amount(45000, "BHD"), "45.000");
    EXPECT_EQ(decimal_amount(45000, "CLF"), "4.5000");
    EXPECT_EQ(decimal_amount(45000, "TWD"), "450.00");
    for (const char* whole : {"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF",
                              "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"})
        EXPECT_EQ(decimal_amount(7, whole), "7") << whole;
    for (const char* thousandths : {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})
        EXPECT_EQ(decimal_amount(7, thousandths), "0.007") << thousandths;
    for (const char* ten_thousandths : {"CLF", "UYW"})
        EXPECT_EQ(decimal_amount(7, ten_thousandths), "0.0007") << ten_thousandths;
}

TEST(Money, what_was_printed_is_read_again_and_nothing_sloppy) {
    const std::int64_t most = std::numeric_limits<std::int64_t>::max();
    for (const char* currency : {"EUR", "JPY", "BHD", "CLF"})
        for (const std::int64_t minor :
             {std::int64_t{0}, std::int64_t{5}, std::int64_t{10}, std::int64_t{45000}, most})
            EXPECT_EQ(minor_units(decimal_amount(minor, currency), currency), minor) << currency;
    EXPECT_EQ(minor_units("450", "EUR"), 45000);
    EXPECT_EQ(minor_units("450.5", "EUR"), 45050);
    EXPECT_EQ(minor_units("0.0", "EUR"), 0);
    for (const char* text : {"", ".", ".5", "5.", "-1", "-0", "+1", "01", "00", "1.005", "1e3",
                             "1,5", " 1", "1 ", "0x1", "1.0.0", "1.-1", "92233720368547758.08"})
        EXPECT_FALSE(minor_units(text, "EUR")) << text;
    EXPECT_FALSE(minor_units("1.0", "JPY"));
}

TEST(Money, small_negative_and_extreme_amounts_are_exact) {
    EXPECT_EQ(decimal_amount(0, "EUR"), "0.00");
    EXPECT_EQ(decimal_amount(0, "JPY"), "0");
    EXPECT_EQ(decimal_amount(5, "EUR"), "0.05");
    EXPECT_EQ(decimal_amount(99, "EUR"), "0.99");
    EXPECT_EQ(decimal_amount(100, "EUR"), "1.00");
    EXPECT_EQ(decimal_amount(-5, "EUR"), "-0.05");
    EXPECT_EQ(decimal_amount(-5, "BHD"), "-0.005");
    EXPECT_EQ(decimal_amount(-12345, "EUR"), "-123.45");
    EXPECT_EQ(decimal_amount(-7, "JPY"), "-7");
    EXPECT_EQ(decimal_amount(std::numeric_limits<std::int64_t>::max(), "EUR"),
              "92233720368547758.07");
    EXPECT_EQ(decimal_amount(std::numeric_limits<std::int64_t>::min(), "EUR"),
              "-92233720368547758.08");
    EXPECT_EQ(decimal_amount(std::numeric_limits<std::int64_t>::min(), "JPY"),
              "-9223372036854775808");
}

}  // namespace
}  // namespace tix::gateway
