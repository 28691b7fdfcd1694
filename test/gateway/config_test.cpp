// The promises of the configuration file: defaults, bounds at their edges, nothing half understood.
#include "config/config.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "scratch_file.hpp"
#include "settings.hpp"

namespace tix::gateway {
namespace {

using namespace std::string_literals;

Config config_of(const std::string& toml) {
    return read_config(ScratchFile(toml).name());
}

// What is wrong with a file, or "good".
std::string fault_of(const std::string& toml) {
    try {
        config_of(toml);
    } catch (const ConfigError& error) {
        return error.what();
    }
    return "good";
}

// What a file with this one value changed: "name=value", nothing else.
std::string changed_by(const std::string& toml) {
    const auto before = values_of({});
    const auto after = values_of(config_of(toml));
    std::string changes;
    for (std::size_t i = 0; i < before.size(); ++i)
        if (after[i] != before[i]) changes += after[i].first + "=" + after[i].second + " ";
    return changes;
}

TEST(Config, an_empty_file_leaves_every_default) {
    EXPECT_EQ(values_of(config_of("")), values_of({}));
    EXPECT_EQ(values_of(config_of("# nothing\n[server]\n[auth]\n[payments.mock]\n")),
              values_of({}));
    EXPECT_TRUE(config_of("").auth.keys.empty());
}

TEST(Config, the_defaults_face_nobody_but_this_machine) {
    const Config config = config_of("");
    EXPECT_EQ(config.server.host, "127.0.0.1");
    EXPECT_EQ(config.server.port, 28434);
    EXPECT_EQ(config.server.trusted_proxies, (std::vector<std::string>{"127.0.0.1", "unix:"}));
    EXPECT_EQ(config.database.host, "127.0.0.1");
    EXPECT_EQ(config.database.port, 28433);
    EXPECT_EQ(config.mock.url, "");
    EXPECT_EQ(config.mock.secret_file, "");
    EXPECT_EQ(config.feed.publish_url, "");
}

TEST(Config, every_default_is_within_its_bounds) {
    const auto values = values_of({});
    const auto list = settings();
    ASSERT_EQ(values.size(), list.size());
    for (std::size_t i = 0; i < list.size(); ++i)
        if (list[i].kind == Kind::kNumber) {
            EXPECT_LE(list[i].lowest, std::stoll(values[i].second)) << list[i].name();
            EXPECT_GE(list[i].highest, std::stoll(values[i].second)) << list[i].name();
        }
}

TEST(Config, no_setting_is_there_twice) {
    std::set<std::string> names;
    for (const Setting& setting : settings())
        EXPECT_TRUE(names.insert(setting.name()).second) << setting.name();
}

std::string default_of(const Setting& setting) {
    for (const auto& [name, value] : values_of({}))
        if (name == setting.name()) return value;
    return "";
}

TEST(Config, each_setting_sets_itself_and_nothing_else) {
    for (const Setting& setting : settings())
        switch (setting.kind) {
            case Kind::kText:
                EXPECT_EQ(changed_by(setting.toml("\"a b\"")), setting.name() + "=a b ");
                break;
            case Kind::kList:
                EXPECT_EQ(changed_by(setting.toml("[\"a\", \"b\"]")), setting.name() + "=a;b; ");
                EXPECT_EQ(changed_by(setting.toml("[]")),
                          default_of(setting).empty() ? "" : setting.name() + "= ");
                break;
            case Kind::kNumber: {
                const auto before = values_of({});
                const std::int64_t edge = setting.highest;
                const std::string text = std::to_string(edge);
                const bool is_default = std::find(before.begin(), before.end(),
                                                  std::pair(setting.name(), text)) != before.end();
                const std::int64_t value = is_default ? setting.lowest : edge;
                EXPECT_EQ(changed_by(setting.toml(std::to_string(value))),
                          setting.name() + "=" + std::to_string(value) + " ");
                break;
            }
        }
}

TEST(Config, the_bounds_of_each_number_are_included) {
    for (const Setting& setting : settings()) {
        if (setting.kind != Kind::kNumber) continue;
        for (const std::int64_t good : {setting.lowest, setting.highest})
            EXPECT_EQ(fault_of(setting.toml(std::to_string(good))), "good") << setting.name();
        for (const std::int64_t bad :
             {setting.lowest - 1, setting.highest + 1, INT64_MIN, INT64_MAX})
            EXPECT_EQ(fault_of(setting.toml(std::to_string(bad))), setting.bounds());
    }
}

TEST(Config, a_value_is_of_the_one_type) {
    for (const Setting& setting : settings()) {
        std::vector<std::string> wrong = {"true",    "1.5", "2026-11-21",
                                          "{a = 1}", "[1]", "[[\"a\"]]"};
        if (setting.kind == Kind::kNumber) wrong.insert(wrong.end(), {"\"5\"", "5.0", "[5]"});
        if (setting.kind != Kind::kNumber) wrong.emplace_back("5");
        if (setting.kind == Kind::kText) wrong.emplace_back("[\"a\"]");
        if (setting.kind == Kind::kList) wrong.insert(wrong.end(), {"\"a\"", "[\"a\", 1]"});
        const std::string expected = "setting " + setting.name() + " must be " +
                                     (setting.kind == Kind::kText     ? "a string"
                                      : setting.kind == Kind::kNumber ? "a whole number"
                                                                      : "a list of strings");
        for (const std::string& value : wrong)
            EXPECT_EQ(fault_of(setting.toml(value)), expected) << value;
    }
}

TEST(Config, an_unknown_key_is_named) {
    EXPECT_EQ(fault_of("port = 1"), "setting port is no known setting");
    EXPECT_EQ(fault_of("[server]\nprot = 1"), "setting server.prot is no known setting");
    EXPECT_EQ(fault_of("[server]\nPort = 1"), "setting server.Port is no known setting");
    EXPECT_EQ(fault_of("[sever]\nport = 1"), "setting sever is no known setting");
    EXPECT_EQ(fault_of("[sever]\n"), "setting sever is no known setting");
    EXPECT_EQ(fault_of("[server.more]\n"), "setting server.more is no known setting");
    EXPECT_EQ(fault_of("[payments]\nurl = \"x\""), "setting payments.url is no known setting");
    EXPECT_EQ(fault_of("[payments.other]\n"), "setting payments.other is no known setting");
    EXPECT_EQ(fault_of("[mock]\nurl = \"x\""), "setting mock is no known setting");
    EXPECT_EQ(fault_of("[payments.mock]\nsecret = \"x\""),
              "setting payments.mock.secret is no known setting");
}

TEST(Config, a_quoted_name_with_dots_is_no_path_to_a_setting) {
    for (const char* toml : {"\"server.port\" = 5", "[\"payments.mock\"]\nurl = \"u\"",
                             "[payments]\n\"mock.url\" = \"u\""})
        EXPECT_NE(fault_of(toml), "good") << toml;
}

TEST(Config, a_section_is_a_table) {
    for (const char* toml : {"server = 1", "server = \"a\"", "server = []", "[[server]]\nport = 1",
                             "payments = 1", "[payments]\nmock = \"x\"", "[[payments.mock]]"})
        EXPECT_EQ(fault_of(toml).rfind("setting ", 0), 0U) << toml;
}

TEST(Config, a_table_may_be_written_in_any_of_its_forms) {
    EXPECT_EQ(changed_by("server.port = 5"), "server.port=5 ");
    EXPECT_EQ(changed_by("server = {port = 0x10}"), "server.port=16 ");
    EXPECT_EQ(changed_by("[payments]\nmock = {url = \"u\"}"), "payments.mock.url=u ");
    EXPECT_EQ(changed_by("[payments]\nmock.url = \"u\""), "payments.mock.url=u ");
}

TEST(Config, the_mock_provider_has_its_own_section) {
    const Config config = config_of("[payments.mock]\nurl = \"http://u\"\nsecret_file = \"s\"\n");
    EXPECT_EQ(config.mock.url, "http://u");
    EXPECT_EQ(config.mock.secret_file, "s");
}

TEST(Config, keys_are_read_in_their_order) {
    const Config config = config_of(
        "[[auth.keys]]\nkid = \"a\"\nalg = \"HS256\"\nsecret_file = \"s\"\n"
        "[[auth.keys]]\nkid = \"b\"\nalg = \"EdDSA\"\nprivate_key_file = \"p\"\n"
        "[[auth.keys]]\nkid = \"c\"\npublic_key_file = \"q\"\n[auth]\nissuer = \"i\"\n");
    ASSERT_EQ(config.auth.keys.size(), 3U);
    const KeyFile& first = config.auth.keys[0];
    EXPECT_EQ(first.kid + first.alg + first.secret_file, "aHS256s");
    EXPECT_EQ(first.private_key_file + first.public_key_file, "");
    EXPECT_EQ(config.auth.keys[1].kid, "b");
    EXPECT_EQ(config.auth.keys[1].private_key_file, "p");
    EXPECT_EQ(config.auth.keys[1].secret_file, "");
    EXPECT_EQ(config.auth.keys[2].public_key_file, "q");
    EXPECT_EQ(config.auth.keys[2].private_key_file, "");
    EXPECT_EQ(config.auth.issuer, "i");
    EXPECT_EQ(config_of("[auth]\nkeys = [{kid = \"x\"}]").auth.keys.at(0).kid, "x");
}

TEST(Config, keys_are_tables_of_strings_with_known_names) {
    for (const char* toml : {"[auth]\nkeys = 1", "[auth]\nkeys = \"a\"", "[auth]\nkeys = [1]",
                             "[auth]\nkeys = [{kid = \"x\"}, 1]", "[auth.keys]\nkid = \"a\""})
        EXPECT_EQ(fault_of(toml), "setting auth.keys must be tables [[auth.keys]]") << toml;
    for (const char* name : {"kid", "alg", "secret_file", "private_key_file", "public_key_file"})
        for (const char* value : {"1", "true", "[\"a\"]"})
            EXPECT_EQ(fault_of("[[auth.keys]]\n"s + name + " = " + value),
                      "setting auth.keys."s + name + " must be a string");
    EXPECT_EQ(fault_of("[[auth.keys]]\nsecret = \"s\""),
              "setting auth.keys.secret is no known setting");
}

TEST(Config, a_fault_of_syntax_names_the_file_and_the_line) {
    for (const auto& [toml, line] :
         std::vector<std::pair<std::string, int>>{{"[server\n", 1},
                                                  {"[server]\nport = \n", 2},
                                                  {"[server]\n\n\nport = 1\nport = 2\n", 5},
                                                  {"a b\n", 1},
                                                  {"[server]\nhost = 'x\n", 2}}) {
        const ScratchFile file(toml);
        try {
            read_config(file.name());
            ADD_FAILURE() << toml;
        } catch (const ConfigError& error) {
            const std::string place = file.name() + ":" + std::to_string(line) + ": ";
            EXPECT_EQ(std::string(error.what()).substr(0, place.size()), place) << toml;
            EXPECT_GT(std::string(error.what()).size(), place.size());
        }
    }
}

TEST(Config, a_file_that_is_not_there_is_named) {
    try {
        read_config("/nowhere/gateway.toml");
        ADD_FAILURE();
    } catch (const ConfigError& error) {
        EXPECT_NE(std::string(error.what()).find("/nowhere/gateway.toml"), std::string::npos);
    }
}

TEST(Config, a_directory_is_no_file) {
    EXPECT_THROW(read_config(testing::TempDir()), ConfigError);
}

TEST(Config, the_table_has_one_row_for_each_setting_in_order) {
    std::istringstream table(settings_table());
    std::string row;
    for (const Setting& setting : settings()) {
        ASSERT_TRUE(std::getline(table, row)) << setting.name();
        EXPECT_EQ(row.rfind("| `" + setting.name() + "` | ", 0), 0U) << row;
        EXPECT_EQ(std::count(row.begin(), row.end(), '|'), 6) << row;
        EXPECT_EQ(row.substr(row.size() - 2), " |");
    }
    EXPECT_FALSE(std::getline(table, row)) << row;
}

TEST(Config, a_row_tells_default_unit_bounds_and_meaning) {
    const std::string table = settings_table();
    for (const char* row :
         {"| `server.keep_alive_s` | 75 | s | 1–3600 | longest pause between two requests of a "
          "connection |\n",
          "| `database.name` | \"tix\" |  |  | database |\n",
          "| `database.password_file` |  |  |  | file with the role's password |\n",
          "| `server.trusted_proxies` | [\"127.0.0.1\", \"unix:\"] |  |  | peers whose X-Real-IP "
          "is "
          "believed; unix: is who comes by the socket |\n"})
        EXPECT_NE(table.find(row), std::string::npos) << row;
}

TEST(Secret, it_is_the_bytes_of_the_file_without_one_final_newline) {
    for (const auto& [bytes, secret] :
         std::vector<std::pair<std::string, std::string>>{{"s3cret", "s3cret"},
                                                          {"s3cret\n", "s3cret"},
                                                          {"a\n\n", "a\n"},
                                                          {" a b ", " a b "},
                                                          {"\0\xFF\n"s, "\0\xFF"s},
                                                          {"a\nb\n", "a\nb"},
                                                          {"a\r\n", "a\r"}})
        EXPECT_EQ(read_secret("k", ScratchFile(bytes).name()), secret);
}

TEST(Secret, an_empty_or_missing_file_is_refused_and_the_key_named) {
    const auto fault = [](const std::string& file) -> std::string {
        try {
            return "good: " + read_secret("auth.keys.secret_file", file);
        } catch (const ConfigError& error) {
            return error.what();
        }
    };
    const std::string start = "setting auth.keys.secret_file: ";
    for (const char* bytes : {"", "\n"})
        EXPECT_EQ(fault(ScratchFile(bytes).name()).rfind(start, 0), 0U);
    EXPECT_EQ(fault("").rfind(start, 0), 0U);
    EXPECT_EQ(fault("/nowhere/secret"), start + "the file \"/nowhere/secret\" cannot be read");
}

TEST(Secret, a_directory_is_no_secret) {
    EXPECT_THROW(read_secret("k", testing::TempDir()), ConfigError);
}

}  // namespace
}  // namespace tix::gateway
