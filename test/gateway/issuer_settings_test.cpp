// The promises of the tables [[auth.issuers]]: defaults, bounds at their edges, nothing half
// understood.
#include <gtest/gtest.h>

#include "config/config.hpp"
#include "scratch_file.hpp"

namespace tix::gateway {
namespace {

IssuerFile issuer_of(const std::string& toml) {
    return read_config(ScratchFile("[[auth.issuers]]\n" + toml).name()).auth.issuers.at(0);
}

// What is wrong with a table, or "good".
std::string fault_of(const std::string& toml) {
    try {
        issuer_of(toml);
    } catch (const ConfigError& error) {
        return error.what();
    }
    return "good";
}

TEST(IssuerSettings, an_empty_table_leaves_every_default) {
    const IssuerFile issuer = issuer_of("");
    EXPECT_EQ(issuer.algorithms, std::vector<std::string>{"RS256"});
    EXPECT_EQ(
        issuer.subject_claim + issuer.email_claim + issuer.email_verified_claim + issuer.name_claim,
        "subemailemail_verifiedname");
    EXPECT_FALSE(issuer.emails_are_verified);
    EXPECT_EQ(issuer.leeway_s, 30);
    EXPECT_EQ(issuer.token_age_max_s, 3600);
    EXPECT_TRUE(read_config(ScratchFile("").name()).auth.issuers.empty());
}

TEST(IssuerSettings, each_member_sets_itself) {
    const IssuerFile issuer = issuer_of(
        "issuer = \"i\"\naudiences = [\"a\", \"b\"]\njwks_file = \"f\"\n"
        "algorithms = [\"ES256\"]\nsubject_claim = \"s\"\nemail_claim = \"e\"\n"
        "email_verified_claim = \"v\"\nemails_are_verified = true\nname_claim = \"n\"\n"
        "leeway_s = 5\ntoken_age_max_s = 60\n");
    EXPECT_EQ(issuer.issuer + issuer.jwks_file, "if");
    EXPECT_EQ(issuer.audiences, (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(issuer.algorithms, std::vector<std::string>{"ES256"});
    EXPECT_EQ(
        issuer.subject_claim + issuer.email_claim + issuer.email_verified_claim + issuer.name_claim,
        "sevn");
    EXPECT_TRUE(issuer.emails_are_verified);
    EXPECT_EQ(issuer.leeway_s, 5);
    EXPECT_EQ(issuer.token_age_max_s, 60);
}

TEST(IssuerSettings, numbers_are_bounded_at_their_edges) {
    for (const char* good :
         {"leeway_s = 0", "leeway_s = 300", "token_age_max_s = 10", "token_age_max_s = 86400"})
        EXPECT_EQ(fault_of(good), "good") << good;
    for (const char* bad : {"leeway_s = -1", "leeway_s = 301"})
        EXPECT_EQ(fault_of(bad), "setting auth.issuers.leeway_s must be from 0 to 300") << bad;
    for (const char* bad : {"token_age_max_s = 9", "token_age_max_s = 86401"})
        EXPECT_EQ(fault_of(bad), "setting auth.issuers.token_age_max_s must be from 10 to 86400")
            << bad;
}

TEST(IssuerSettings, a_member_is_known_and_of_its_type) {
    EXPECT_EQ(fault_of("isuer = \"x\""), "setting auth.issuers.isuer is no known setting");
    EXPECT_EQ(fault_of("\"a.b\" = \"x\""), "setting auth.issuers.a.b is no known setting");
    EXPECT_EQ(fault_of("issuer = 1"), "setting auth.issuers.issuer must be a string");
    EXPECT_EQ(fault_of("audiences = \"web\""),
              "setting auth.issuers.audiences must be a list of strings");
    EXPECT_EQ(fault_of("algorithms = [1]"),
              "setting auth.issuers.algorithms must be a list of strings");
    EXPECT_EQ(fault_of("emails_are_verified = \"yes\""),
              "setting auth.issuers.emails_are_verified must be true or false");
    EXPECT_EQ(fault_of("leeway_s = 1.5"), "setting auth.issuers.leeway_s must be a whole number");
    for (const char* toml :
         {"[auth]\nissuers = 1", "[auth]\nissuers = [\"x\"]", "[auth.issuers]\nissuer = \"x\""})
        EXPECT_THROW(read_config(ScratchFile(toml).name()), ConfigError) << toml;
}

}  // namespace
}  // namespace tix::gateway
