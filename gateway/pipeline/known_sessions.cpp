// A small cache in front of tix_sale_state().
#include "known_sessions.hpp"

#include "../base/problem.hpp"

namespace tix::gateway {
namespace {

constexpr std::size_t kSessionsMax = 10000;
constexpr std::chrono::seconds kFresh{1};

}  // namespace

KnownSessions::Answer KnownSessions::look_up(const std::string& session_id) {
    const auto now = Clock::now();
    {
        const std::scoped_lock lock(mutex_);
        const auto found = answers_.find(session_id);
        if (found != answers_.end() && found->second.until > now) return found->second;
    }
    const DbResult row = db_.read("SELECT * FROM tix.tix_sale_state($1::uuid)", {session_id});
    Answer answer{{}, 0, now + kFresh};
    if (row.rows() > 0) {
        answer.state = row.text(0, 0);
        answer.starts_in_s = static_cast<int>(row.number(0, 1));
    }
    const std::scoped_lock lock(mutex_);
    if (answers_.size() >= kSessionsMax) answers_.clear();
    return answers_[session_id] = answer;
}

void KnownSessions::need_shown(const std::string& session_id) {
    if (look_up(session_id).state.empty()) throw ProblemError(make_problem("not_found"));
}

void KnownSessions::need_on_sale(const std::string& session_id) {
    const Answer answer = look_up(session_id);
    if (answer.state == "on_sale") return;
    Problem problem = make_problem(answer.state.empty() ? "not_found" : answer.state);
    if (answer.state == "not_on_sale") problem.retry_after_s = answer.starts_in_s;
    throw ProblemError(std::move(problem));
}

}  // namespace tix::gateway
