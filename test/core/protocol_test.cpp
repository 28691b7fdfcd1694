// Runs every row of the protocol table in extension/src/core/README.md against the core.

#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>

#include "fixture.hpp"

namespace tix::test {

namespace {

const std::vector<std::string> kStates = {
    "free", "granted", "pinned", "held",     "changed", "releasing",  "confirming", "withdrawn",
    "sold", "freeing", "late",   "blocking", "blocked", "unblocking", "overdue",    "listed"};
const std::vector<std::string> kEvents = {
    "lock",          "relock",        "add",           "extend",    "hand over",       "release",
    "confirm",       "ticket insert", "ticket remove", "free sold", "block",           "unblock",
    "force release", "commit",        "abort",         "subabort",  "deadline passed", "sweep",
    "load",          "edit",          "crash"};

struct Row {
    std::string answer, next, journal, ring;
};
using Table = std::map<std::pair<std::string, std::string>, Row>;

std::string trim(const std::string& s) {
    const size_t first = s.find_first_not_of(' ');
    return first == std::string::npos ? "" : s.substr(first, s.find_last_not_of(' ') - first + 1);
}

std::vector<std::string> split(const std::string& s, char by) {
    std::vector<std::string> parts;
    std::istringstream in(s);
    for (std::string part; std::getline(in, part, by);)
        parts.push_back(trim(part));
    return parts;
}

bool known(const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

// One line of the table: lists of states and events are spelled out, none may come twice.
void add_row(const std::vector<std::string>& cell, Table* table) {
    for (const std::string& state : split(cell[1], ',')) {
        EXPECT_TRUE(known(kStates, state)) << state;
        for (const std::string& event : split(cell[2], ',')) {
            EXPECT_TRUE(known(kEvents, event)) << event;
            const std::string next = cell[4] == "same" ? state : cell[4];
            EXPECT_TRUE(known(kStates, next)) << next;
            const bool added =
                table->insert({{state, event}, {cell[3], next, cell[5], cell[6]}}).second;
            EXPECT_TRUE(added) << state << " × " << event << " comes twice";
        }
    }
}

Table read_table() {
    Table table;
    std::ifstream in(TIX_PROTOCOL);
    EXPECT_TRUE(in.good()) << TIX_PROTOCOL;
    bool inside = false;
    for (std::string line; std::getline(in, line);) {
        const auto cell = split(line, '|');
        if (cell.size() == 7 && cell[1] == "state" && cell[2] == "event")
            inside = true;
        else if (cell.empty() || cell.size() == 1)
            inside = false;
        else if (inside && cell[1].rfind("---", 0) != 0) {
            EXPECT_EQ(cell.size(), 7u) << line;
            if (cell.size() == 7) add_row(cell, &table);
        }
    }
    return table;
}

// One seat in one state, and what an event does to it. The seat is ordinal 0; for `add`, ordinal 1
// is in another hold of the same user.
class Scene {
public:
    explicit Scene(bool with_second_hold);
    void enter(const std::string& state);
    // Answers what the table calls the answer; sets journal.
    std::string fire(const std::string& event);
    std::string observe();
    std::string ring();

    World w{1, 1, 4};
    std::string journal = "-";

private:
    std::string statement(const std::string& event);
    std::string told(const HoldAnswer& h, const std::string& kind);
    std::string edit();
    void load();
    void crash();
    void enter_block(const std::string& state);
    void give_up_to_list();
    bool granted_by(const Backend& b) const;

    Backend& T = w.a;
    Backend other_{9};
    Backend* by_ = &w.a;
    u64 token_ = 0;
    u64 second_ = 0;
    Micros deadline_ = 0;
    bool has_seat_ = false;  // the journal, committed: the user has the seat
    bool sold_ = false;      // the tables, committed
    bool blocked_ = false;   // likewise
};

Scene::Scene(bool with_second_hold) {
    if (with_second_hold) second_ = w.lock(w.c, {1}, kAnn, 3600 * kSecond).lock_id;
    EXPECT_EQ(w.commit(w.c), 0u);
    w.begin_sub(T);
    (void)w.ring();
}

void Scene::enter(const std::string& s) {
    const bool uncommitted = s == "granted" || s == "pinned" || s == "late";
    const bool house = s == "blocking" || s == "blocked" || s == "unblocking";
    if (house) enter_block(s);
    if (s != "free" && !house) {
        Backend& who = uncommitted ? T : w.c;
        const HoldAnswer h = w.lock(who, {0}, kAnn, 10 * kSecond);
        token_ = h.lock_id;
        deadline_ = h.deadline;
    }
    if (s == "sold" || s == "freeing") {
        (void)w.confirm(w.c, token_, kAnn);
        sold_ = true;
    }
    (void)w.commit(w.c);
    if (s == "listed") give_up_to_list();
    if (s == "unblocking") (void)w.unblock(T, {0});
    has_seat_ = s != "free" && !uncommitted && !sold_ && !house && s != "listed";
    if (s == "changed") {
        (void)w.release(T, token_, kAnn);
        (void)w.lock(T, {0}, kAnn);
    }
    if (s == "releasing") (void)w.release(T, token_, kAnn);
    if (s == "confirming" || s == "withdrawn") (void)w.confirm(T, token_, kAnn);
    if (s == "withdrawn" || s == "freeing") (void)w.remove_ticket(T, 0);
    if (s == "overdue" || s == "late") w.now = deadline_;
    if (s == "pinned") {
        EXPECT_EQ(xact_check_and_pin(w.arena, T.log, w.now), 0u);
        by_ = &other_;
    }
    (void)w.ring();
}

// The session gets a waiting list, and the seat is its.
void Scene::give_up_to_list() {
    for (const auto& [which, value] : {std::pair{Rule::list_grace, 10 * kSecond},
                                       std::pair{Rule::list_end, w.now + 3600 * kSecond}})
        EXPECT_EQ(set_rule(w.access(w.c, {}), *w.block, which, value), Status::ok);
    EXPECT_EQ(w.commit(w.c), 0u);
    (void)w.release(w.c, token_, kAnn);
    EXPECT_EQ(w.commit(w.c), 0u);
}

void Scene::enter_block(const std::string& s) {
    EXPECT_EQ(w.block_seats(s == "blocking" ? T : w.c, {0}, 10 * kSecond).status, Status::ok);
    blocked_ = s != "blocking";
    deadline_ = w.now + 10 * kSecond;
    token_ = w.block->hold(0).lock_id;
}

std::string Scene::told(const HoldAnswer& h, const std::string& kind) {
    switch (h.status) {
        case Status::ok:
            journal = kind;
            return "ok";
        case Status::refused:
            return h.reason == Reason::held      ? "held"
                   : h.reason == Reason::sold    ? "sold"
                   : h.reason == Reason::blocked ? "blocked"
                                                 : "?";
        case Status::lost:
            return "lost";
        case Status::busy:
            return "busy";
        default:
            return "?";
    }
}

std::string kind_of(const HoldAnswer& h) {
    return h.journal == Journal::none ? "-" : std::string(1, static_cast<char>(h.journal));
}

std::string Scene::statement(const std::string& event) {
    if (event == "lock") {
        by_ = &w.b;
        const HoldAnswer h = w.lock(w.b, {0}, kEve);
        return told(h, kind_of(h));
    }
    if (event == "relock" || event == "add") {
        const HoldAnswer h = w.lock(*by_, {0}, kAnn, 60 * kSecond, event == "add" ? second_ : 0);
        return told(h, kind_of(h));
    }
    const u64 token = token_ != 0 ? token_ : Token::make(w.generation, 99, 0);
    if (event == "extend") return told(w.extend(*by_, token, kAnn, 60 * kSecond), "e");
    if (event == "hand over") return told(w.hand_over(*by_, token, kAnn, 60 * kSecond), "o");
    if (event == "release") {
        const HoldAnswer h = w.release(*by_, token, kAnn);
        return told(h, w.out.empty() ? "-" : "r");
    }
    if (event == "confirm") {
        const HoldAnswer h = w.confirm(*by_, token, kAnn);
        return told(h, kind_of(h));
    }
    if (event == "ticket insert") {
        const HoldAnswer h = w.insert_ticket(*by_, 0, kAnn);
        return told(h, h.journal == Journal::none ? "-" : "s");
    }
    if (event == "ticket remove") {
        if (w.remove_ticket(*by_, 0) != Status::ok) return "busy";
        journal = "f";
        return "ok";
    }
    if (event == "block") return told(w.block_seats(*by_, {0}), "-");
    if (event == "unblock") return told(w.unblock(*by_, {0}), "-");
    if (event == "force release") {
        const HoldAnswer h = w.force_release(*by_, 0);
        return told(h, h.lock_id != 0 ? "r" : "-");
    }
    if (w.free_sold(*by_, {0}) > 0) journal = "f";
    return "ok";
}

// From the tables.
void Scene::load() {
    w.block = w.load(w.layout, {5, 5}, {sold_});
    if (blocked_) restore_block(w.access(w.c, w.all()), *w.block, 0, deadline_, w.generation);
}

// Unloads the session if nothing needs it, and loads it again.
std::string Scene::edit() {
    if (!session_idle(*w.block)) return "busy";
    session_evict(w.arena, directory_find(w.arena, 7, {5, 5}));
    load();
    return "ok";
}

// Shared memory is formatted anew and the session loaded from what was committed.
void Scene::crash() {
    w.format();
    w.generation++;
    w.ring_at = 1;
    T.log.size = 0;
    T.log.partitions = {};
    load();
    Ordinal seat = 0;
    const HoldSpec spec{token_, kAnn, deadline_, 0};
    if (has_seat_ && deadline_ > w.now)
        (void)restore_hold(w.access(w.c, w.all()), *w.block, spec, false, 1, &seat, 1);
}

std::string Scene::fire(const std::string& event) {
    if (event == "commit") return w.commit(T) == 0 ? "ok" : "lost";
    if (event == "abort") w.abort(T);
    if (event == "subabort") w.abort_sub(T);
    if (event == "deadline passed" && deadline_ > w.now) w.now = deadline_;
    if (event == "sweep") (void)w.sweep();
    if (event == "load") {
        EXPECT_EQ(directory_add(w.arena, 7, {5, 5})->state, DirState::ready);
    }
    if (event == "edit") return edit();
    if (event == "crash") crash();
    const auto at = std::find(kEvents.begin(), kEvents.end(), event);
    return at < std::find(kEvents.begin(), kEvents.end(), "commit") ? statement(event) : "ok";
}

bool Scene::granted_by(const Backend& b) const {
    const u64 token = w.block->hold(w.block->slot(0).head).lock_id;
    for (u32 i = 0; i < b.log.size; i++) {
        const XactEntry& e = b.log.entry[i];
        if (e.lock_id == token && (e.op == Op::grant || (e.op == Op::add && e.seat == 0)))
            return true;
    }
    return false;
}

std::string Scene::observe() {
    const SeatSlot& s = w.block->slot(0);
    if (s.state == SeatState::free) return "free";
    if (s.state == SeatState::sold) return (s.flags & kPendingFree) != 0 ? "freeing" : "sold";
    const bool pending = (s.flags & kPendingRelease) != 0;
    if (s.state == SeatState::confirming) return pending ? "withdrawn" : "confirming";
    const Hold& h = w.block->hold(s.head);
    if (w.state(0) == SeatState::blocked)
        return pending                    ? "unblocking"
               : granted_by(T)            ? "blocking"
               : (h.flags & kListed) != 0 ? "listed"
                                          : "blocked";
    if (w.state(0) == SeatState::free) return h.writer != 0 ? "late" : "overdue";
    if ((h.flags & kPinned) != 0) return "pinned";
    if (pending) return "releasing";
    if (granted_by(T) || granted_by(w.b) || granted_by(other_)) return "granted";
    return h.writer != 0 ? "changed" : "held";
}

// The changes of seat 0 since the state was entered.
std::string Scene::ring() {
    std::string told;
    for (const std::string& change : split(w.ring(), ' '))
        if (!change.empty() && change[0] == '0')
            told += (told.empty() ? "" : " ") + change.substr(1);
    return told.empty() ? "-" : told;
}

}  // namespace

TEST(Protocol, has_a_row_for_every_state_and_event) {
    const Table table = read_table();
    for (const std::string& state : kStates)
        for (const std::string& event : kEvents)
            EXPECT_TRUE(table.count({state, event}) == 1) << state << " × " << event;
}

TEST(Protocol, every_row_is_what_the_core_does) {
    for (const auto& [key, row] : read_table()) {
        SCOPED_TRACE(key.first + " × " + key.second);
        Scene scene(key.second == "add");
        scene.enter(key.first);
        ASSERT_EQ(scene.observe(), key.first);
        EXPECT_EQ(scene.fire(key.second), row.answer);
        EXPECT_EQ(scene.observe(), row.next);
        EXPECT_EQ(scene.journal, row.journal);
        EXPECT_EQ(scene.ring(), row.ring);
        EXPECT_EQ(scene.w.audit(), "");
    }
}

}  // namespace tix::test
