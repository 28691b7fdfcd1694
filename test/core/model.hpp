// A naive model of the seat protocol: maps and sets, and snapshots where the core has an undo log.
//
// It knows what each call must answer and what the arena must then hold. It does not know when the
// arena lets go of an overdue hold: that may happen whenever somebody looks.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine.hpp"

namespace tix::test {

using namespace tix::core;
using Seats = std::vector<Ordinal>;

struct ModelSeat {
    bool releasing = false, confirming = false;
    bool operator==(const ModelSeat&) const = default;
};

struct ModelHold {
    Uuid owner;
    Micros deadline = 0, acquired = 0;
    bool ordered = false, confirming = false, pinned = false;
    u32 writer = 0;
    u32 version = 0;
    // The seats that no release is pending on.
    Seats staying() const;
    std::map<Ordinal, ModelSeat> seats;
};

// A sold seat that a transaction wants to free, or wanted to; writer 0: nobody does.
struct Freeing {
    u32 writer = 0;
    bool pending = false;
};

struct JournalRow {
    u64 token;
    u32 version;
    char kind;
    Uuid owner;
    Micros deadline, acquired;
    bool ordered;
    Seats seats;
};

// What one (sub)transaction has to give back.
struct Level {
    std::map<u64, std::optional<ModelHold>> before;  // nothing: the hold was not there
    std::map<Ordinal, Freeing> freeing_before;
    std::set<u64> relied;
    std::vector<JournalRow> rows;
};

struct Verdict {
    Status status = Status::ok;
    Reason reason = Reason::none;
    u64 token = 0;
    char journal = '-';
    Seats seats = {};
};

class Model {
public:
    // `token` is the one the core gave, used when the verdict is a grant.
    Verdict lock(u32 k, const Uuid& user, const Seats& seats, Micros ttl, u64 into, u64 token);
    Verdict extend(u32 k, const Uuid& user, u64 token, Micros ttl, Micros lifetime);
    Verdict hand_over(u32 k, const Uuid& user, u64 token, Micros ttl);
    Verdict release(u32 k, const Uuid& user, u64 token, const Seats& seats);
    Verdict confirm(u32 k, const Uuid& user, u64 token);
    Verdict ticket_insert(u32 k, const Uuid& user, Ordinal seat, u64 token);
    Verdict ticket_remove(u32 k, Ordinal seat);
    Seats free_sold(u32 k, const Seats& seats);

    void begin(u32 k) { levels[k].emplace_back(); }
    void commit_sub(u32 k);
    void abort_level(u32 k);
    // The tokens the transaction relies on that are gone; pins its holds when there is none.
    std::set<u64> check(u32 k);
    void commit(u32 k);
    void abort(u32 k);
    // Everything not committed is forgotten; holds come from the journal.
    void crash();
    // What the journal says, by the newest row of each token, and what it must say.
    std::map<u64, ModelHold> newest() const;
    std::map<u64, ModelHold> committed() const;

    bool overdue(const ModelHold& h) const {
        return !h.confirming && !h.pinned && h.deadline <= now;
    }
    u64 holder(Ordinal seat) const;
    SeatState slot(Ordinal seat) const;  // as the arena has it: overdue seats are held

    Micros now = 0;
    std::set<Ordinal> sold;
    std::map<Ordinal, Freeing> freeing;
    std::map<u64, ModelHold> holds;
    std::map<u32, std::vector<Level>> levels;
    std::vector<JournalRow> journal;

private:
    Verdict claim(u32 k, const Uuid& user, u64 token);
    ModelHold& touch(u32 k, u64 token);
    void rely(u32 k, u64 token) { levels[k].back().relied.insert(token); }
    void set_freeing(u32 k, Ordinal seat, bool pending);
    void grant(u32 k, const Uuid& user, const Seats& seats, Micros ttl, u64 token);
    void drop_overdue(Ordinal seat);
};

}  // namespace tix::test
