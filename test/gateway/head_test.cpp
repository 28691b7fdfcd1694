// The promises of the head check: one reading of every request, whoever else reads it too.
#include "http/head.hpp"

#include <gtest/gtest.h>

#include <cctype>
#include <limits>

namespace tix::gateway {
namespace {

using namespace std::string_literals;

constexpr char kLine[] = "GET /v1/orders HTTP/1.1\r\n";

std::string fault_of(std::string head, const HeadLimits& limits = {}) {
    const Head checked = check_head(head, limits);
    return checked.fault == nullptr ? "good" : checked.fault;
}

// A head with these lines, each complete, besides Host.
std::string with(const std::string& fields) {
    return kLine + "Host: tix\r\n"s + fields + "\r\n";
}

std::string with_line(const std::string& line) {
    return line + "\r\nHost: tix\r\n\r\n";
}

Head checked(std::string head) {
    return check_head(head, HeadLimits());
}

bool is_token_char(unsigned char c) {
    return std::isalnum(c) != 0 ||
           (c != 0 && "!#$%&'*+-.^_`|~"s.find(char(c)) != std::string::npos);
}

TEST(Head, a_plain_request_is_good_and_has_no_body) {
    const Head head = checked(with("Accept: */*\r\nX-Empty:\r\nX-Colons: a:b: c\r\n"));
    EXPECT_EQ(head.fault, nullptr);
    EXPECT_EQ(head.content_length, 0U);
    EXPECT_FALSE(head.expects_continue);
}

TEST(Head, only_the_two_versions_of_one_protocol_are_spoken) {
    EXPECT_EQ(fault_of(with_line("GET / HTTP/1.1")), "good");
    EXPECT_EQ(fault_of(with_line("GET / HTTP/1.0")), "good");
    for (const char* version :
         {"HTTP/1.2", "HTTP/2.0", "HTTP/0.9", "HTTP/11", "http/1.1", "HTTP/1.1 ", "HTTP/1.10",
          "HTTP/1.", "HTTP/1", "HTTPS/1.1", "HTTP/01.1", "HTTP/1.1\r", ""})
        EXPECT_EQ(fault_of(with_line("GET / "s + version)), "malformed_request") << version;
}

TEST(Head, a_request_line_has_exactly_three_parts) {
    for (const char* line : {"GET", "GET ", "GET /", "GET / ", "GET HTTP/1.1", "GET  HTTP/1.1",
                             "/ HTTP/1.1", "GET  / HTTP/1.1", "GET /  HTTP/1.1", " GET / HTTP/1.1",
                             "GET / x HTTP/1.1", "GET\t/\tHTTP/1.1", "GET\t/ HTTP/1.1",
                             " / HTTP/1.1", "GET / HTTP/1.1\n", "\nGET / HTTP/1.1"})
        EXPECT_EQ(fault_of(with_line(line)), "malformed_request") << line;
}

TEST(Head, only_methods_of_the_interface_are_served) {
    for (const char* method : {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
        EXPECT_EQ(fault_of(with_line(method + " / HTTP/1.1"s)), "good") << method;
    for (const char* method : {"get", "Get", "GETS", "GE", "TRACE", "CONNECT", "PRI", "BREW", "!"})
        EXPECT_EQ(fault_of(with_line(method + " / HTTP/1.1"s)), "method_not_allowed") << method;
    EXPECT_EQ(fault_of(with_line("BREW pot HTTP/1.1")), "malformed_request");
}

TEST(Head, only_the_origin_form_of_a_target_is_taken) {
    for (const char* target : {"http://tix/v1/orders", "*", "tix:443", "v1/orders", "?a=b", "\\v1"})
        EXPECT_EQ(fault_of(with_line("GET "s + target + " HTTP/1.1")), "malformed_request")
            << target;
    for (const char* target : {"/", "//", "/v1/orders?a=b&c", "/%zz", "/a:b@c"})
        EXPECT_EQ(fault_of(with_line("GET "s + target + " HTTP/1.1")), "good") << target;
}

TEST(Head, each_byte_of_a_target_is_visible_ascii) {
    for (int c = 0; c < 256; ++c) {
        if (c == '#') continue;
        const std::string line = "GET /a"s + static_cast<char>(c) + "b HTTP/1.1";
        const bool good = c > 0x20 && c < 0x7f;
        EXPECT_EQ(fault_of(with_line(line)), good ? "good" : "malformed_request") << c;
    }
}

TEST(Head, each_byte_of_a_method_and_of_a_name_is_of_a_token) {
    for (int c = 0; c < 256; ++c) {
        const char byte = static_cast<char>(c);
        const char* expected = is_token_char(byte) ? "good" : "malformed_request";
        EXPECT_EQ(fault_of(with_line("G"s + byte + "T / HTTP/1.1")), c == 'E' ? "good"
                                                                     : is_token_char(byte)
                                                                         ? "method_not_allowed"
                                                                         : "malformed_request")
            << c;
        if (c == ':') continue;
        EXPECT_EQ(fault_of(with("X"s + byte + "Y: a\r\n")), expected) << c;
        EXPECT_EQ(fault_of(with("X"s + byte + ": a\r\n")), expected) << c;
        EXPECT_EQ(fault_of(with(byte + "X: a\r\n"s)), expected) << c;
    }
}

TEST(Head, each_byte_of_a_value_is_text_or_a_tab) {
    for (int c = 0; c < 256; ++c) {
        const bool good = c == '\t' || (c >= 0x20 && c != 0x7f);
        const std::string byte(1, static_cast<char>(c));
        for (const std::string& value : {byte, "a" + byte + "b", "a " + byte, byte + " b"})
            EXPECT_EQ(fault_of(with("X: " + value + "\r\n")), good ? "good" : "malformed_request")
                << c;
    }
}

TEST(Head, a_line_ends_with_both_its_characters) {
    for (const char* fields :
         {"X: a\nY: b\r\n", "X: a\n\r\n", "X: a\n", "\n", "X: a\n\n", "X: a\r\r\n",
          "X: a\rY: b\r\n", "\rX: a\r\n", "X\r: a\r\n", "X\n: a\r\n"})
        EXPECT_EQ(fault_of(with(fields)), "malformed_request") << testing::PrintToString(fields);
    EXPECT_EQ(fault_of("GET / HTTP/1.1\nHost: tix\r\n\r\n"), "malformed_request");
    EXPECT_EQ(fault_of("GET / HTTP/1.1\n\n"), "malformed_request");
}

TEST(Head, a_folded_field_is_refused) {
    for (const char* fields : {"X: a\r\n b\r\n", "X: a\r\n\tb\r\n", "X: a\r\n b: c\r\n",
                               "X:\r\n\ta: b\r\n", "X: a\r\n \r\n", "X: a\r\n\t\r\n"})
        EXPECT_EQ(fault_of(with(fields)), "malformed_request") << testing::PrintToString(fields);
    EXPECT_EQ(fault_of(kLine + " Host: tix\r\n\r\n"s), "malformed_request");
}

TEST(Head, a_field_has_a_name_and_a_colon_right_after_it) {
    for (const char* fields : {"X\r\n", "X a\r\n", ": a\r\n", ":\r\n", "X : a\r\n", "X\t: a\r\n",
                               " X: a\r\n", "Content-Length : 5\r\n", "X Y: a\r\n"})
        EXPECT_EQ(fault_of(with(fields)), "malformed_request") << fields;
}

TEST(Head, a_head_without_its_empty_line_is_refused) {
    for (const char* head :
         {"GET", "GET / HTTP/1.0", "GET / HTTP/1.0\r", "GET / HTTP/1.0\r\n",
          "GET / HTTP/1.1\r\nHost: tix\r\n", "GET / HTTP/1.1\r\nHost: tix\r\n\r"})
        EXPECT_EQ(fault_of(head), "malformed_request") << testing::PrintToString(head);
}

TEST(Head, a_host_is_needed_once_by_the_newer_version) {
    EXPECT_EQ(fault_of("GET / HTTP/1.1\r\n\r\n"), "malformed_request");
    EXPECT_EQ(fault_of("GET / HTTP/1.1\r\nX-Host: tix\r\nHosts: a\r\n\r\n"), "malformed_request");
    EXPECT_EQ(fault_of("GET / HTTP/1.1\r\nhOST: tix\r\n\r\n"), "good");
    EXPECT_EQ(fault_of("GET / HTTP/1.0\r\n\r\n"), "good");
    EXPECT_EQ(fault_of("GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n"), "malformed_request");
}

TEST(Head, a_host_is_made_of_the_characters_of_hosts) {
    const auto with_host = [](const std::string& host) {
        return fault_of("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
    };
    for (const char* good :
         {"", "tix", "TIX.example:8080", "127.0.0.1:1", "[::1]:80", "a_b~c", "%41"})
        EXPECT_EQ(with_host(good), "good") << good;
    for (const char* bad :
         {"a b", "a/b", "a\\b", "u@a", "a?b", "a#b", "<a>", "\"a\"", "a\tb", "\xC3\xA9"})
        EXPECT_EQ(with_host(bad), "malformed_request") << bad;
}

TEST(Head, a_head_does_not_start_with_an_empty_line) {
    for (const char* head : {"\r\n", "\r\n\r\n", "\r\nGET / HTTP/1.1\r\nHost: tix\r\n\r\n",
                             "\r\nTransfer-Encoding: chunked\r\nX\r\n\r\n"})
        EXPECT_EQ(fault_of(head), "malformed_request") << testing::PrintToString(head);
}

TEST(Head, a_target_has_no_fragment) {
    EXPECT_EQ(fault_of(with_line("GET /v1/orders#a HTTP/1.1")), "malformed_request");
}

TEST(Head, the_version_is_that_of_the_request_line) {
    EXPECT_EQ(fault_of("GET / HTTP/1.0\r\nVia: a HTTP/1.1\r\n\r\n"), "good");
}

TEST(Head, what_decides_about_identity_comes_once) {
    for (const char* name : {"Host", "Authorization", "Content-Type", "Content-Length"}) {
        const std::string first = name + ": 1\r\n"s;
        std::string again = first;
        for (char& c : again)
            c = static_cast<char>(std::toupper(c));
        const std::string start = kLine + (name == "Host"s ? "" : "Host: tix\r\n"s);
        EXPECT_EQ(fault_of(start + first + "\r\n"), "good") << name;
        EXPECT_EQ(fault_of(start + first + first + "\r\n"), "malformed_request") << name;
        EXPECT_EQ(fault_of(start + first + "X: a\r\n" + again + "\r\n"), "malformed_request");
    }
    EXPECT_EQ(fault_of(with("Accept: a\r\nAccept: b\r\nCookie: a\r\nCookie: b\r\n")), "good");
}

TEST(Head, a_content_length_is_digits_and_nothing_else) {
    EXPECT_EQ(checked(with("Content-Length: 12\r\n")).content_length, 12U);
    EXPECT_EQ(checked(with("CONTENT-length:0\r\n")).content_length, 0U);
    EXPECT_EQ(checked(with("Content-Length: \t 12 \t \r\n")).content_length, 12U);
    EXPECT_EQ(checked(with("Content-Length: 010\r\n")).content_length, 10U);
    EXPECT_EQ(checked(with("Content-Length: 18446744073709551615\r\n")).content_length,
              std::numeric_limits<std::size_t>::max());
    for (const char* value : {"",
                              " ",
                              "+5",
                              "-5",
                              "-0",
                              "+0",
                              "5 5",
                              "5\t5",
                              "5,5",
                              "5, 5",
                              "5;",
                              "0x5",
                              "5.0",
                              "1e3",
                              "5a",
                              "a5",
                              "\"5\"",
                              "18446744073709551616",
                              "99999999999999999999999999999999",
                              "five"})
        EXPECT_EQ(fault_of(with("Content-Length: "s + value + "\r\n")), "malformed_request")
            << value;
}

TEST(Head, any_transfer_encoding_is_refused) {
    for (const char* value : {"chunked", "identity", "", "gzip, chunked", "x", "CHUNKED"}) {
        EXPECT_EQ(fault_of(with("Transfer-Encoding: "s + value + "\r\n")), "malformed_request");
        EXPECT_EQ(fault_of(with("Content-Length: 5\r\ntRANSFER-eNCODING:"s + value + "\r\n")),
                  "malformed_request");
    }
    EXPECT_EQ(fault_of(with("TE: trailers\r\nTransfer-Encodings: a\r\n")), "good");
}

TEST(Head, only_the_one_known_expectation_is_met) {
    EXPECT_TRUE(checked(with("Expect: 100-continue\r\n")).expects_continue);
    EXPECT_TRUE(checked(with("EXPECT:\t100-Continue \r\n")).expects_continue);
    EXPECT_EQ(fault_of(with("Expect: 100-continue\r\n")), "good");
    for (const char* value : {"", "100", "100-continued", "100-continue, x", "200-ok"})
        EXPECT_EQ(fault_of(with("Expect: "s + value + "\r\n")), "malformed_request") << value;
    EXPECT_EQ(fault_of(with("Expect: 100-continue\r\nExpect: x\r\n")), "malformed_request");
}

TEST(Head, names_become_lower_case_and_nothing_else_changes) {
    std::string head =
        "GET /Range HTTP/1.1\r\nHost: Range\r\nX-Tix: A\r\nEXPECT: 100-Continue\r\n\r\n";
    const Head seen = check_head(head, HeadLimits());
    EXPECT_EQ(seen.fault, nullptr);
    EXPECT_TRUE(seen.expects_continue);
    EXPECT_EQ(head,
              "GET /Range HTTP/1.1\r\nhost: Range\r\nx-tix: A\r\nexpect: 100-Continue\r\n\r\n");
}

TEST(Head, a_connection_stays_open_as_its_version_and_the_client_say) {
    const auto stays = [](const std::string& head) { return checked(head).keep_alive; };
    EXPECT_TRUE(stays(with("")));
    EXPECT_FALSE(stays(with("Connection: close\r\n")));
    EXPECT_FALSE(stays(with("Connection: TE, Close\r\n")));
    EXPECT_FALSE(stays("GET / HTTP/1.0\r\n\r\n"));
    EXPECT_TRUE(stays("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"));
}

TEST(Head, its_views_are_what_was_sent) {
    std::string head = "PATCH /a%41?b HTTP/1.1\r\nHoSt:\ttix \r\nX-Empty:\r\nX-Code: a%41\r\n\r\n";
    const Head seen = check_head(head, HeadLimits());
    EXPECT_EQ(seen.method, "PATCH");
    EXPECT_EQ(seen.target, "/a%41?b");
    using Fields = std::vector<std::pair<std::string_view, std::string_view>>;
    EXPECT_EQ(seen.fields, (Fields{{"host", "tix"}, {"x-empty", ""}, {"x-code", "a%41"}}));
}

TEST(Head, what_identifies_a_request_comes_once) {
    for (const char* name : {"Authorization", "Content-Type", "Idempotency-Key", "X-Real-IP"})
        EXPECT_EQ(fault_of(with(name + ": a\r\n"s + name + ": a\r\n")), "malformed_request")
            << name;
}

TEST(Head, the_request_line_may_be_just_as_long_as_its_limit) {
    const HeadLimits limits;
    const std::string ends = "GET / HTTP/1.1";
    const auto line = [&](std::size_t size) {
        return with_line("GET /" + std::string(size - ends.size(), 'a') + " HTTP/1.1");
    };
    EXPECT_EQ(limits.line_bytes, 8000U);
    EXPECT_EQ(fault_of(line(limits.line_bytes)), "good");
    EXPECT_EQ(fault_of(line(limits.line_bytes + 1)), "uri_too_long");
    EXPECT_EQ(fault_of(with_line(std::string(limits.line_bytes + 1, ' '))), "uri_too_long");
    EXPECT_EQ(fault_of(line(20), {.line_bytes = 20}), "good");
    EXPECT_EQ(fault_of(line(20), {.line_bytes = 19}), "uri_too_long");
}

TEST(Head, a_field_may_be_just_as_long_as_its_limit) {
    const HeadLimits limits;
    const auto field = [](std::size_t size) {
        return with("X: " + std::string(size - 3, 'a') + "\r\n");
    };
    EXPECT_EQ(limits.field_bytes, 8000U);
    EXPECT_EQ(fault_of(field(limits.field_bytes)), "good");
    EXPECT_EQ(fault_of(field(limits.field_bytes + 1)), "headers_too_large");
    EXPECT_EQ(fault_of(field(20), {.field_bytes = 20}), "good");
    EXPECT_EQ(fault_of(field(20), {.field_bytes = 19}), "headers_too_large");
    EXPECT_EQ(fault_of(with(std::string(limits.field_bytes + 1, 'a') + "\r\n")),
              "headers_too_large");
}

TEST(Head, there_may_be_just_as_many_fields_as_the_limit) {
    const HeadLimits limits;
    const auto fields = [](std::size_t count) {  // Host is one of them
        std::string text;
        for (std::size_t i = 1; i < count; ++i)
            text += "X: a\r\n";
        return with(text);
    };
    EXPECT_EQ(limits.fields, 64U);
    EXPECT_EQ(fault_of(fields(limits.fields)), "good");
    EXPECT_EQ(fault_of(fields(limits.fields + 1)), "headers_too_large");
    EXPECT_EQ(fault_of(fields(2), {.fields = 2}), "good");
    EXPECT_EQ(fault_of(fields(3), {.fields = 2}), "headers_too_large");
}

}  // namespace
}  // namespace tix::gateway
