// Tells the database what a provider said; the database decides what it means.
#pragma once

#include <string>
#include <string_view>

#include "../db/pool.hpp"
#include "../providers/provider.hpp"

namespace tix::gateway {

struct Recorded {
    std::string result = "ignored", next_action = "none";  // of tix_payment_event()
};

// News may be about anything, also about what is not ours. Throws DbError.
Recorded record_news(DbPool& database, std::string_view provider, const Fact& fact);
// An answer is about what we asked: money that is reserved is always captured or given up.
Recorded record_answer(DbPool& database, std::string_view provider, const Fact& fact);

}  // namespace tix::gateway
