// Passwords at rest: argon2id with 19 MiB and two passes (OWASP's floor), by libsodium.
//
// Memory: 19 MiB a call while it runs; the caller bounds how many run at once.
#pragma once

#include <string>

namespace tix::crypto {

// The PHC string "$argon2id$…" with a new salt. Throws std::runtime_error without memory.
std::string hash_password(const std::string& password);

// False for a wrong password and for anything that is no argon2id PHC string.
bool verify_password(const std::string& password, const std::string& hash);

// A hash no password fits, made once: verify against it when the user is unknown, so that the
// answer takes as long as for a known one. Call it at the start, the first call costs a hash.
const std::string& dummy_hash();

}  // namespace tix::crypto
