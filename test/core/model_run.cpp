// The steps of a run: what the dice mean, and what must agree afterwards.

#include "model_run.hpp"

#include <algorithm>

namespace tix::test {

namespace {

constexpr Micros kLifetime = 90 * kSecond;
constexpr Uuid kUsers[] = {kAnn, kBob, kEve};

}  // namespace

ModelRun::ModelRun() : viewer_(kModelSeats, SeatState::free) {
    m_.now = w_.now;
    for (u32 k = 0; k < kBackends; k++)
        backends_.emplace_back(k + 1, kLogEntries);
    reset_backends();
}

void ModelRun::reset_backends() {
    checked_.assign(kBackends, false);
    parents_.assign(kBackends, {});
    m_.levels.clear();
    for (u32 k = 0; k < kBackends; k++) {
        backends_[k].log.size = 0;
        backends_[k].log.partitions = {};
        backends_[k].log.subxact = 1;
        m_.begin(k + 1);
    }
}

Seats ModelRun::some_seats(const Step& s, u32 most) {
    Seats all;
    for (u32 i = 0; i < 1 + s.r[0] % most; i++) {
        const Ordinal o = (s.r[1] >> (5 * i)) % kModelSeats;
        if (std::find(all.begin(), all.end(), o) == all.end()) all.push_back(o);
    }
    return all;
}

u64 ModelRun::some_token(u32 r) {
    if (tokens_.empty()) return Token::make(1, 1, 5);
    const size_t last = std::min<size_t>(tokens_.size(), 10);
    return tokens_[tokens_.size() - 1 - r % last];
}

// Mostly the owner.
Uuid ModelRun::user_for(u64 token, u32 r) {
    const auto it = m_.holds.find(token);
    return it != m_.holds.end() && r % 8 != 0 ? it->second.owner : kUsers[r / 8 % 3];
}

bool ModelRun::full(const Step& s, Status got, u32 entries) {
    return got == Status::log_full && !backend(s).log.room(entries);
}

bool ModelRun::expect(const HoldAnswer& got, const Verdict& want, const Step& s) {
    if (got.status != want.status)
        return fail("status " + std::to_string(int(got.status)) + ", the model says " +
                    std::to_string(int(want.status)));
    if (got.reason != want.reason) return fail("another reason");
    answers[got.status]++;
    if (got.status != Status::ok) return true;
    kinds[want.journal]++;
    if (got.lock_id != want.token) return fail("another token");
    if (want.journal == '-') return true;
    ModelHold& h = m_.holds.at(want.token);
    const bool fresh = want.journal == 'g' || (want.journal == 's' && !want.seats.empty());
    h.version += !fresh;
    if (got.version != h.version) return fail("versions of a hold do not grow by one");
    if (got.deadline != h.deadline) return fail("another deadline in the answer");
    if (got.ordered != h.ordered) return fail("ordered or not, in the answer");
    if (fresh) {
        if (got.lock_id <= last_token_) return fail("S4: the token does not grow");
        last_token_ = got.lock_id;
        tokens_.push_back(got.lock_id);
    }
    // The core names the kinds it decides on; a ticket's own grant is journalled as a sale.
    const Journal kind = fresh                 ? Journal::grant
                         : want.journal == 'a' ? Journal::add
                         : want.journal == 's' ? Journal::sale
                                               : Journal::none;
    if (got.journal != kind) return fail("journal kind");
    write_rows(got, want, &h, &m_.levels[s.backend + 1].back().rows);
    return true;
}

// What the glue writes: every row of a hold lists all its seats but those of a release, which is
// followed by a row with what stays.
void ModelRun::write_rows(const HoldAnswer& got, const Verdict& want, ModelHold* h,
                          std::vector<JournalRow>* rows) {
    const Seats stay = h->staying();
    const bool listed = want.journal == 'r' || want.journal == 's';
    const Micros now_ms = w_.now / 1000;
    const Micros age_ms = static_cast<u32>(now_ms) - got.acquired_ms;
    JournalRow row = {want.token,   got.version,
                      want.journal, h->owner,
                      h->deadline,  (now_ms - age_ms) * 1000,
                      got.ordered,  listed ? want.seats : stay};
    rows->push_back(row);
    if (want.journal != 'r' || stay.empty()) return;
    row.kind = 'e';
    row.version = ++h->version;
    row.seats = stay;
    rows->push_back(row);
}

bool ModelRun::lock(const Step& s, bool add) {
    constexpr Micros ttls[] = {50000, kSecond, 20 * kSecond, 100 * kSecond};
    const Seats seats = some_seats(s, 4);
    const u64 into = add ? some_token(s.r[2]) : 0;
    const Uuid user = add ? user_for(into, s.r[3]) : kUsers[s.r[3] % 3];
    const Micros ttl = ttls[s.r[4] % 4];
    const HoldAnswer h = w_.lock(backend(s), seats, user, ttl, into);
    if (full(s, h.status, static_cast<u32>(seats.size()) + 1)) return true;
    return expect(h, m_.lock(s.backend + 1, user, seats, ttl, into, h.lock_id), s);
}

bool ModelRun::with_token(const Step& s) {
    const u64 token = some_token(s.r[2]);
    const Uuid user = user_for(token, s.r[3]);
    const Micros ttl = Micros{1 + s.r[4] % 120} * kSecond;
    const u32 k = s.backend + 1;
    HoldAnswer h;
    if (s.what < 36) {
        h = w_.extend(backend(s), token, user, ttl, kLifetime);
        return full(s, h.status, 1) || expect(h, m_.extend(k, user, token, ttl, kLifetime), s);
    }
    if (s.what < 40) {
        h = w_.hand_over(backend(s), token, user, ttl);
        return full(s, h.status, 1) || expect(h, m_.hand_over(k, user, token, ttl), s);
    }
    if (s.what < 48) {
        const Seats seats = s.r[4] % 2 == 0 ? Seats{} : some_seats(s, 4);
        h = w_.release(backend(s), token, user, seats);
        if (full(s, h.status, kModelSeats)) return true;
        const Verdict v = m_.release(k, user, token, seats);
        std::sort(w_.out.begin(), w_.out.end());
        if (w_.out != v.seats) return fail("other seats released");
        return expect(h, v, s);
    }
    h = w_.confirm(backend(s), token, user);
    return full(s, h.status, 1) || expect(h, m_.confirm(k, user, token), s);
}

bool ModelRun::ticket(const Step& s) {
    const Ordinal seat = s.r[1] % kModelSeats;
    const Uuid user = kUsers[s.r[3] % 3];
    if (s.what < 60) {
        const HoldAnswer h = w_.insert_ticket(backend(s), seat, user);
        if (full(s, h.status, 2)) return true;
        return expect(h, m_.ticket_insert(s.backend + 1, user, seat, h.lock_id), s);
    }
    if (s.what < 64) {
        const Status got = w_.remove_ticket(backend(s), seat);
        if (full(s, got, 1)) return true;
        return got == m_.ticket_remove(s.backend + 1, seat).status || fail("ticket removal");
    }
    const Seats seats = some_seats(s, 4);
    if (!backend(s).log.room(static_cast<u32>(seats.size()))) return true;
    (void)w_.free_sold(backend(s), seats);
    return w_.out == m_.free_sold(s.backend + 1, seats) || fail("other seats to be freed");
}

bool ModelRun::nest(const Step& s) {
    const u32 k = s.backend + 1;
    XactLog& log = backend(s).log;
    if (s.what < 74) {
        if (m_.levels[k].size() >= 4) return true;
        m_.begin(k);
        parents_[s.backend].push_back(log.subxact);
        log.subxact = ++subxact_;
        return true;
    }
    if (m_.levels[k].size() == 1) return true;
    const u32 parent = parents_[s.backend].back();
    parents_[s.backend].pop_back();
    if (s.what < 78) {
        xact_commit_sub(log, log.subxact, parent);
        m_.commit_sub(k);
    } else {
        xact_abort_sub(w_.arena, log, log.subxact, w_.now);
        m_.abort_level(k);
    }
    log.subxact = parent;
    return true;
}

bool ModelRun::finish(const Step& s, bool commit) {
    const u32 k = s.backend + 1;
    XactLog& log = backend(s).log;
    if (commit && !checked_[s.backend]) {
        const u64 lost = xact_check_and_pin(w_.arena, log, w_.now);
        const auto want = m_.check(k);
        this->lost += !want.empty();
        if ((lost != 0) != !want.empty()) return fail("lost or not");
        if (lost != 0 && want.count(lost) == 0) return fail("the lost token is not lost");
        checked_[s.backend] = lost == 0;
        if (lost == 0) return true;
        commit = false;
    }
    if (commit) {
        xact_commit(w_.arena, log, w_.now);
        m_.commit(k);
    } else {
        xact_abort(w_.arena, log, w_.now);
        m_.abort(k);
    }
    if (log.size != 0 || !log.partitions.empty()) return fail("the log is not empty");
    checked_[s.backend] = false;
    parents_[s.backend].clear();
    log.subxact = 1;
    m_.begin(k);
    return true;
}

bool ModelRun::clock(const Step& s) {
    Micros next = w_.now + 1;
    for (const auto& [token, h] : m_.holds)
        if (h.deadline > w_.now && (next == w_.now + 1 || h.deadline < next)) next = h.deadline;
    const Micros to[] = {w_.now + 1, next - 1, next, w_.now + s.r[1] % (40 * kSecond)};
    w_.now = m_.now = std::max(w_.now, to[s.r[0] % 4]);
    return true;
}

bool ModelRun::sweep() {
    (void)w_.sweep();
    for (const auto& [token, h] : m_.holds)
        if (m_.overdue(h) && h.writer == 0 && hold_find(w_.arena, token) != nullptr)
            return fail("the sweep left an overdue hold");
    return true;
}

// Viewers of a session that was loaded again start from its map.
void ModelRun::look_anew() {
    for (Ordinal o = 0; o < kModelSeats; o++)
        viewer_[o] = m_.sold.count(o) != 0 ? SeatState::sold : SeatState::free;
}

bool ModelRun::evict() {
    u32 listed = 0;
    for (const Backend& b : backends_)
        listed += b.log.size;
    if (session_idle(*w_.block) != (listed == 0 && m_.holds.empty())) return fail("idle or not");
    if (!session_idle(*w_.block)) return true;
    evictions++;
    session_evict(w_.arena, directory_find(w_.arena, 7, {5, 5}));
    std::vector<bool> sold(kModelSeats);
    for (const Ordinal o : m_.sold)
        sold[o] = true;
    w_.block = w_.load(w_.layout, {5, 5}, sold);
    look_anew();
    return true;
}

bool ModelRun::crash() {
    crashes++;
    const auto newest = m_.newest();
    m_.crash();
    if (newest.size() != m_.holds.size()) return fail("the journal has other holds");
    w_.format();
    w_.generation++;
    w_.ring_at = 1;
    reset_backends();
    std::vector<bool> sold(kModelSeats);
    for (const Ordinal o : m_.sold)
        sold[o] = true;
    w_.block = w_.load(w_.layout, {5, 5}, sold);
    look_anew();
    for (auto it = newest.rbegin(); it != newest.rend(); ++it) {
        const ModelHold& h = it->second;
        Seats seats;
        for (const auto& [o, seat] : h.seats)
            seats.push_back(o);
        const HoldSpec spec{it->first, h.owner, h.deadline, static_cast<u32>(h.acquired / 1000)};
        if (restore_hold(w_.access(backends_[0], w_.all()), *w_.block, spec, h.ordered,
                         static_cast<u16>(h.version), seats.data(),
                         static_cast<u32>(seats.size())) != seats.size())
            return fail("a hold came back with fewer seats");
    }
    return true;
}

bool ModelRun::same_hold(u64 token, const ModelHold& want) {
    const Hold& h = *hold_find(w_.arena, token);
    const bool pinned = (h.flags & kPinned) != 0, ordered = (h.flags & kOrdered) != 0;
    if (h.owner != want.owner) return fail("owner");
    if (h.deadline != want.deadline) return fail("deadline");
    if ((h.state == SeatState::confirming) != want.confirming) return fail("state of a hold");
    if (h.writer != want.writer) return fail("writer");
    if (h.version != want.version) return fail("version");
    if (h.acquired_ms != static_cast<u32>(want.acquired / 1000)) return fail("acquisition");
    if (pinned != want.pinned || ordered != want.ordered) return fail("flags of a hold");
    if (h.seats != want.seats.size()) return fail("S9: number of seats in a hold");
    for (const auto& [o, seat] : want.seats) {
        const SeatSlot& slot = w_.block->slot(o);
        if (slot.head != hold_head(w_.arena, h)) return fail("S9: a seat of another hold");
        if (((slot.flags & kPendingRelease) != 0) != seat.releasing) return fail("release flag");
    }
    return true;
}

bool ModelRun::same_seats() {
    for (Ordinal o = 0; o < kModelSeats; o++) {
        const SeatSlot& slot = w_.block->slot(o);
        const u64 t = m_.holder(o);
        const bool due = t != 0 && m_.overdue(m_.holds.at(t));
        if (slot.state != m_.slot(o)) return fail("S1: state of seat " + std::to_string(o));
        if (w_.state(o) != (due ? SeatState::free : slot.state)) return fail("S7: what is seen");
        if (((slot.flags & kPendingFree) != 0) != m_.freeing[o].pending) return fail("free flag");
    }
    return true;
}

bool ModelRun::same_ring() {
    Change c;
    for (; ring_read(w_.arena, w_.ring_at, &c) == RingRead::change; w_.ring_at++)
        viewer_[c.ordinal] = c.state;
    for (Ordinal o = 0; o < kModelSeats; o++)
        if (viewer_[o] != w_.block->slot(o).state) return fail("a viewer of the ring is wrong");
    return true;
}

bool ModelRun::compare() {
    u32 live = 0, listed = 0;
    for (auto it = m_.holds.begin(); it != m_.holds.end();) {
        const bool gone = hold_find(w_.arena, it->first) == nullptr;
        if (gone && !m_.overdue(it->second)) return fail("S6: a live hold is gone");
        it = gone ? m_.holds.erase(it) : std::next(it);
    }
    for (const auto& [token, h] : m_.holds)
        if (!same_hold(token, h)) return false;
    for (u32 p = 0; p < 4; p++)
        live += w_.arena.partition(p).live_holds;
    if (live != m_.holds.size()) return fail("number of live holds");
    for (const Backend& b : backends_)
        listed += b.log.size;
    if (w_.block->pins != listed) return fail("pins");
    const std::string audit = w_.audit();
    return (audit.empty() || fail(audit)) && same_seats() && same_ring();
}

bool ModelRun::statement(const Step& s) {
    if (s.what < 28) return lock(s, s.what >= 22);
    if (s.what < 54) return with_token(s);
    if (s.what < 67) return ticket(s);
    if (s.what < 81) return nest(s);
    return finish(s, s.what < 90);
}

std::string ModelRun::step(const Step& s) {
    why_.clear();
    bool fine;
    if (s.what == 99)
        fine = s.r[0] % 8 == 0 ? crash() : evict();
    else if (s.what == 98)
        fine = sweep();
    else if (s.what >= 94)
        fine = clock(s);
    else if (checked_[s.backend])
        fine = finish(s, s.r[0] % 8 != 0);
    else
        fine = statement(s);
    if (fine) (void)compare();
    return why_;
}

}  // namespace tix::test
