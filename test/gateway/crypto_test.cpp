// The promises of the primitives: known answers of their RFCs, and one text for each value.
#include <gtest/gtest.h>
#include <sodium.h>

#include <array>
#include <set>

#include "base/text.hpp"
#include "crypto/base64url.hpp"
#include "crypto/ed25519.hpp"
#include "crypto/equal.hpp"
#include "crypto/hmac.hpp"
#include "crypto/password.hpp"
#include "crypto/random.hpp"

namespace tix::crypto {
namespace {

std::string hex(std::string_view bytes) {
    std::string text;
    for (const char c : bytes) {
        char two[3];
        std::snprintf(two, sizeof two, "%02x", static_cast<unsigned char>(c));
        text += two;
    }
    return text;
}

TEST(Base64url, the_vectors_of_rfc_4648_hold_without_padding) {
    const std::pair<const char*, const char*> vectors[] = {
        {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},          {"foo", "Zm9v"},
        {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}, {"\xFB\xFF\xBE", "-_--"}};
    for (const auto& [bytes, text] : vectors) {
        EXPECT_EQ(base64url_encode(bytes), text);
        EXPECT_EQ(base64url_decode(text), bytes);
    }
}

TEST(Base64url, every_length_comes_back) {
    for (std::size_t size = 0; size < 200; ++size) {
        const std::string bytes = random_bytes(size);
        EXPECT_EQ(base64url_decode(base64url_encode(bytes)), bytes);
    }
}

TEST(Base64url, a_text_that_decodes_is_the_one_the_encoder_writes) {
    int accepted = 0;
    std::string text = "AAAA";
    for (std::size_t size = 1; size <= 4; ++size)
        for (int place = 0; place < static_cast<int>(size); ++place)
            for (int c = 0; c < 256; ++c) {
                text.assign(size, 'A');
                text[static_cast<std::size_t>(place)] = static_cast<char>(c);
                const auto bytes = base64url_decode(text);
                if (!bytes) continue;
                ++accepted;
                EXPECT_EQ(base64url_encode(*bytes), text);
            }
    // Of 2 characters 64 + 4 stand alone, of 3 64 + 64 + 16, of 4 four times 64.
    EXPECT_EQ(accepted, 64 + 4 + 64 + 64 + 16 + 4 * 64);
}

TEST(Base64url, other_spellings_are_refused) {
    for (const char* text : {"Zg==", "Zm8=", "Zh", "Zm9", "Zm9vY", "A", "Zm+v", "Zm/v", "Zm9v\n",
                             " Zm9v", "Zm 9v", "Zm9v.", "=", "\xC3\xA9\xC3\xA9"})
        EXPECT_FALSE(base64url_decode(text)) << text;
    EXPECT_FALSE(base64url_decode(std::string_view("Zm\0v", 4)));
}

TEST(Hmac, the_vectors_of_rfc_4231_hold) {
    EXPECT_EQ(hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    EXPECT_EQ(hex(hmac_sha256(std::string(20, '\x0b'), "Hi There")),
              "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    EXPECT_EQ(hmac_sha256("", "").size(), 32U);
}

TEST(Hmac, the_token_of_rfc_7515_a_1_verifies) {
    const auto key = base64url_decode(
        "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow");
    ASSERT_TRUE(key);
    EXPECT_EQ(base64url_encode(hmac_sha256(
                  *key,
                  "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
                  "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvb"
                  "S9pc19yb290Ijp0cnVlfQ")),
              "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
}

TEST(Equal, only_the_same_bytes_are_equal) {
    EXPECT_TRUE(equal_in_constant_time("", ""));
    EXPECT_TRUE(equal_in_constant_time("abc", "abc"));
    EXPECT_FALSE(equal_in_constant_time("abc", "abd"));
    EXPECT_FALSE(equal_in_constant_time("abc", "ab"));
    EXPECT_FALSE(equal_in_constant_time("ab", ""));
    EXPECT_FALSE(equal_in_constant_time(std::string_view("a\0b", 3), std::string_view("a\0c", 3)));
}

TEST(Random, bytes_and_uuids_do_not_repeat) {
    std::set<std::string> seen;
    for (int i = 0; i < 1000; ++i) {
        const std::string uuid = random_uuid();
        EXPECT_TRUE(gateway::is_uuid(uuid));
        EXPECT_EQ(uuid[14], '4');
        EXPECT_NE(std::string("89ab").find(uuid[19]), std::string::npos) << uuid;
        EXPECT_TRUE(seen.insert(uuid).second);
        EXPECT_TRUE(seen.insert(random_bytes(16)).second);
    }
    EXPECT_EQ(random_bytes(0), "");
}

// RFC 8037, appendix A: the key of A.1, the signature of A.4.
TEST(Ed25519, the_signature_of_rfc_8037_a_4_is_made_and_verifies) {
    const auto key =
        PrivateKey::from_raw(*base64url_decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"));
    const auto raw = base64url_decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
    const std::string text = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
    const std::string signature = key.sign(text);
    EXPECT_EQ(base64url_encode(signature),
              "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0K"
              "Ag");
    EXPECT_TRUE(PublicKey::from_raw(*raw).verify(text, signature));
    EXPECT_TRUE(key.public_key().verify(text, signature));
}

TEST(Ed25519, a_changed_bit_or_size_does_not_verify) {
    const PrivateKey key = PrivateKey::generate();
    const PublicKey public_key = key.public_key();
    const std::string signature = key.sign("message");
    EXPECT_TRUE(public_key.verify("message", signature));
    EXPECT_FALSE(public_key.verify("massage", signature));
    EXPECT_FALSE(PrivateKey::generate().public_key().verify("message", signature));
    for (std::size_t bit = 0; bit < signature.size() * 8; ++bit) {
        std::string wrong = signature;
        wrong[bit / 8] = static_cast<char>(wrong[bit / 8] ^ (1 << bit % 8));
        EXPECT_FALSE(public_key.verify("message", wrong)) << bit;
    }
    EXPECT_FALSE(public_key.verify("message", ""));
    EXPECT_FALSE(public_key.verify("message", signature.substr(1)));
    EXPECT_FALSE(public_key.verify("message", signature + "x"));
}

TEST(Ed25519, keys_travel_as_pem_and_nothing_else_is_taken) {
    const PrivateKey key = PrivateKey::generate();
    EXPECT_EQ(PrivateKey::from_pem(key.pem()).sign("m"), key.sign("m"));
    // A private key on P-256, and one with a passphrase.
    const std::string other_curve =
        "-----BEGIN PRIVATE KEY-----\n"
        "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgevZzL1gdAFr88hb2\n"
        "OF/2NxApJCzGCEDdfSp6VQO30hyhRANCAAQRWz+jn65BtOMvdyHKcvjBeBSDZH2r\n"
        "1RTwjmYSi9R/zpBnuQ4EiMnCqfMPWiZqB4QdbAd0E7oH50VpuZ1P087G\n"
        "-----END PRIVATE KEY-----\n";
    for (const std::string& pem :
         {std::string(),
          std::string("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"), other_curve,
          key.pem().substr(0, 60)}) {
        EXPECT_THROW(PrivateKey::from_pem(pem), std::invalid_argument);
        EXPECT_THROW(PublicKey::from_pem(pem), std::invalid_argument);
    }
    EXPECT_THROW(PublicKey::from_pem(key.pem()), std::invalid_argument);
    EXPECT_THROW(PrivateKey::from_raw("short"), std::invalid_argument);
    EXPECT_THROW(PublicKey::from_raw(std::string(33, 'x')), std::invalid_argument);
}

TEST(Password, only_the_right_one_verifies_and_salts_differ) {
    const std::string hash = hash_password("correct horse");
    EXPECT_TRUE(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$")) << hash;
    EXPECT_TRUE(verify_password("correct horse", hash));
    EXPECT_FALSE(verify_password("correct horsf", hash));
    EXPECT_FALSE(verify_password("", hash));
    EXPECT_NE(hash_password("correct horse"), hash);
    const std::string with_nul("pass\0word", 9);
    EXPECT_FALSE(verify_password("pass", hash_password(with_nul)));
}

TEST(Password, a_malformed_hash_fits_no_password) {
    const std::string hash = hash_password("secret");
    for (const std::string& wrong :
         {std::string(), std::string("secret"), std::string("$argon2id$"), hash.substr(0, 50),
          "x" + hash, hash + std::string(200, 'A'), hash + std::string(1, '\0'),
          std::string("$argon2i$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$AAAA"),
          std::string("$2b$12$abcdefghijklmnopqrstuv"), std::string("$argon2id$v=19$m=,t=,p=$$")})
        EXPECT_FALSE(verify_password("secret", wrong)) << wrong;
}

TEST(Password, another_algorithm_is_not_believed) {
    std::array<char, crypto_pwhash_STRBYTES> argon2i = {};
    ASSERT_EQ(
        crypto_pwhash_str_alg(argon2i.data(), "secret", 6, crypto_pwhash_argon2i_OPSLIMIT_MIN,
                              crypto_pwhash_argon2i_MEMLIMIT_MIN, crypto_pwhash_ALG_ARGON2I13),
        0);
    ASSERT_EQ(crypto_pwhash_str_verify(argon2i.data(), "secret", 6), 0);
    EXPECT_FALSE(verify_password("secret", argon2i.data()));
}

TEST(Password, the_dummy_is_constant_and_costs_as_much) {
    const std::string hash = dummy_hash();
    EXPECT_EQ(dummy_hash(), hash);
    EXPECT_TRUE(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
    EXPECT_FALSE(verify_password("", hash));
}

}  // namespace
}  // namespace tix::crypto
