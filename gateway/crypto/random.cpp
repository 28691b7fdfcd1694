// Random bytes and the uuids made of them.
#include "random.hpp"

#include <openssl/rand.h>

#include <stdexcept>

namespace tix::crypto {

std::string random_bytes(std::size_t count) {
    std::string bytes(count, '\0');
    if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count)) != 1)
        throw std::runtime_error("OpenSSL failed to give random bytes");
    return bytes;
}

std::string random_uuid() {
    static constexpr char kHex[] = "0123456789abcdef";
    std::string bytes = random_bytes(16);
    bytes[6] = static_cast<char>((bytes[6] & 0x0F) | 0x40);  // version 4
    bytes[8] = static_cast<char>((bytes[8] & 0x3F) | 0x80);  // the variant of RFC 9562
    std::string text;
    for (const char byte : bytes) {
        const std::size_t at = text.size();
        if (at == 8 || at == 13 || at == 18 || at == 23) text += '-';
        text += kHex[static_cast<unsigned char>(byte) >> 4];
        text += kHex[byte & 15];
    }
    return text;
}

}  // namespace tix::crypto
