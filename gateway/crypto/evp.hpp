// What the users of OpenSSL's public keys share: owned handles, and PEM read without a terminal.
#pragma once

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <memory>
#include <string>
#include <string_view>

namespace tix::crypto::evp {

using Pkey = std::shared_ptr<evp_pkey_st>;
using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;
using Context = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

inline const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

// Without this OpenSSL would ask for a passphrase at the terminal.
inline int no_passphrase(char*, int, int, void*) {
    return -1;
}

inline Bio reader(const std::string& pem) {
    return Bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
}

// Null when it is no public key; OpenSSL's queue of errors is left empty.
inline Pkey public_key(const std::string& pem) {
    const Bio bio = reader(pem);
    Pkey key(PEM_read_bio_PUBKEY(bio.get(), nullptr, no_passphrase, nullptr), EVP_PKEY_free);
    ERR_clear_error();
    return key;
}

// The last word on a signature, in a context that was made ready for it.
inline bool verifies(EVP_MD_CTX* context, std::string_view message, std::string_view signature) {
    const bool right = EVP_DigestVerify(context, bytes_of(signature), signature.size(),
                                        bytes_of(message), message.size()) == 1;
    if (!right) ERR_clear_error();
    return right;
}

}  // namespace tix::crypto::evp
