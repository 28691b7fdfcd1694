// Everything a handler may use. Made once at the start; all of it is thread-safe.
#pragma once

#include "../auth/jwt.hpp"
#include "../auth/passwords.hpp"
#include "../config/config.hpp"
#include "../db/pool.hpp"
#include "../feed/feed.hpp"
#include "../feed/news.hpp"
#include "../limits/bucket.hpp"
#include "../limits/turnstile.hpp"
#include "../metrics/metrics.hpp"
#include "../providers/mock.hpp"
#include "../queue/reader.hpp"
#include "../refunds/refunds.hpp"
#include "known_sessions.hpp"

namespace tix::gateway {

struct Services {
    const Config& config;
    DbPool& db;
    KnownSessions& sessions;
    const KeySet& keys;
    const Key& signing_key;
    Passwords& passwords;
    Limiter& limiter;
    Turnstile& seat_lists;
    Turnstile& charges;
    Feed& feed;
    News& news;
    MockProvider* mock;  // null: no such provider
    Refunds& refunds;
    QueueReader& queues;
    Metrics& metrics;
};

}  // namespace tix::gateway
