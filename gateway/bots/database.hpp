// What the gateways share about bots by the database: which proofs are used, and who is blocked.
#pragma once

#include "../base/loop.hpp"
#include "../db/pool.hpp"
#include "guard.hpp"

namespace tix::gateway {

// A proof is a bucket of one token of tix_rate_limit(). `database` must outlive it.
Guard::Spend spend_in(DbPool& database);

// Reads the block list every kEvery turns of its loop, some five seconds. Failure: the last list
// stays; one line of log, another when it is well.
class BlockedClients {
public:
    BlockedClients(DbPool& database, Guard& guard);

    void start() { loop_.start(); }
    void quit() { loop_.quit(); }
    void stop() { loop_.stop(); }

private:
    std::string read();

    DbPool& database_;
    Guard& guard_;
    int turn_ = 0;
    Loop loop_;  // last: it ends before what it uses
};

}  // namespace tix::gateway
