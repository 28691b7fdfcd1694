// Decisions, each told to log and metrics.
#include "guard.hpp"

#include <algorithm>
#include <ctime>

#include "../base/problem.hpp"
#include "../log/log.hpp"

namespace tix::gateway {
namespace {

constexpr std::size_t kUsedMax = 100000;
constexpr int kRefusedForS = 60;
constexpr int kHarderEach = 2;  // bits for each challenge solved lately: four times the work

std::int64_t now_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

[[noreturn]] void refuse(int retry_after_s) {
    Problem problem = make_problem("client_refused");
    problem.retry_after_s = retry_after_s;
    throw ProblemError(std::move(problem));
}

}  // namespace

Guard::Guard(GuardSettings settings, Spend spend, Metrics& metrics)
    : settings_(std::move(settings)),
      spend_(std::move(spend)),
      metrics_(metrics),
      behaviour_(settings_.subjects_max, settings_.accounts_per_prefix),
      challenges_(settings_.secret, settings_.proof_ttl_s),
      blocked_(std::make_shared<const ClientList>()) {}

bool Guard::is_exempt(const Visitor& visitor) const {
    return visitor.role == "box_office" || visitor.role == "admin" ||
           settings_.exempt.names(visitor.address, visitor.user);
}

void Guard::admit(const Visitor& visitor) const {
    if (settings_.mode == Mode::kOff) return;
    std::shared_ptr<const ClientList> listed;
    {
        const std::scoped_lock lock(mutex_);
        listed = blocked_;
    }
    if (listed->size() == 0 && settings_.blocked.size() == 0) return;
    if (!settings_.blocked.names(visitor.address, visitor.user) &&
        !listed->names(visitor.address, visitor.user))
        return;
    if (is_exempt(visitor)) return;
    decided(visitor, "blocked");
    if (settings_.mode == Mode::kOn) refuse(-1);
}

void Guard::judge(const Visitor& visitor, std::string_view proof) {
    if (settings_.mode == Mode::kOff || visitor.user.empty() || is_exempt(visitor)) return;
    const std::int64_t now = now_ms();
    behaviour_.note(visitor.user, visitor.prefix, Behaviour::Event::kAsked, now);
    const Behaviour::Score score = behaviour_.score(visitor.user, visitor.prefix, now);
    if (score.total() < settings_.challenge_score) {
        metrics_.bot("let_in");
        return;
    }
    const bool watching = settings_.mode == Mode::kWatch;
    if (score.total() >= settings_.refuse_score) {
        decided(visitor, "refused", &score);
        if (!watching) refuse(kRefusedForS);
        return;
    }
    bool has_pass = false;
    const int solved = behaviour_.solved(visitor.user, settings_.pass_s * 1000, has_pass, now);
    if (has_pass) {
        metrics_.bot("passed");
        return;
    }
    std::string why;
    if (!proof.empty()) {
        why = redeem(visitor, proof);
        if (why.empty()) {
            behaviour_.note(visitor.user, visitor.prefix, Behaviour::Event::kSolved, now);
            decided(visitor, "solved", &score);
            return;
        }
    }
    decided(visitor, why.empty() ? "challenged" : "not_solved", &score, why);
    if (!watching) challenge(visitor, solved, why);
}

std::string Guard::redeem(const Visitor& visitor, std::string_view answer) {
    using Verdict = Challenges::Verdict;
    const std::int64_t now_s = std::time(nullptr);
    const Challenges::Proof proof = challenges_.check(answer, visitor.user, now_s);
    switch (proof.verdict) {
        case Verdict::kMalformed:
            return "The field Tix-Proof is not CHALLENGE.NONCE.";
        case Verdict::kForged:
            return "The challenge was not made here for this user.";
        case Verdict::kExpired:
            return "The challenge has expired.";
        case Verdict::kWrong:
            return "The proof does not have as many zero bits as asked.";
        case Verdict::kGood:
            break;
    }
    return first_use(proof, now_s) ? "" : "The proof was used before.";
}

bool Guard::first_use(const Challenges::Proof& proof, std::int64_t now_s) {
    {
        const std::scoped_lock lock(mutex_);
        if (used_.size() >= kUsedMax)
            std::erase_if(used_, [&](const auto& one) { return one.second <= now_s; });
        if (used_.size() < kUsedMax && !used_.emplace(proof.id, proof.expires_at).second)
            return false;
    }
    // The bucket must not be full again before the challenge expires.
    return spend_(proof.id, static_cast<int>(proof.expires_at - now_s) + 1);
}

void Guard::challenge(const Visitor& visitor, int solved, const std::string& why) const {
    const int bits = std::min(settings_.proof_bits + kHarderEach * solved,
                              std::max(settings_.proof_bits, settings_.proof_bits_max));
    const Challenge made = challenges_.make(visitor.user, bits, std::time(nullptr));
    Problem problem = make_problem("proof_required", why);
    problem.puzzle = Puzzle{made.text, made.bits, made.expires_at};
    throw ProblemError(std::move(problem));
}

void Guard::note(const Visitor& visitor, Behaviour::Event event) {
    if (settings_.mode == Mode::kOff || visitor.user.empty() || is_exempt(visitor)) return;
    behaviour_.note(visitor.user, visitor.prefix, event, now_ms());
}

std::size_t Guard::block(const std::vector<std::string>& clients) {
    auto list = std::make_shared<ClientList>();
    std::size_t unread = 0;
    for (const std::string& client : clients)
        if (!list->add(client)) ++unread;
    const std::scoped_lock lock(mutex_);
    blocked_ = std::move(list);
    return unread;
}

void Guard::decided(const Visitor& visitor, const char* decision, const Behaviour::Score* score,
                    const std::string& why) const {
    metrics_.bot(decision);
    Json fields = {{"requestId", visitor.request_id},
                   {"decision", decision},
                   {"address", visitor.address},
                   {"watching", settings_.mode == Mode::kWatch}};
    if (!visitor.user.empty()) fields["user"] = visitor.user;
    if (!why.empty()) fields["reason"] = why;
    if (score != nullptr) {
        fields["score"] = score->total();
        fields["points"] = {{"rhythm", score->rhythm},     {"haste", score->haste},
                            {"churn", score->churn},       {"losing", score->losing},
                            {"accounts", score->accounts}, {"farm", score->farm},
                            {"proofs", score->proofs}};
    }
    log_info("bot", fields);
}

}  // namespace tix::gateway
