// The promises of the environment: it overrides every setting, as strictly as the file is read.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "config/config.hpp"
#include "scratch_file.hpp"
#include "settings.hpp"

namespace tix::gateway {
namespace {

// What is wrong with the environment, or "good".
std::string fault_of(const Environment& environment, const std::string& toml = "") {
    try {
        read_config(ScratchFile(toml).name(), environment);
    } catch (const ConfigError& error) {
        return error.what();
    }
    return "good";
}

TEST(Environment, a_name_in_the_environment_is_the_whole_name_in_capitals) {
    EXPECT_EQ(variable_name("server", "read_timeout_s"), "TIX_SERVER_READ_TIMEOUT_S");
    EXPECT_EQ(variable_name("payments.mock", "url"), "TIX_PAYMENTS_MOCK_URL");
}

TEST(Environment, the_environment_overrides_every_setting_of_the_file) {
    std::set<std::string> names;
    for (const Setting& setting : settings()) {
        const std::string name = variable_name(setting.section, setting.key);
        EXPECT_TRUE(names.insert(name).second) << name;
        const bool is_number = setting.kind == Kind::kNumber;
        const std::string text = is_number ? std::to_string(setting.highest) : "a,b";
        const std::string in_file = is_number                     ? std::to_string(setting.lowest)
                                    : setting.kind == Kind::kList ? "[\"f\"]"
                                                                  : "\"f\"";
        const ScratchFile file(setting.toml(in_file));
        const auto values = values_of(read_config(file.name(), {{name, text}}));
        const auto found = std::find_if(values.begin(), values.end(), [&](const auto& value) {
            return value.first == setting.name();
        });
        ASSERT_NE(found, values.end());
        EXPECT_NE(found->second, in_file) << name;
        EXPECT_TRUE(!is_number || found->second == text) << name;
    }
}

TEST(Environment, a_list_in_the_environment_is_written_with_commas) {
    const ScratchFile file("");
    const auto list = [&](const std::string& text) {
        return read_config(file.name(), {{"TIX_SERVER_TRUSTED_PROXIES", text}})
            .server.trusted_proxies;
    };
    EXPECT_EQ(list("192.0.2.1,unix:"), (std::vector<std::string>{"192.0.2.1", "unix:"}));
    EXPECT_EQ(list("192.0.2.1"), std::vector<std::string>{"192.0.2.1"});
    EXPECT_TRUE(list("").empty());
}

TEST(Environment, a_number_in_the_environment_is_read_strictly_and_bounded) {
    for (const char* bad :
         {"", " ", "1 ", " 1", "0x10", "1.5", "+1", "1e3", "ten", "99999999999999999999"})
        EXPECT_EQ(fault_of({{"TIX_SERVER_THREADS", bad}}),
                  "setting TIX_SERVER_THREADS must be a whole number")
            << bad;
    EXPECT_EQ(fault_of({{"TIX_SERVER_THREADS", "2"}}), "good");
    EXPECT_EQ(fault_of({{"TIX_SERVER_THREADS", "1"}}),
              "setting TIX_SERVER_THREADS must be from 2 to 1024");
    EXPECT_EQ(fault_of({{"TIX_SERVER_THREADS", "1025"}}),
              "setting TIX_SERVER_THREADS must be from 2 to 1024");
}

TEST(Environment, what_the_environment_overrides_must_be_right_in_the_file_all_the_same) {
    EXPECT_EQ(fault_of({{"TIX_SERVER_THREADS", "2"}}, "[server]\nthreads = 0\n"),
              "setting server.threads must be from 2 to 1024");
}

TEST(Environment, other_names_in_the_environment_are_nothing_to_it) {
    EXPECT_EQ(fault_of({{"TIX_SERVER", "x"}, {"TIX_RUN", "/x"}, {"PATH", "x"}, {"", "x"}}), "good");
}

}  // namespace
}  // namespace tix::gateway
