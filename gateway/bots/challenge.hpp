// Proof of work: what a client is asked to find, and whether it has found it.
//
// A challenge is text, and all there is to know about it: base64url of version, difficulty, expiry,
// a random id and a MAC over these and the user it was made for, each field with its length before
// it. So it is good for that user only, on every gateway with the same secret, and takes no memory
// here. Its answer is "CHALLENGE.NONCE", NONCE 1 to 64 of A-Z a-z 0-9 - _, such that the SHA-256 of
// that whole text begins with as many zero bits as asked: some 2^bits tries.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tix::gateway {

constexpr int kProofBitsMax = 40;

struct Challenge {
    std::string text;
    int bits = 0;
    std::int64_t expires_at = 0;  // Unix time, seconds
};

class Challenges {
public:
    enum class Verdict { kGood, kMalformed, kForged, kExpired, kWrong };
    struct Proof {
        Verdict verdict = Verdict::kMalformed;
        std::string id;  // of a good one: who has used it must not use it again
        std::int64_t expires_at = 0;
    };

    Challenges(std::string secret, int ttl_s) : secret_(std::move(secret)), ttl_s_(ttl_s) {}

    // Requires 0 <= bits <= kProofBitsMax.
    Challenge make(std::string_view user, int bits, std::int64_t now_s) const;
    Proof check(std::string_view answer, std::string_view user, std::int64_t now_s) const;

private:
    std::string mac(std::string_view head, std::string_view user) const;

    std::string secret_;
    int ttl_s_;
};

}  // namespace tix::gateway
