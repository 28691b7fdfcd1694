// Which sessions there are and whether they are on sale, so that no stranger's guess reaches the
// engine: it would load a draft, or start a worker to look for what does not exist.
//
// Memory: at most kSessionsMax answers. An answer holds for kFresh: a sale that opens or ends is
// noticed then, never before its time.
#pragma once

#include <chrono>
#include <mutex>
#include <string>
#include <unordered_map>

#include "../db/pool.hpp"

namespace tix::gateway {

class KnownSessions {
public:
    explicit KnownSessions(DbPool& db) : db_(db) {}

    // Throws not_found for a draft and for what does not exist.
    void need_shown(const std::string& session_id);
    // Throws not_found, not_on_sale with the seconds to wait, or sale_ended.
    void need_on_sale(const std::string& session_id);

private:
    using Clock = std::chrono::steady_clock;
    struct Answer {
        std::string state;  // of tix_sale_state(); empty: not shown
        int starts_in_s = 0;
        Clock::time_point until;
    };
    Answer look_up(const std::string& session_id);

    DbPool& db_;
    std::mutex mutex_;
    std::unordered_map<std::string, Answer> answers_;
};

}  // namespace tix::gateway
