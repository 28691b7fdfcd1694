// ECDSA on OpenSSL's EVP interface, which wants signatures in DER. Every key is built from its two
// coordinates on the curve by its name: parameters that a file may bring are lost on the way.
#include "p256.hpp"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>

#include <array>
#include <stdexcept>

#include "evp.hpp"

namespace tix::crypto {

namespace {

constexpr char kNoPublicKey[] = "not a public key on the curve P-256";
constexpr char kCurve[] = "prime256v1";

std::string coordinate(const EVP_PKEY* key, const char* name) {
    BIGNUM* number = nullptr;
    EVP_PKEY_get_bn_param(key, name, &number);
    const std::unique_ptr<BIGNUM, decltype(&BN_free)> owned(number, BN_free);
    std::string bytes(kP256NumberBytes, '\0');
    if (number == nullptr || BN_bn2binpad(number, reinterpret_cast<unsigned char*>(bytes.data()),
                                          static_cast<int>(bytes.size())) < 0)
        throw std::invalid_argument(kNoPublicKey);
    return bytes;
}

// SEQUENCE { r INTEGER, s INTEGER }; empty when OpenSSL cannot.
std::string der_of(std::string_view signature) {
    const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> both(ECDSA_SIG_new(),
                                                                     ECDSA_SIG_free);
    const auto number = [&signature](std::size_t from) {
        return BN_bin2bn(evp::bytes_of(signature.substr(from)), kP256NumberBytes, nullptr);
    };
    if (ECDSA_SIG_set0(both.get(), number(0), number(kP256NumberBytes)) != 1) return {};
    unsigned char* bytes = nullptr;
    const int size = i2d_ECDSA_SIG(both.get(), &bytes);
    std::string der(reinterpret_cast<char*>(bytes), static_cast<std::size_t>(size < 0 ? 0 : size));
    OPENSSL_free(bytes);
    return der;
}

}  // namespace

P256Key P256Key::from_pem(const std::string& pem) {
    const evp::Pkey read = evp::public_key(pem);
    std::array<char, 64> curve = {};
    if (read == nullptr || EVP_PKEY_id(read.get()) != EVP_PKEY_EC ||
        EVP_PKEY_get_utf8_string_param(read.get(), OSSL_PKEY_PARAM_GROUP_NAME, curve.data(),
                                       curve.size(), nullptr) != 1 ||
        std::string_view(curve.data()) != kCurve) {
        ERR_clear_error();
        throw std::invalid_argument(kNoPublicKey);
    }
    return from_raw(coordinate(read.get(), OSSL_PKEY_PARAM_EC_PUB_X),
                    coordinate(read.get(), OSSL_PKEY_PARAM_EC_PUB_Y));
}

P256Key P256Key::from_raw(std::string_view x, std::string_view y) {
    if (x.size() != kP256NumberBytes || y.size() != kP256NumberBytes)
        throw std::invalid_argument(kNoPublicKey);
    std::string point = "\x04";  // not compressed
    point += x;
    point += y;
    std::array<OSSL_PARAM, 3> parts = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, const_cast<char*>(kCurve), 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()),
        OSSL_PARAM_construct_end()};
    const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(
        EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr), EVP_PKEY_CTX_free);
    EVP_PKEY* made = nullptr;
    const bool good =
        EVP_PKEY_fromdata_init(context.get()) == 1 &&
        EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, parts.data()) == 1;
    evp::Pkey key(made, EVP_PKEY_free);
    const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> checker(
        good ? EVP_PKEY_CTX_new_from_pkey(nullptr, made, nullptr) : nullptr, EVP_PKEY_CTX_free);
    const bool on_curve = good && EVP_PKEY_public_check(checker.get()) == 1;
    ERR_clear_error();
    if (!on_curve) throw std::invalid_argument(kNoPublicKey);
    return P256Key(std::move(key));
}

bool P256Key::verify(std::string_view message, std::string_view signature) const {
    if (signature.size() != kP256SignatureBytes) return false;
    const evp::Context context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    const std::string der = der_of(signature);
    if (der.empty() ||
        EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) != 1) {
        ERR_clear_error();
        throw std::runtime_error("OpenSSL failed to use a key on P-256");
    }
    return evp::verifies(context.get(), message, der);  // refuses r and s out of range
}

}  // namespace tix::crypto
