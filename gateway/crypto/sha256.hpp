// SHA-256 of a stream of bytes (FIPS 180-4), by OpenSSL.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

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

}  // namespace tix::crypto
