// Who may ask, and who must prove that it is worth some work to him.
//
// Block lists, from the settings and from the database, close every route to a client: 403
// client_refused. On lock routes the behaviour score decides: from `challenge_score` on, 403
// proof_required with a challenge, which the client answers in the field Tix-Proof; the more were
// solved lately, the harder the next, and a solved one is good for `pass_s` of requests. From
// `refuse_score` on 403 client_refused; the score fades, so Retry-After says when to look again.
// Exempt: the roles box_office and admin, and who the settings list. Mode "watch" scores, counts
// and logs, and lets everybody in; "off" does nothing at all.
// Single use: what was used is remembered here until it expires, and in the database for the other
// gateways. Memory: at most kUsedMax of them here; beyond, only there.
// Every decision but to let in is a line of log, and every decision is counted.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "../metrics/metrics.hpp"
#include "behaviour.hpp"
#include "challenge.hpp"
#include "client_list.hpp"

namespace tix::gateway {

struct GuardSettings {
    enum class Mode { kOff, kWatch, kOn } mode = Mode::kOn;
    int challenge_score = 50, refuse_score = 120;
    int proof_bits = 16, proof_bits_max = 22, proof_ttl_s = 120, pass_s = 60;
    int accounts_per_prefix = 20;
    std::size_t subjects_max = 100000;
    std::string secret;  // of challenges
    ClientList blocked, exempt;
};

// Who asks; `user` and `role` are empty without a token.
struct Visitor {
    const std::string& request_id;
    const std::string& address;
    const std::string& prefix;  // the network of the address
    std::string user, role;
};

class Guard {
public:
    // Notes that a proof is used, for all gateways; false when it was. Throws std::exception.
    using Spend = std::function<bool(const std::string& proof_id, int for_s)>;

    Guard(GuardSettings settings, Spend spend, Metrics& metrics);

    // Throws client_refused for who is on a block list.
    void admit(const Visitor& visitor) const;
    // Throws proof_required or client_refused for a lock request that should not be served. `proof`
    // is the field Tix-Proof, or empty.
    void judge(const Visitor& visitor, std::string_view proof);
    // What came of it.
    void note(const Visitor& visitor, Behaviour::Event event);
    // The database's block list; what cannot be read is left out, and how many that were is told.
    std::size_t block(const std::vector<std::string>& clients);

private:
    using Mode = GuardSettings::Mode;

    bool is_exempt(const Visitor& visitor) const;
    // Empty, or why the proof does not count.
    std::string redeem(const Visitor& visitor, std::string_view proof);
    bool first_use(const Challenges::Proof& proof, std::int64_t now_s);
    [[noreturn]] void challenge(const Visitor& visitor, int solved, const std::string& why) const;
    void decided(const Visitor& visitor, const char* decision,
                 const Behaviour::Score* score = nullptr, const std::string& why = {}) const;

    GuardSettings settings_;
    Spend spend_;
    Metrics& metrics_;
    Behaviour behaviour_;
    Challenges challenges_;
    mutable std::mutex mutex_;
    std::shared_ptr<const ClientList> blocked_;           // by the database
    std::unordered_map<std::string, std::int64_t> used_;  // proofs, until when
};

}  // namespace tix::gateway
