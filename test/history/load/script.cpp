// How a worker strings its steps together: alone, in transactions, in savepoints.
#include "load/worker.hpp"

namespace tix::history {
namespace {

constexpr std::uint64_t kSalesMax = 4;
constexpr std::int64_t kNapMs = 1200;

}  // namespace

void Worker::step() {
    const std::uint64_t roll = dice(100);
    const Hold hold = some_hold();
    if (roll < 22 || holds_.empty()) return lock();
    if (roll < 30) return lock_best();
    if (roll < 38) return add(hold);
    if (roll < 42) return relock(hold);
    if (roll < 50) return extend(hold);
    if (roll < 54) return hand_over(hold);
    if (roll < 62) return look(hold);
    if (roll < 72) return release(hold);
    if (roll < 78) return steal();
    if (roll < 81) return insert_ticket();
    if (roll < 90 && sales_.size() < kSalesMax) return sell(hold);
    return delete_ticket();
}

// One to four steps, in savepoints of which some are rolled back. False when the connection died.
bool Worker::nested() {
    std::vector<std::string> names;
    for (std::uint64_t steps = 1 + dice(4); steps > 0; steps--) {
        if (dice(3) == 0) {
            names.push_back("s" + std::to_string(++savepoints_));
            client_.run("savepoint", "name=" + names.back(), "SAVEPOINT " + names.back());
        }
        step();
        if (!client_.connected()) return false;
        if (names.empty() ? failed_ : failed_ || dice(4) == 0) {
            if (names.empty()) return true;
            const std::string name = names[dice(names.size())];
            const Answer back =
                client_.run("rollback_to", "name=" + name, "ROLLBACK TO SAVEPOINT " + name);
            if (!back.ok()) return false;
            failed_ = false;
            while (names.back() != name)
                names.pop_back();
        }
    }
    return true;
}

void Worker::transaction() {
    failed_ = false;
    if (!client_.run("begin", "", "BEGIN").ok()) return;
    inside_ = true;
    const bool alive = nested();
    inside_ = false;
    if (!alive) return;
    if (dice(12) == 0) sleep_ms(static_cast<std::int64_t>(dice(kNapMs)));
    if (failed_ || dice(4) == 0)
        client_.run("rollback", "", "ROLLBACK");
    else
        client_.run("commit", "", "COMMIT");
    failed_ = false;
}

void Worker::look_at_all() {
    for (const Hold& hold : std::deque<Hold>(holds_))
        if (client_.connected()) look(hold);
}

bool Worker::reconnect() {
    if (!client_.connect()) return false;
    user_ = std::to_string((number_ + 1) * 1000000 + ++life_);
    look_at_all();
    return client_.connected();
}

// Gives everything back, so that the run ends with sales alone.
void Worker::give_back_all() {
    look_at_all();
    for (const Hold& hold : std::deque<Hold>(holds_))
        if (client_.connected()) release(hold);
}

void Worker::run() {
    while (!progress_.stop) {
        if (!client_.connected() && !reconnect()) continue;
        if (dice(3) == 0)
            transaction();
        else
            step();
        if (dice(60) == 0) sleep_ms(static_cast<std::int64_t>(dice(kNapMs)));
    }
    if (!client_.connected()) client_.connect();
    give_back_all();
}

}  // namespace tix::history
