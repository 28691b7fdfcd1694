// SHA-256 of bytes, whole or as a stream (FIPS 180-4), by OpenSSL.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace tix::crypto {

class Sha256 {
public:
    Sha256();
    void update(const void* data, std::size_t size);
    // The digest of all bytes so far, in lower-case hex. Ends the stream.
    std::string hex();

private:
    std::unique_ptr<evp_md_ctx_st, void (*)(evp_md_ctx_st*)> context_;
};

// The 32 bytes of the digest. Throws std::runtime_error when OpenSSL cannot.
std::string sha256(std::string_view bytes);

}  // namespace tix::crypto
