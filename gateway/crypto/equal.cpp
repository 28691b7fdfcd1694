// Comparison of secrets, by OpenSSL.
#include "equal.hpp"

#include <openssl/crypto.h>

namespace tix::crypto {

bool equal_in_constant_time(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace tix::crypto
