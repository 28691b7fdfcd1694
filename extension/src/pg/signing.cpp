// Signatures and message codes for SQL: Ed25519 (RFC 8032) and HMAC-SHA-256 (RFC 2104), by OpenSSL.
//
// Memory. OpenSSL's own heap: every object is freed before PostgreSQL is called again, so that no
// longjmp leaves one behind. Room for the answer is taken first.
// Failure. 22023 for a key or signature of another length; 58000 when OpenSSL itself fails.

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "glue.hpp"

namespace tix::pg {

namespace {

constexpr int kEd25519KeyBytes = 32;
constexpr int kEd25519SignatureBytes = 64;
constexpr int kSha256Bytes = 32;

const unsigned char* bytes_of(const bytea* value) {
    return reinterpret_cast<const unsigned char*>(VARDATA_ANY(value));
}

size_t size_of(const bytea* value) {
    return VARSIZE_ANY_EXHDR(value);
}

void require_bytes(const bytea* value, size_t wanted, const char* what) {
    if (size_of(value) == wanted) return;
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                    errmsg("%s must have %zu bytes, not %zu", what, wanted, size_of(value)),
                    errhint("Pass the raw bytes, without encoding or header.")));
}

bytea* answer_of(int bytes) {
    auto* answer = static_cast<bytea*>(palloc0(VARHDRSZ + bytes));
    SET_VARSIZE(answer, VARHDRSZ + bytes);
    return answer;
}

unsigned char* room_of(bytea* answer) {
    return reinterpret_cast<unsigned char*>(VARDATA(answer));
}

// Requires that no object of OpenSSL is left.
void require_done(bool done) {
    if (done) return;
    ERR_clear_error();
    ereport(ERROR, (errcode(ERRCODE_SYSTEM_ERROR), errmsg("OpenSSL could not do the computation"),
                    errhint("See whether its library allows Ed25519 and SHA-256.")));
}

bool sign(const bytea* seed, const bytea* message, unsigned char* signature) {
    EVP_PKEY* key =
        EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, bytes_of(seed), size_of(seed));
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    size_t size = kEd25519SignatureBytes;
    const bool done =
        key != nullptr && context != nullptr &&
        EVP_DigestSignInit(context, nullptr, nullptr, nullptr, key) == 1 &&
        EVP_DigestSign(context, signature, &size, bytes_of(message), size_of(message)) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    return done;
}

// False when OpenSSL could not try; else `right` tells.
bool verify(const bytea* public_key, const bytea* message, const bytea* signature, bool* right) {
    EVP_PKEY* key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(public_key),
                                                size_of(public_key));
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    const bool ready = key != nullptr && context != nullptr &&
                       EVP_DigestVerifyInit(context, nullptr, nullptr, nullptr, key) == 1;
    *right = ready && EVP_DigestVerify(context, bytes_of(signature), size_of(signature),
                                       bytes_of(message), size_of(message)) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    if (ready) ERR_clear_error();
    return ready;
}

bool public_key_of(const bytea* seed, unsigned char* public_key) {
    EVP_PKEY* key =
        EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, bytes_of(seed), size_of(seed));
    size_t size = kEd25519KeyBytes;
    const bool done = key != nullptr && EVP_PKEY_get_raw_public_key(key, public_key, &size) == 1;
    EVP_PKEY_free(key);
    return done;
}

}  // namespace

}  // namespace tix::pg

TIX_FUNCTION(tix_ed25519_sign) {
    using namespace tix::pg;
    const bytea* seed = PG_GETARG_BYTEA_PP(0);
    const bytea* message = PG_GETARG_BYTEA_PP(1);
    require_bytes(seed, kEd25519KeyBytes, "an Ed25519 seed");
    bytea* signature = answer_of(kEd25519SignatureBytes);
    require_done(sign(seed, message, room_of(signature)));
    PG_RETURN_BYTEA_P(signature);
}

TIX_FUNCTION(tix_ed25519_verify) {
    using namespace tix::pg;
    const bytea* public_key = PG_GETARG_BYTEA_PP(0);
    const bytea* message = PG_GETARG_BYTEA_PP(1);
    const bytea* signature = PG_GETARG_BYTEA_PP(2);
    require_bytes(public_key, kEd25519KeyBytes, "an Ed25519 public key");
    require_bytes(signature, kEd25519SignatureBytes, "an Ed25519 signature");
    bool right;
    require_done(verify(public_key, message, signature, &right));
    PG_RETURN_BOOL(right);
}

TIX_FUNCTION(tix_ed25519_public_key) {
    using namespace tix::pg;
    const bytea* seed = PG_GETARG_BYTEA_PP(0);
    require_bytes(seed, kEd25519KeyBytes, "an Ed25519 seed");
    bytea* public_key = answer_of(kEd25519KeyBytes);
    require_done(public_key_of(seed, room_of(public_key)));
    PG_RETURN_BYTEA_P(public_key);
}

TIX_FUNCTION(tix_hmac_sha256) {
    using namespace tix::pg;
    const bytea* key = PG_GETARG_BYTEA_PP(0);
    const bytea* message = PG_GETARG_BYTEA_PP(1);
    bytea* code = answer_of(kSha256Bytes);
    // The address of an empty key is never null, which to OpenSSL is "the key of the last call".
    require_done(HMAC(EVP_sha256(), bytes_of(key), static_cast<int>(size_of(key)),
                      bytes_of(message), size_of(message), room_of(code), nullptr) != nullptr);
    PG_RETURN_BYTEA_P(code);
}
