// HMAC-SHA-256 on OpenSSL's one-shot call.
#include "hmac.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <stdexcept>

namespace tix::crypto {

std::string hmac_sha256(std::string_view key, std::string_view data) {
    std::string code(32, '\0');
    // A null key would mean "the key of the last call" to OpenSSL.
    const char* bytes = key.empty() ? "" : key.data();
    if (HMAC(EVP_sha256(), bytes, static_cast<int>(key.size()),
             reinterpret_cast<const unsigned char*>(data.data()), data.size(),
             reinterpret_cast<unsigned char*>(code.data()), nullptr) == nullptr)
        throw std::runtime_error("OpenSSL failed to compute an HMAC");
    return code;
}

}  // namespace tix::crypto
