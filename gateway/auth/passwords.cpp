// argon2id behind a turnstile.
#include "passwords.hpp"

#include "../crypto/password.hpp"

namespace tix::gateway {

Passwords::Passwords(int at_once, int waiters_max) : turnstile_(at_once, waiters_max) {
    crypto::dummy_hash();
}

std::string Passwords::hash(const std::string& password) {
    const Turnstile::Turn turn(turnstile_);
    return crypto::hash_password(password);
}

bool Passwords::verify(const std::string& password, const std::string& hash) {
    const Turnstile::Turn turn(turnstile_);
    return crypto::verify_password(password, hash);
}

bool Passwords::verify_nobody(const std::string& password) {
    const Turnstile::Turn turn(turnstile_);
    return crypto::verify_password(password, crypto::dummy_hash()) && false;
}

}  // namespace tix::gateway
