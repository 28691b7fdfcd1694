// The promises of RSA and P-256 keys: known answers of RFC 7515, bounds at their edges, and no
// signature of another form.
#include <gtest/gtest.h>

#include <stdexcept>

#include "crypto/p256.hpp"
#include "crypto/rsa.hpp"
#include "signers.hpp"

namespace tix::gateway::test {
namespace {

using namespace std::string_literals;
using crypto::P256Key;
using crypto::RsaKey;

constexpr char kPayload[] =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVl"
    "fQ";
constexpr char kModulus[] =
    "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4"
    "QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdb"
    "BYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-D"
    "WNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
constexpr char kOrder[] = "_____wAAAAD__________7zm-q2nF56E87nKwvxjJVE";

std::string decoded(const char* text) {
    return crypto::base64url_decode(text).value();
}

TEST(Rsa, the_signature_of_rfc_7515_a_2_verifies) {
    const RsaKey key = RsaKey::from_raw(decoded(kModulus), decoded("AQAB"));
    const std::string text = std::string("eyJhbGciOiJSUzI1NiJ9.") + kPayload;
    const std::string signature = decoded(
        "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2F"
        "p5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQB"
        "MHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeY"
        "I2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw");
    EXPECT_TRUE(key.verify_pkcs1(text, signature));
    EXPECT_FALSE(key.verify_pss(text, signature));
    EXPECT_FALSE(key.verify_pkcs1(text + "x", signature));
}

TEST(P256, the_signature_of_rfc_7515_a_3_verifies) {
    const P256Key key = P256Key::from_raw(decoded("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"),
                                          decoded("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"));
    const std::string text = std::string("eyJhbGciOiJFUzI1NiJ9.") + kPayload;
    const std::string signature = decoded(
        "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q");
    EXPECT_TRUE(key.verify(text, signature));
    EXPECT_FALSE(key.verify(text + "x", signature));
}

TEST(Rsa, each_padding_verifies_its_own_signatures_alone) {
    const RsaKey key = RsaKey::from_pem(rsa_signer().public_pem());
    EXPECT_TRUE(key.verify_pkcs1("text", rsa_signer().pkcs1("text")));
    EXPECT_TRUE(key.verify_pss("text", rsa_signer().pss("text")));
    EXPECT_FALSE(key.verify_pkcs1("text", rsa_signer().pss("text")));
    EXPECT_FALSE(key.verify_pss("text", rsa_signer().pkcs1("text")));
    EXPECT_FALSE(key.verify_pss("another", rsa_signer().pss("text")));
}

TEST(Rsa, a_salt_or_a_mask_of_another_kind_does_not_verify) {
    const RsaKey key = RsaKey::from_raw(rsa_signer().modulus(), decoded("AQAB"));
    for (const int salt : {0, 20, 31, 33, 64, 222})
        EXPECT_FALSE(key.verify_pss("text", rsa_signer().pss("text", salt))) << salt;
    EXPECT_FALSE(key.verify_pss("text", rsa_signer().pss("text", 32, EVP_sha1())));
    EXPECT_FALSE(key.verify_pss("text", rsa_signer().pss("text", 32, EVP_sha512())));
}

TEST(Rsa, a_changed_bit_or_size_does_not_verify) {
    const RsaKey key = RsaKey::from_raw(rsa_signer().modulus(), decoded("AQAB"));
    for (const bool pss : {false, true}) {
        const std::string good = pss ? rsa_signer().pss("m") : rsa_signer().pkcs1("m");
        const auto verify = [&](const std::string& signature) {
            return pss ? key.verify_pss("m", signature) : key.verify_pkcs1("m", signature);
        };
        EXPECT_TRUE(verify(good));
        for (std::size_t bit = 0; bit < good.size() * 8; bit += 37) {
            std::string wrong = good;
            wrong[bit / 8] = static_cast<char>(wrong[bit / 8] ^ (1 << bit % 8));
            EXPECT_FALSE(verify(wrong)) << bit;
        }
        for (const std::string& wrong :
             {std::string(), good.substr(1), good.substr(0, 255), good + "x",
              std::string(1, 0) + good, std::string(256, '\0'), std::string(256, '\xFF'),
              rsa_signer().modulus()})
            EXPECT_FALSE(verify(wrong)) << wrong.size();
    }
}

// An odd number of so many bits: whether it is a product of primes is its owner's business.
std::string odd_number(std::size_t bits) {
    std::string bytes((bits + 7) / 8, '\x5A');
    bytes[0] = static_cast<char>(1 << (bits - 1) % 8);
    bytes.back() = '\x5B';
    return bytes;
}

std::string fault_of(const std::string& modulus, const std::string& exponent) {
    try {
        RsaKey::from_raw(modulus, exponent);
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return "good";
}

TEST(Rsa, sizes_are_bounded_at_their_edges) {
    const std::string bad = "an RSA modulus must be odd and have 2048 to 8192 bits";
    for (const std::size_t bits : {512UL, 1024UL, 2047UL})
        EXPECT_EQ(fault_of(odd_number(bits), "\x01\x00\x01"s), bad) << bits;
    EXPECT_EQ(fault_of(odd_number(2048), "\x01\x00\x01"s), "good");
    EXPECT_EQ(fault_of(odd_number(8192), "\x01\x00\x01"s), "good");
    EXPECT_NE(fault_of(odd_number(8193), "\x01\x00\x01"s), "good");
    std::string even = odd_number(2048);
    even.back() = '\x5A';
    EXPECT_EQ(fault_of(even, "\x01\x00\x01"s), bad);
    EXPECT_NE(fault_of("\0"s + odd_number(2048), "\x01\x00\x01"s), "good") << "a leading zero";
    EXPECT_NE(fault_of("", "\x01\x00\x01"s), "good");
}

TEST(Rsa, exponents_are_bounded_at_their_edges) {
    const std::string modulus = odd_number(2048);
    for (const std::string& good : {"\x01\x00\x01"s, "\xFF\xFF\xFF\xFF"s})
        EXPECT_EQ(fault_of(modulus, good), "good");
    for (const std::string& bad :
         {""s, "\x00"s, "\x01"s, "\x03"s, "\x11"s, "\xFF\xFF"s, "\x01\x00\x00"s, "\x01\x00\x02"s,
          "\x01\x00\x00\x00\x01"s, "\x00\x01\x00\x01"s, std::string(256, '\xFF')})
        EXPECT_NE(fault_of(modulus, bad), "good") << bad.size();
}

TEST(Rsa, only_a_plain_rsa_key_is_read_from_pem) {
    for (const std::string& pem :
         {std::string(), std::string("no pem"), curve_signer().public_pem(),
          Signer::rsa(1024).public_pem(), rsa_signer().public_pem().substr(0, 100)})
        EXPECT_THROW(RsaKey::from_pem(pem), std::invalid_argument);
}

TEST(P256, what_another_signed_or_spelled_does_not_verify) {
    const P256Key key = P256Key::from_raw(curve_signer().x(), curve_signer().y());
    const std::string good = curve_signer().ecdsa("text");
    EXPECT_TRUE(key.verify("text", good));
    EXPECT_TRUE(P256Key::from_pem(curve_signer().public_pem()).verify("text", good));
    EXPECT_FALSE(key.verify("another", good));
    EXPECT_FALSE(key.verify("text", curve_signer().ecdsa_der("text"))) << "DER";
    EXPECT_FALSE(key.verify("text", Signer::curve().ecdsa("text")));
    for (const std::string& wrong : {std::string(), good.substr(1), good.substr(0, 63), good + "x",
                                     "\0"s + good, good.substr(32) + good.substr(0, 32)})
        EXPECT_FALSE(key.verify("text", wrong)) << wrong.size();
    for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
        std::string wrong = good;
        wrong[bit / 8] = static_cast<char>(wrong[bit / 8] ^ (1 << bit % 8));
        EXPECT_FALSE(key.verify("text", wrong)) << bit;
    }
}

TEST(P256, numbers_out_of_range_do_not_verify) {
    const P256Key key = P256Key::from_raw(curve_signer().x(), curve_signer().y());
    const std::string good = curve_signer().ecdsa("text");
    const std::string r = good.substr(0, 32), s = good.substr(32), zero(32, '\0'),
                      order = decoded(kOrder), most(32, '\xFF');
    std::string one = zero;
    one.back() = 1;
    for (const std::string& bad : {zero, one, order, most})
        for (const std::string& wrong : {bad + s, r + bad, bad + bad})
            EXPECT_FALSE(key.verify("text", wrong));
}

TEST(P256, a_point_beside_the_curve_is_no_key) {
    const std::string x = curve_signer().x(), y = curve_signer().y(), zero(32, '\0');
    std::string beside = y;
    beside.back() = static_cast<char>(beside.back() ^ 1);
    using Point = std::pair<std::string, std::string>;
    for (const auto& [bad_x, bad_y] :
         {Point{x, beside}, Point{zero, zero}, Point{y, x}, Point{x, std::string(32, '\xFF')},
          Point{std::string(32, '\xFF'), y}, Point{x.substr(1), y}, Point{x, y + "x"},
          Point{"\0"s + x, y}, Point{"", ""}})
        EXPECT_THROW(P256Key::from_raw(bad_x, bad_y), std::invalid_argument);
    for (const char* name : {"P-384", "P-521", "secp256k1", "brainpoolP256r1"})
        EXPECT_THROW(P256Key::from_pem(Signer::curve(name).public_pem()), std::invalid_argument)
            << name;
    EXPECT_THROW(P256Key::from_pem(rsa_signer().public_pem()), std::invalid_argument);
}

TEST(Ed25519, a_key_of_small_order_is_no_key) {
    std::string one(32, '\0');
    one[0] = 1;
    for (const std::string& bad : {std::string(32, '\0'), one, std::string(32, '\xFF'),
                                   decoded("7P_______________________________________38")})
        EXPECT_THROW(crypto::PublicKey::from_raw(bad), std::invalid_argument);
}

}  // namespace
}  // namespace tix::gateway::test
