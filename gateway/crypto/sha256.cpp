// SHA-256 on OpenSSL's EVP interface.
#include "sha256.hpp"

#include <openssl/evp.h>

#include <array>
#include <stdexcept>

namespace tix::crypto {

Sha256::Sha256() : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
    EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr);
}

void Sha256::update(const void* data, std::size_t size) {
    EVP_DigestUpdate(context_.get(), data, size);
}

std::string Sha256::hex() {
    static constexpr char kHex[] = "0123456789abcdef";
    std::array<unsigned char, EVP_MAX_MD_SIZE> sum = {};
    unsigned size = 0;
    EVP_DigestFinal_ex(context_.get(), sum.data(), &size);
    std::string text;
    for (unsigned i = 0; i < size; ++i) {
        text += kHex[sum[i] >> 4];
        text += kHex[sum[i] & 15];
    }
    return text;
}

std::string sha256(std::string_view bytes) {
    std::string digest(32, '\0');
    if (EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(digest.data()),
                   nullptr, EVP_sha256(), nullptr) != 1)
        throw std::runtime_error("OpenSSL failed to compute a digest");
    return digest;
}

}  // namespace tix::crypto
