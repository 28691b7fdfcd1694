// RSA on OpenSSL's EVP interface. Every key is built from its two numbers: whatever else a file
// may say of it is lost on the way.
#include "rsa.hpp"

#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include <stdexcept>

#include "evp.hpp"

namespace tix::crypto {

namespace {

using Number = std::unique_ptr<BIGNUM, decltype(&BN_free)>;

constexpr char kNoPublicKey[] = "not an RSA public key";
constexpr char kBadModulus[] = "an RSA modulus must be odd and have 2048 to 8192 bits";
constexpr char kBadExponent[] = "an RSA exponent must be odd and from 65537 to 4294967295";
constexpr int kSaltBytes = 32;

Number number_of(std::string_view bytes) {
    return {BN_bin2bn(evp::bytes_of(bytes), static_cast<int>(bytes.size()), nullptr), BN_free};
}

Number number_of(const EVP_PKEY* key, const char* name) {
    BIGNUM* number = nullptr;
    EVP_PKEY_get_bn_param(key, name, &number);
    return {number, BN_free};
}

void check(const BIGNUM* modulus, const BIGNUM* exponent) {
    if (modulus == nullptr || exponent == nullptr) throw std::invalid_argument(kNoPublicKey);
    const auto bits = static_cast<std::size_t>(BN_num_bits(modulus));
    if (bits < kRsaBitsMin || bits > kRsaBitsMax || BN_is_odd(modulus) == 0)
        throw std::invalid_argument(kBadModulus);
    const BN_ULONG word = BN_get_word(exponent);  // all ones when it is too large for a word
    if (word < kRsaExponentMin || word > kRsaExponentMax || BN_is_odd(exponent) == 0)
        throw std::invalid_argument(kBadExponent);
}

evp::Pkey build(const BIGNUM* modulus, const BIGNUM* exponent) {
    check(modulus, exponent);
    const std::unique_ptr<OSSL_PARAM_BLD, decltype(&OSSL_PARAM_BLD_free)> builder(
        OSSL_PARAM_BLD_new(), OSSL_PARAM_BLD_free);
    OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus);
    OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent);
    const std::unique_ptr<OSSL_PARAM, decltype(&OSSL_PARAM_free)> numbers(
        OSSL_PARAM_BLD_to_param(builder.get()), OSSL_PARAM_free);
    const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(
        EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr), EVP_PKEY_CTX_free);
    EVP_PKEY* key = nullptr;
    const bool made =
        EVP_PKEY_fromdata_init(context.get()) == 1 &&
        EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, numbers.get()) == 1;
    ERR_clear_error();
    if (!made) throw std::invalid_argument(kNoPublicKey);
    return {key, EVP_PKEY_free};
}

}  // namespace

RsaKey RsaKey::from_pem(const std::string& pem) {
    const evp::Pkey read = evp::public_key(pem);
    // One that is bound to PSS has a type of its own, with parameters that would decide.
    if (read == nullptr || EVP_PKEY_id(read.get()) != EVP_PKEY_RSA)
        throw std::invalid_argument(kNoPublicKey);
    return RsaKey(build(number_of(read.get(), OSSL_PKEY_PARAM_RSA_N).get(),
                        number_of(read.get(), OSSL_PKEY_PARAM_RSA_E).get()));
}

RsaKey RsaKey::from_raw(std::string_view modulus, std::string_view exponent) {
    for (const std::string_view bytes : {modulus, exponent})
        if (bytes.empty() || bytes[0] == '\0' || bytes.size() > kRsaBitsMax / 8)
            throw std::invalid_argument(kNoPublicKey);
    return RsaKey(build(number_of(modulus).get(), number_of(exponent).get()));
}

bool RsaKey::verify_pkcs1(std::string_view message, std::string_view signature) const {
    return verify(message, signature, RSA_PKCS1_PADDING);
}

bool RsaKey::verify_pss(std::string_view message, std::string_view signature) const {
    return verify(message, signature, RSA_PKCS1_PSS_PADDING);
}

bool RsaKey::verify(std::string_view message, std::string_view signature, int padding) const {
    if (signature.size() != static_cast<std::size_t>(EVP_PKEY_get_size(key_.get()))) return false;
    const evp::Context context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    EVP_PKEY_CTX* way = nullptr;
    const bool ready =
        EVP_DigestVerifyInit(context.get(), &way, EVP_sha256(), nullptr, key_.get()) == 1 &&
        EVP_PKEY_CTX_set_rsa_padding(way, padding) == 1 &&
        (padding != RSA_PKCS1_PSS_PADDING ||
         (EVP_PKEY_CTX_set_rsa_mgf1_md(way, EVP_sha256()) == 1 &&
          EVP_PKEY_CTX_set_rsa_pss_saltlen(way, kSaltBytes) == 1));
    if (!ready) {
        ERR_clear_error();
        throw std::runtime_error("OpenSSL failed to use an RSA key");
    }
    return evp::verifies(context.get(), message, signature);
}

}  // namespace tix::crypto
