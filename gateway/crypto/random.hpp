// Random bytes nobody can guess, by OpenSSL's generator.
#pragma once

#include <cstddef>
#include <string>

namespace tix::crypto {

// Both throw std::runtime_error when the system has no entropy to give.
std::string random_bytes(std::size_t count);
std::string random_uuid();  // version 4 (RFC 9562), lower case

}  // namespace tix::crypto
