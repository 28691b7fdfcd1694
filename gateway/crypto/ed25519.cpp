// Ed25519 on OpenSSL's EVP interface.
#include "ed25519.hpp"

#include <sodium.h>

#include <array>
#include <stdexcept>

#include "evp.hpp"
#include "random.hpp"

namespace tix::crypto {

namespace {

using evp::bytes_of, evp::Bio, evp::Context, evp::no_passphrase, evp::Pkey, evp::reader;

Pkey checked(EVP_PKEY* found, const char* refusal) {
    Pkey key(found, EVP_PKEY_free);
    ERR_clear_error();
    if (key == nullptr || EVP_PKEY_id(key.get()) != EVP_PKEY_ED25519)
        throw std::invalid_argument(refusal);
    return key;
}

[[noreturn]] void fail() {
    ERR_clear_error();
    throw std::runtime_error("OpenSSL failed to use an Ed25519 key");
}

constexpr char kNoPublicKey[] = "not an Ed25519 public key";
constexpr char kNoPrivateKey[] = "not an Ed25519 private key without a passphrase";

// A public key of small order "verifies" signatures that nobody made; OpenSSL takes it.
Pkey checked_public(EVP_PKEY* found) {
    Pkey key = checked(found, kNoPublicKey);
    std::array<unsigned char, kEd25519KeyBytes> raw = {};
    std::size_t size = raw.size();
    if (EVP_PKEY_get_raw_public_key(key.get(), raw.data(), &size) != 1) fail();
    if (sodium_init() < 0 || crypto_core_ed25519_is_valid_point(raw.data()) != 1)
        throw std::invalid_argument(kNoPublicKey);
    return key;
}

}  // namespace

PublicKey PublicKey::from_pem(const std::string& pem) {
    const Bio bio = reader(pem);
    return PublicKey(
        checked_public(PEM_read_bio_PUBKEY(bio.get(), nullptr, no_passphrase, nullptr)));
}

PublicKey PublicKey::from_raw(std::string_view bytes) {
    return PublicKey(checked_public(
        EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(bytes), bytes.size())));
}

bool PublicKey::verify(std::string_view message, std::string_view signature) const {
    const Context context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    if (EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key_.get()) != 1) fail();
    return evp::verifies(context.get(), message, signature);
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
