// The model's rules, written from the protocol table and not from the core.

#include "model.hpp"

#include <algorithm>

namespace tix::test {

namespace {

Verdict no(Status s, Reason r = Reason::none) {
    Verdict v;
    v.status = s;
    v.reason = r;
    return v;
}

Verdict yes(u64 token, char journal, Seats seats = {}) {
    return {Status::ok, Reason::none, token, journal, std::move(seats)};
}

}  // namespace

Seats ModelHold::staying() const {
    Seats all;
    for (const auto& [o, s] : seats)
        if (!s.releasing) all.push_back(o);
    return all;
}

u64 Model::holder(Ordinal seat) const {
    for (const auto& [token, h] : holds)
        if (h.seats.count(seat) != 0) return token;
    return 0;
}

SeatState Model::slot(Ordinal seat) const {
    if (sold.count(seat) != 0) return SeatState::sold;
    const u64 t = holder(seat);
    if (t == 0) return SeatState::free;
    return holds.at(t).seats.at(seat).confirming ? SeatState::confirming : SeatState::held;
}

// The owner's live hold that no other transaction is changing.
Verdict Model::claim(u32 k, const Uuid& user, u64 token) {
    const auto it = holds.find(token);
    if (it == holds.end() || it->second.owner != user || overdue(it->second))
        return no(Status::lost, Reason::expired);
    if (it->second.writer != 0 && it->second.writer != k) return no(Status::busy, Reason::busy);
    return yes(token, '-');
}

ModelHold& Model::touch(u32 k, u64 token) {
    ModelHold& h = holds.at(token);
    levels[k].back().before.try_emplace(token, h);
    h.writer = k;
    return h;
}

void Model::set_freeing(u32 k, Ordinal seat, bool pending) {
    levels[k].back().freeing_before.try_emplace(seat, freeing[seat]);
    freeing[seat] = {k, pending};
}

void Model::drop_overdue(Ordinal seat) {
    const u64 t = holder(seat);
    if (t != 0 && overdue(holds[t])) holds.erase(t);
}

void Model::grant(u32 k, const Uuid& user, const Seats& seats, Micros ttl, u64 token) {
    for (const Ordinal o : seats)
        drop_overdue(o);
    ModelHold h;
    h.owner = user;
    h.deadline = now + ttl;
    h.acquired = now;
    h.writer = k;
    for (const Ordinal o : seats)
        h.seats[o] = {};
    holds[token] = h;
    levels[k].back().before[token] = std::nullopt;
    rely(k, token);
}

Verdict Model::lock(u32 k, const Uuid& user, const Seats& seats, Micros ttl, u64 into, u64 token) {
    u64 own = 0;
    size_t in_own = 0;
    Reason first = Reason::none;
    for (const Ordinal o : seats) {
        Reason r = Reason::none;
        const u64 t = holder(o);
        if (sold.count(o) != 0) {
            r = Reason::sold;
        } else if (t != 0 && !overdue(holds[t])) {
            const bool mine = holds[t].owner == user && !holds[t].confirming;
            const u64 expected = into != 0 ? into : own != 0 ? own : t;
            if (mine && t == expected) {
                own = t;
                in_own++;
            } else {
                r = Reason::held;
            }
        }
        if (first == Reason::none) first = r;
    }
    if (first == Reason::none && into == 0 && in_own > 0 && in_own < seats.size())
        first = Reason::held;
    if (first != Reason::none) return no(Status::refused, first);
    const u64 target = into != 0 ? into : own;
    if (target == 0) {
        grant(k, user, seats, ttl, token);
        return yes(token, 'g', seats);
    }
    const Verdict v = claim(k, user, target);
    if (v.status != Status::ok) return v;
    if (in_own < seats.size() && holds[target].confirming) return no(Status::busy, Reason::busy);
    const auto& had = holds[target].seats;
    const bool change = std::any_of(seats.begin(), seats.end(), [&](Ordinal o) {
        return had.count(o) == 0 || had.at(o).releasing;
    });
    rely(k, target);
    if (!change) return yes(target, '-');
    for (const Ordinal o : seats)
        if (had.count(o) == 0) drop_overdue(o);
    ModelHold& h = touch(k, target);
    for (const Ordinal o : seats)
        h.seats[o] = {};
    return yes(target, 'a', seats);
}

Verdict Model::extend(u32 k, const Uuid& user, u64 token, Micros ttl, Micros lifetime) {
    const Verdict v = claim(k, user, token);
    if (v.status != Status::ok) return v;
    const ModelHold& seen = holds[token];
    if (seen.confirming) return no(Status::busy, Reason::busy);
    Micros deadline = now + ttl;
    if (!seen.ordered) {
        deadline = std::min(deadline, seen.acquired / 1000 * 1000 + lifetime);
        if (deadline <= seen.deadline && now + ttl > seen.deadline)
            return no(Status::refused, Reason::lifetime);
    }
    rely(k, token);
    ModelHold& h = touch(k, token);
    h.deadline = std::max(h.deadline, deadline);
    return yes(token, 'e');
}

Verdict Model::hand_over(u32 k, const Uuid& user, u64 token, Micros ttl) {
    const Verdict v = claim(k, user, token);
    if (v.status != Status::ok) return v;
    if (holds[token].confirming) return no(Status::busy, Reason::busy);
    rely(k, token);
    ModelHold& h = touch(k, token);
    h.deadline = std::max(h.deadline, now + ttl);
    h.ordered = true;
    return yes(token, 'o');
}

Verdict Model::release(u32 k, const Uuid& user, u64 token, const Seats& seats) {
    const Verdict v = claim(k, user, token);
    if (v.status != Status::ok) return v;
    if (holds[token].confirming) return no(Status::busy, Reason::busy);
    Seats done;
    for (const auto& [o, s] : holds[token].seats)
        if (!s.releasing && (seats.empty() || std::count(seats.begin(), seats.end(), o) != 0))
            done.push_back(o);
    if (done.empty()) return yes(token, '-');
    ModelHold& h = touch(k, token);
    for (const Ordinal o : done)
        h.seats[o].releasing = true;
    return yes(token, 'r', done);
}

Verdict Model::confirm(u32 k, const Uuid& user, u64 token) {
    const Verdict v = claim(k, user, token);
    if (v.status != Status::ok || holds[token].confirming) return v;
    rely(k, token);
    ModelHold& h = touch(k, token);
    h.confirming = true;
    for (auto& [o, s] : h.seats)
        s.confirming = !s.releasing;
    return yes(token, 's');
}

Verdict Model::ticket_insert(u32 k, const Uuid& user, Ordinal seat, u64 token) {
    if (sold.count(seat) != 0) {
        if (freeing[seat].writer != k || !freeing[seat].pending)
            return no(Status::refused, Reason::sold);
        set_freeing(k, seat, false);
        return yes(0, '-');
    }
    const u64 t = holder(seat);
    if (t != 0 && holds[t].seats[seat].confirming) {
        if (holds[t].writer != k) return no(Status::refused, Reason::held);
        if (holds[t].seats[seat].releasing) {
            touch(k, t).seats[seat].releasing = false;
            rely(k, t);
        }
        return yes(t, '-');
    }
    if (t != 0 && !overdue(holds[t])) return no(Status::refused, Reason::held);
    grant(k, user, {seat}, 0, token);
    holds[token].confirming = true;
    holds[token].seats[seat].confirming = true;
    return yes(token, 's', {seat});
}

Verdict Model::ticket_remove(u32 k, Ordinal seat) {
    if (sold.count(seat) != 0) {
        const Freeing f = freeing[seat];
        if (f.writer != 0 && f.writer != k) return no(Status::busy);
        if (!f.pending) set_freeing(k, seat, true);
        return yes(0, '-');
    }
    const u64 t = holder(seat);
    if (t == 0 || !holds[t].seats[seat].confirming || holds[t].seats[seat].releasing)
        return yes(0, '-');
    if (holds[t].writer != k) return no(Status::busy);
    touch(k, t).seats[seat].releasing = true;
    return yes(0, '-');
}

Seats Model::free_sold(u32 k, const Seats& seats) {
    Seats done;
    for (const Ordinal o : seats) {
        const Freeing f = freeing[o];
        if (sold.count(o) == 0 || f.pending || (f.writer != 0 && f.writer != k)) continue;
        set_freeing(k, o, true);
        done.push_back(o);
    }
    return done;
}

void Model::commit_sub(u32 k) {
    Level inner = std::move(levels[k].back());
    levels[k].pop_back();
    Level& outer = levels[k].back();
    outer.before.merge(inner.before);
    outer.freeing_before.merge(inner.freeing_before);
    outer.relied.merge(inner.relied);
    outer.rows.insert(outer.rows.end(), inner.rows.begin(), inner.rows.end());
}

void Model::abort_level(u32 k) {
    for (const auto& [token, was] : levels[k].back().before) {
        if (holds.count(token) == 0) continue;
        if (was) holds[token] = *was;
        if (!was || (was->writer == 0 && overdue(*was))) holds.erase(token);
    }
    for (const auto& [seat, was] : levels[k].back().freeing_before)
        freeing[seat] = was;
    levels[k].pop_back();
}

void Model::abort(u32 k) {
    while (!levels[k].empty())
        abort_level(k);
}

std::set<u64> Model::check(u32 k) {
    std::set<u64> lost;
    for (const Level& level : levels[k])
        for (const u64 t : level.relied)
            if (holds.count(t) == 0 || overdue(holds[t])) lost.insert(t);
    if (lost.empty())
        for (auto& [token, h] : holds)
            if (h.writer == k) h.pinned = true;
    return lost;
}

void Model::commit(u32 k) {
    while (levels[k].size() > 1)
        commit_sub(k);
    for (auto it = holds.begin(); it != holds.end();) {
        ModelHold& h = it->second;
        if (h.writer == k) {
            for (auto s = h.seats.begin(); s != h.seats.end();) {
                if (s->second.confirming && !s->second.releasing) sold.insert(s->first);
                const bool leaves = s->second.confirming || s->second.releasing;
                s = leaves ? h.seats.erase(s) : std::next(s);
            }
            h.writer = 0;
            h.pinned = false;
        }
        const bool gone = h.seats.empty() || (h.writer == 0 && overdue(h) &&
                                              levels[k].back().before.count(it->first) != 0);
        it = gone ? holds.erase(it) : std::next(it);
    }
    for (auto& [seat, f] : freeing) {
        if (f.writer != k) continue;
        if (f.pending) sold.erase(seat);
        f = {};
    }
    const auto& rows = levels[k].back().rows;
    journal.insert(journal.end(), rows.begin(), rows.end());
    levels[k].clear();
}

std::map<u64, ModelHold> Model::committed() const {
    std::map<u64, ModelHold> all = holds;
    for (const auto& [k, stack] : levels)
        for (auto level = stack.rbegin(); level != stack.rend(); ++level)
            for (const auto& [token, was] : level->before) {
                if (all.count(token) == 0) continue;
                if (was) all[token] = *was;
                if (!was) all.erase(token);
            }
    std::erase_if(all, [&](const auto& e) { return e.second.deadline <= now; });
    return all;
}

std::map<u64, ModelHold> Model::newest() const {
    std::map<u64, const JournalRow*> last;
    for (const JournalRow& r : journal) {
        const JournalRow*& known = last[r.token];
        if (known == nullptr || known->version < r.version) known = &r;
    }
    std::map<u64, ModelHold> all;
    for (const auto& [token, r] : last) {
        if (r->kind == 'r' || r->kind == 's' || r->seats.empty() || r->deadline <= now) continue;
        ModelHold& h = all[token];
        h.owner = r->owner;
        h.deadline = r->deadline;
        h.acquired = r->acquired;
        h.ordered = r->ordered;
        h.version = r->version;
        for (const Ordinal o : r->seats)
            h.seats[o] = {};
    }
    return all;
}

void Model::crash() {
    holds = committed();
    freeing.clear();
    levels.clear();
}

}  // namespace tix::test
