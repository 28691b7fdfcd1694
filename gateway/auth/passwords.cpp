// A turnstile in front of argon2id.
#include "passwords.hpp"

#include "../base/problem.hpp"
#include "../crypto/password.hpp"

namespace tix::gateway {

// Holds a place among those that may run; throws `unavailable` when too many wait.
class Passwords::Turn {
public:
    explicit Turn(Passwords& gate) : gate_(gate) {
        std::unique_lock lock(gate_.mutex_);
        if (gate_.running_ >= gate_.concurrency_ && gate_.waiting_ >= gate_.waiters_max_)
            throw ProblemError(make_problem("unavailable", "Too many people sign in right now."));
        ++gate_.waiting_;
        gate_.free_.wait(lock, [&] { return gate_.running_ < gate_.concurrency_; });
        --gate_.waiting_;
        ++gate_.running_;
    }
    ~Turn() {
        const std::scoped_lock lock(gate_.mutex_);
        --gate_.running_;
        gate_.free_.notify_one();
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

private:
    Passwords& gate_;
};

Passwords::Passwords(int concurrency, int waiters_max)
    : concurrency_(concurrency), waiters_max_(waiters_max) {
    crypto::dummy_hash();
}

std::string Passwords::hash(const std::string& password) {
    const Turn turn(*this);
    return crypto::hash_password(password);
}

bool Passwords::verify(const std::string& password, const std::string& hash) {
    const Turn turn(*this);
    return crypto::verify_password(password, hash);
}

bool Passwords::verify_nobody(const std::string& password) {
    const Turn turn(*this);
    return crypto::verify_password(password, crypto::dummy_hash()) && false;
}

}  // namespace tix::gateway
