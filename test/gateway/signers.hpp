// Who signs for other issuers in the tests: private keys on OpenSSL, which the gateway never has,
// their JSON Web Keys, and tokens signed whatever they say.
#pragma once

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <memory>
#include <string>
#include <string_view>

#include "crypto/base64url.hpp"
#include "crypto/ed25519.hpp"

namespace tix::gateway::test {

class Signer {
public:
    static Signer rsa(int bits = 2048) { return Signer(EVP_RSA_gen(static_cast<unsigned>(bits))); }
    static Signer curve(const char* name = "P-256") { return Signer(EVP_EC_gen(name)); }

    std::string pkcs1(std::string_view text) const { return digest_sign(text, RSA_PKCS1_PADDING); }
    std::string pss(std::string_view text, int salt = 32, const EVP_MD* mask = EVP_sha256()) const {
        return digest_sign(text, RSA_PKCS1_PSS_PADDING, salt, mask);
    }
    // In DER, as OpenSSL makes it.
    std::string ecdsa_der(std::string_view text) const { return digest_sign(text, 0); }
    // r and s, 32 bytes each.
    std::string ecdsa(std::string_view text) const {
        const std::string der = ecdsa_der(text);
        const auto* at = reinterpret_cast<const unsigned char*>(der.data());
        const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> both(
            d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())), ECDSA_SIG_free);
        std::string raw(64, '\0');
        auto* out = reinterpret_cast<unsigned char*>(raw.data());
        BN_bn2binpad(ECDSA_SIG_get0_r(both.get()), out, 32);
        BN_bn2binpad(ECDSA_SIG_get0_s(both.get()), out + 32, 32);
        return raw;
    }
    // A number of the public key, without leading zeros unless `size` wants some.
    std::string number(const char* name, int size = 0) const {
        BIGNUM* value = nullptr;
        EVP_PKEY_get_bn_param(key_.get(), name, &value);
        std::string bytes(static_cast<std::size_t>(size != 0 ? size : BN_num_bytes(value)), '\0');
        BN_bn2binpad(value, reinterpret_cast<unsigned char*>(bytes.data()),
                     static_cast<int>(bytes.size()));
        BN_free(value);
        return bytes;
    }
    std::string modulus() const { return number(OSSL_PKEY_PARAM_RSA_N); }
    std::string x() const { return number(OSSL_PKEY_PARAM_EC_PUB_X, 32); }
    std::string y() const { return number(OSSL_PKEY_PARAM_EC_PUB_Y, 32); }
    std::string public_pem() const {
        const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), BIO_free);
        PEM_write_bio_PUBKEY(bio.get(), key_.get());
        char* text = nullptr;
        const long size = BIO_get_mem_data(bio.get(), &text);
        return {text, static_cast<std::size_t>(size)};
    }

private:
    explicit Signer(EVP_PKEY* key) : key_(key, EVP_PKEY_free) {}

    std::string digest_sign(std::string_view text, int padding, int salt = 0,
                            const EVP_MD* mask = nullptr) const {
        const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                              EVP_MD_CTX_free);
        EVP_PKEY_CTX* way = nullptr;
        EVP_DigestSignInit(context.get(), &way, EVP_sha256(), nullptr, key_.get());
        if (padding != 0) EVP_PKEY_CTX_set_rsa_padding(way, padding);
        if (mask != nullptr) {
            EVP_PKEY_CTX_set_rsa_mgf1_md(way, mask);
            EVP_PKEY_CTX_set_rsa_pss_saltlen(way, salt);
        }
        const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
        std::string signature(1024, '\0');
        std::size_t size = signature.size();
        EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                       bytes, text.size());
        signature.resize(size);
        return signature;
    }

    std::shared_ptr<EVP_PKEY> key_;
};

inline const Signer& rsa_signer() {
    static const Signer kSigner = Signer::rsa();
    return kSigner;
}

inline const Signer& curve_signer() {
    static const Signer kSigner = Signer::curve();
    return kSigner;
}

inline std::string base64url(std::string_view bytes) {
    return crypto::base64url_encode(bytes);
}

// One member of a JSON object, with a comma before it.
inline std::string also(const std::string& name, const std::string& value) {
    return ",\"" + name + "\":\"" + value + "\"";
}

inline std::string rsa_jwk(const std::string& kid, const std::string& more = "",
                           const Signer& signer = rsa_signer()) {
    return R"({"kty":"RSA","e":"AQAB")" + also("n", base64url(signer.modulus())) +
           also("kid", kid) + more + "}";
}

inline std::string curve_jwk(const std::string& kid, const std::string& more = "",
                             const Signer& signer = curve_signer()) {
    return R"({"kty":"EC","crv":"P-256")" + also("x", base64url(signer.x())) +
           also("y", base64url(signer.y())) + also("kid", kid) + more + "}";
}

// The public half of signer() in tokens.hpp.
inline std::string ed_jwk(const std::string& kid, const std::string& more = "") {
    return R"({"kty":"OKP","crv":"Ed25519")" +
           also("x", "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo") + also("kid", kid) + more + "}";
}

inline std::string key_set(std::initializer_list<std::string> keys) {
    std::string text;
    for (const std::string& key : keys)
        text += (text.empty() ? "" : ",") + key;
    return "{\"keys\":[" + text + "]}";
}

}  // namespace tix::gateway::test
