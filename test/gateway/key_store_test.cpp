// The promises of the files of keys: read again when they change, never worse than before, and
// nobody who reads waits.
#include "auth/key_store.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "log/log.hpp"
#include "scratch_file.hpp"
#include "signers.hpp"
#include "tokens.hpp"

namespace tix::gateway::test {
namespace {

constexpr char kIdp[] = "https://idp";
// What is refused here on purpose is not to be read.
const bool kQuiet = (open_log("error"), true);

struct Files {
    Files() {
        settings.keys = {{"main", "HS256", secret.name(), "", ""}};
        IssuerFile issuer;
        issuer.issuer = kIdp;
        issuer.audiences = {"web"};
        issuer.algorithms = {"RS256", "EdDSA"};
        issuer.jwks_file = set.name();
        settings.issuers = {issuer};
    }
    // A new version of a file, renamed over the old as a fetcher does.
    static void replace(const ScratchFile& file, const std::string& bytes) {
        std::ofstream(file.name() + ".new", std::ios::binary) << bytes;
        std::filesystem::rename(file.name() + ".new", file.name());
    }

    ScratchFile secret{kSecret};
    ScratchFile set{key_set({ed_jwk("old")})};
    Config::Auth settings;
};

std::string kids(const KeyStore& store) {
    const auto trust = store.current();
    std::string found;
    for (const char* kid : {"old", "new", "main"})
        if (trust->issuers.at(kIdp)->keys.find(kid) != nullptr) found += kid + std::string(" ");
    return found;
}

std::string fault_of(const Config::Auth& settings) {
    try {
        const KeyStore store(settings);
    } catch (const std::exception& error) {
        return error.what();
    }
    return "good";
}

TEST(KeyStore, a_changed_file_is_read_and_an_unchanged_one_is_not) {
    Files files;
    KeyStore store(files.settings);
    EXPECT_EQ(kids(store), "old ");
    const auto before = store.current();
    EXPECT_TRUE(store.reload_changed().empty());
    EXPECT_EQ(store.current()->issuers.at(kIdp), before->issuers.at(kIdp));
    Files::replace(files.set, key_set({ed_jwk("old"), rsa_jwk("new")}));
    EXPECT_TRUE(store.reload_changed().empty());
    EXPECT_EQ(kids(store), "old new ") << "both live together";
    Files::replace(files.set, key_set({rsa_jwk("new")}));
    EXPECT_TRUE(store.reload_changed().empty());
    EXPECT_EQ(kids(store), "new ");
    EXPECT_NE(before->issuers.at(kIdp)->keys.find("old"), nullptr) << "who reads keeps what it has";
}

TEST(KeyStore, a_faulty_file_keeps_the_old_keys_and_is_told_once) {
    Files files;
    files.settings.jwks_max_bytes = 2000;
    files.settings.jwks_keys_max = 2;
    KeyStore store(files.settings);
    for (const std::string& faulty :
         {std::string(), std::string("{\"keys\":"), key_set({}), std::string(2001, ' '),
          key_set({rsa_jwk("new", also("d", "AAAA"))}),
          key_set({ed_jwk("new"), ed_jwk("b"), ed_jwk("c")})}) {
        Files::replace(files.set, faulty);
        const auto faults = store.reload_changed();
        ASSERT_EQ(faults.size(), 1U) << faulty;
        EXPECT_NE(faults[0].find(files.set.name()), std::string::npos) << faults[0];
        EXPECT_TRUE(store.reload_changed().empty()) << "told again";
        EXPECT_EQ(kids(store), "old ");
    }
    std::filesystem::remove(files.set.name());
    EXPECT_EQ(store.reload_changed().size(), 1U);
    EXPECT_TRUE(store.reload_changed().empty());
    EXPECT_EQ(kids(store), "old ");
    Files::replace(files.set, key_set({ed_jwk("new")}));
    EXPECT_TRUE(store.reload_changed().empty());
    EXPECT_EQ(kids(store), "new ");
}

TEST(KeyStore, the_size_of_a_key_set_is_limited_at_its_edge) {
    Files files;
    std::string set = key_set({ed_jwk("old")});
    files.settings.jwks_max_bytes = static_cast<std::int64_t>(set.size());
    EXPECT_EQ(fault_of(files.settings), "good");
    Files::replace(files.set, set + " ");
    EXPECT_NE(fault_of(files.settings).find("bytes"), std::string::npos);
}

TEST(KeyStore, a_reload_reads_every_file_and_keeps_what_is_faulty) {
    Files files;
    KeyStore store(files.settings);
    const auto signed_by = [&] { return store.current()->own->signer->sign("text"); };
    const std::string before = signed_by();
    Files::replace(files.secret, "short");
    Files::replace(files.set, key_set({ed_jwk("new")}));
    EXPECT_EQ(store.reload().size(), 1U);
    EXPECT_EQ(signed_by(), before);
    EXPECT_EQ(kids(store), "new ") << "one faulty file hinders no other";
    Files::replace(files.secret, std::string(32, 'n'));
    EXPECT_TRUE(store.reload().empty());
    EXPECT_NE(signed_by(), before);
}

TEST(KeyStore, a_faulty_setting_stops_the_start_and_is_named) {
    const auto with = [](auto change) {
        Files files;
        change(files.settings);
        return fault_of(files.settings);
    };
    const auto issuer = [&](auto change) {
        return with([&](Config::Auth& settings) { change(settings.issuers[0]); });
    };
    EXPECT_EQ(with([](auto&) {}), "good");
    EXPECT_EQ(with([](auto& s) { s.signing_key = "other"; }),
              "setting auth.signing_key: no key \"other\" in auth.keys can sign");
    EXPECT_EQ(with([](auto& s) { s.keys[0].alg = "none"; }),
              "setting auth.keys.main: alg must be HS256, RS256, PS256, ES256 or EdDSA");
    EXPECT_EQ(with([](auto& s) { s.keys[0].secret_file = ""; }),
              "setting auth.keys.main: HS256 needs a secret_file");
    EXPECT_EQ(with([](auto& s) { s.issuers.push_back(s.issuers[0]); }),
              "setting auth.issuers \"https://idp\": it is there twice");
    EXPECT_EQ(with([](auto& s) { s.issuers.resize(kIssuersMax + 1); }),
              "setting auth.issuers: at most 32");
    const std::string start = "setting auth.issuers \"https://idp\": ";
    EXPECT_EQ(issuer([](auto& i) { i.audiences = {}; }),
              start + "audiences must name 1 to 16 of our clients");
    EXPECT_EQ(issuer([](auto& i) { i.audiences = {""}; }), start + "an audience must not be empty");
    EXPECT_EQ(issuer([](auto& i) { i.algorithms = {}; }), start + "algorithms must not be empty");
    for (const char* alg : {"HS256", "none", "RS512", "rs256", ""})
        EXPECT_EQ(issuer([&](auto& i) { i.algorithms = {alg}; }),
                  start + "algorithms may be RS256, PS256, ES256 and EdDSA, not \"" + alg + "\"");
    EXPECT_EQ(issuer([](auto& i) { i.jwks_file = "/nowhere"; }),
              start + "the key set \"/nowhere\": it cannot be read");
    EXPECT_EQ(issuer([](auto& i) { i.jwks_file = "/"; }),
              start + "the key set \"/\": it cannot be read");
    EXPECT_NE(issuer([](auto& i) { i.issuer = "a b"; }), "good");
    EXPECT_NE(issuer([](auto& i) { i.issuer = ""; }), "good");
    EXPECT_NE(issuer([](auto& i) { i.subject_claim = ""; }), "good");
}

TEST(KeyStore, own_keys_of_every_algorithm_check_and_two_kinds_sign) {
    Files files;
    const ScratchFile rsa(rsa_signer().public_pem()), curve(curve_signer().public_pem()),
        ed(signer().pem());
    files.settings.keys.insert(files.settings.keys.end(), {{"r", "RS256", "", "", rsa.name()},
                                                           {"p", "PS256", "", "", rsa.name()},
                                                           {"e", "ES256", "", "", curve.name()},
                                                           {"o", "EdDSA", "", ed.name(), ""}});
    files.settings.signing_key = "o";
    const KeyStore store(files.settings);
    const auto own = store.current()->own;
    EXPECT_EQ(own->signer->alg_name(), "EdDSA");
    EXPECT_TRUE(own->keys.find("r")->verify("t", rsa_signer().pkcs1("t")));
    EXPECT_TRUE(own->keys.find("p")->verify("t", rsa_signer().pss("t")));
    EXPECT_TRUE(own->keys.find("e")->verify("t", curve_signer().ecdsa("t")));
    files.settings.signing_key = "r";
    EXPECT_EQ(fault_of(files.settings),
              "setting auth.signing_key: no key \"r\" in auth.keys can sign");
    files.settings.keys[1] = {"r", "RS256", "", rsa.name(), ""};
    EXPECT_EQ(fault_of(files.settings),
              "setting auth.keys.r: only HS256 and EdDSA sign, RS256 takes a public_key_file");
    files.settings.keys[1] = {"r", "RS256", "", "", curve.name()};
    EXPECT_EQ(fault_of(files.settings), "key r: not an RSA public key");
}

TEST(KeyStore, who_reads_never_sees_half_a_change) {
    Files files;
    KeyStore store(files.settings);
    std::atomic<bool> over{false};
    std::atomic<int> odd{0};
    std::atomic<std::int64_t> looks{0};
    std::vector<std::thread> readers;
    for (int i = 0; i < 3; ++i)
        readers.emplace_back([&] {
            while (!over) {
                const auto trust = store.current();
                const KeySet& keys = trust->issuers.at(kIdp)->keys;
                // Each version has exactly one of the two.
                odd += (keys.find("old") == nullptr) == (keys.find("new") == nullptr);
                ++looks;
            }
        });
    for (int i = 0; i < 200; ++i) {
        Files::replace(files.set, key_set({ed_jwk(i % 2 == 0 ? "new" : "old")}));
        EXPECT_TRUE((i % 3 == 0 ? store.reload() : store.reload_changed()).empty());
    }
    over = true;
    for (std::thread& reader : readers)
        reader.join();
    EXPECT_EQ(odd, 0);
    EXPECT_GT(looks, 0);
}

TEST(KeyStore, its_thread_finds_a_changed_file_by_itself) {
    Files files;
    KeyStore store(files.settings);
    store.start();
    Files::replace(files.set, key_set({ed_jwk("new")}));
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (kids(store) != "new " && std::chrono::steady_clock::now() < until)
        std::this_thread::yield();
    EXPECT_EQ(kids(store), "new ");
    store.stop();
}

}  // namespace
}  // namespace tix::gateway::test
