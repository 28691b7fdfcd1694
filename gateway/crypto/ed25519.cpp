// Ed25519 on OpenSSL's EVP interface.
#include "ed25519.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <array>
#include <stdexcept>

#include "random.hpp"

namespace tix::crypto {

namespace {

using Pkey = std::shared_ptr<evp_pkey_st>;
using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;
using Context = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

// Without this OpenSSL would ask for a passphrase at the terminal.
int no_passphrase(char*, int, int, void*) {
    return -1;
}

Pkey checked(EVP_PKEY* found, const char* refusal) {
    Pkey key(found, EVP_PKEY_free);
    ERR_clear_error();
    if (key == nullptr || EVP_PKEY_id(key.get()) != EVP_PKEY_ED25519)
        throw std::invalid_argument(refusal);
    return key;
}

Bio reader(const std::string& pem) {
    return Bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
}

[[noreturn]] void fail() {
    ERR_clear_error();
    throw std::runtime_error("OpenSSL failed to use an Ed25519 key");
}

constexpr char kNoPublicKey[] = "not an Ed25519 public key";
constexpr char kNoPrivateKey[] = "not an Ed25519 private key without a passphrase";

}  // namespace

PublicKey PublicKey::from_pem(const std::string& pem) {
    const Bio bio = reader(pem);
    return PublicKey(
        checked(PEM_read_bio_PUBKEY(bio.get(), nullptr, no_passphrase, nullptr), kNoPublicKey));
}

PublicKey PublicKey::from_raw(std::string_view bytes) {
    return PublicKey(checked(
        EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(bytes), bytes.size()),
        kNoPublicKey));
}

bool PublicKey::verify(std::string_view message, std::string_view signature) const {
    const Context context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    if (EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key_.get()) != 1) fail();
    const bool right = EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(),
                                        bytes_of(message), message.size()) == 1;
    if (!right) ERR_clear_error();
    return right;
}

PrivateKey PrivateKey::from_pem(const std::string& pem) {
    const Bio bio = reader(pem);
    return PrivateKey(checked(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr),
                              kNoPrivateKey));
}

PrivateKey PrivateKey::from_raw(std::string_view seed) {
    return PrivateKey(checked(
        EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, bytes_of(seed), seed.size()),
        kNoPrivateKey));
}

PrivateKey PrivateKey::generate() {
    return from_raw(random_bytes(kEd25519KeyBytes));
}

std::string PrivateKey::sign(std::string_view message) const {
    const Context context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    std::string signature(kEd25519SignatureBytes, '\0');
    std::size_t size = signature.size();
    if (EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get()) != 1 ||
        EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                       bytes_of(message), message.size()) != 1)
        fail();
    return signature;
}

PublicKey PrivateKey::public_key() const {
    std::array<unsigned char, kEd25519KeyBytes> raw = {};
    std::size_t size = raw.size();
    if (EVP_PKEY_get_raw_public_key(key_.get(), raw.data(), &size) != 1) fail();
    return PublicKey::from_raw({reinterpret_cast<const char*>(raw.data()), size});
}

std::string PrivateKey::pem() const {
    const Bio bio(BIO_new(BIO_s_mem()), BIO_free);
    if (PEM_write_bio_PrivateKey(bio.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1)
        fail();
    char* text = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &text);
    return {text, static_cast<std::size_t>(size)};
}

}  // namespace tix::crypto
