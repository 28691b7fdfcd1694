// Everything a handler may use. Made once at the start; all of it is thread-safe.
#pragma once

#include "../auth/key_store.hpp"
#include "../auth/passwords.hpp"
#include "../bots/guard.hpp"
#include "../config/config.hpp"
#include "../config/live.hpp"
#include "../db/pool.hpp"
#include "../feed/feed.hpp"
#include "../feed/news.hpp"
#include "../limits/shared.hpp"
#include "../limits/turnstile.hpp"
#include "../locks/coalescer.hpp"
#include "../metrics/metrics.hpp"
#include "../payments/cashier.hpp"
#include "../providers/guard.hpp"
#include "../queue/reader.hpp"
#include "known_sessions.hpp"

namespace tix::gateway {

struct Services {
    const Config& config;    // as it was at the start
    const LiveConfig& live;  // what may have changed since
    DbPool& db;
    KnownSessions& sessions;
    KeyStore& keys;
    Passwords& passwords;
    SharedLimits& limits;
    Guard& guard;
    Coalescer& locks;
    Turnstile& seat_lists;
    Turnstile& plans;
    Feed& feed;
    News& news;
    const Providers& providers;
    Cashier& cashier;
    Refunds& refunds;
    QueueReader& queues;
    Metrics& metrics;
};

}  // namespace tix::gateway
