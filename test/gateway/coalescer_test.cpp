// The promises of joined lock requests: nobody waits to be joined, who waits is joined, every
// answer is that of its own request, and a fault is only of whom it concerns.
#include "locks/coalescer.hpp"

#include <gtest/gtest.h>
#include <libpq-fe.h>

#include <algorithm>
#include <atomic>
#include <latch>
#include <set>
#include <thread>

#include "db/connection.hpp"

namespace tix::gateway {
namespace {

LockRequest want(const std::string& seat, const std::string& session = "s") {
    return {session, "user of " + seat, {seat}, {}, {}, {}};
}

// A row for each request: its reason is told by `reason`, its seat is in the column after.
DbResult rows_for(const Coalescer::Batch& batch, const std::string& reason_of_bad = "") {
    PGresult* result = PQmakeEmptyPGresult(nullptr, PGRES_TUPLES_OK);
    std::string name = "c";
    std::vector<PGresAttDesc> columns(3, {name.data(), 0, 0, 0, 25, -1, -1});
    EXPECT_NE(PQsetResultAttrs(result, 3, columns.data()), 0);
    for (int row = 0; row < static_cast<int>(batch.size()); ++row) {
        const std::string& seat = batch[static_cast<std::size_t>(row)]->seats.front();
        const bool bad = seat == "bad" && batch.size() > 1;
        std::string values[3] = {"t", bad ? reason_of_bad : "", seat};
        for (int column = 0; column < 3; ++column)
            EXPECT_NE(PQsetvalue(result, row, column, values[column].data(),
                                 static_cast<int>(values[column].size())),
                      0);
    }
    return DbResult(result);
}

std::string seat_of(const LockAnswer& answer) {
    return std::string(answer.rows->text(answer.row, 2));
}

// A database that answers when it is let, and remembers how many came together.
struct Database {
    std::mutex mutex;
    std::condition_variable changed;
    bool open = false;
    std::vector<std::size_t> sizes;
    std::function<void(const Coalescer::Batch&)> before = [](const auto&) {};
    std::string reason_of_bad;

    DbResult run(const Coalescer::Batch& batch) {
        std::unique_lock lock(mutex);
        sizes.push_back(batch.size());
        changed.notify_all();
        changed.wait(lock, [&] { return open; });
        lock.unlock();
        before(batch);
        return rows_for(batch, reason_of_bad);
    }
    void let() {
        const std::scoped_lock lock(mutex);
        open = true;
        changed.notify_all();
    }
    std::size_t calls() {
        const std::scoped_lock lock(mutex);
        return sizes.size();
    }
    void await_calls(std::size_t calls) {
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return sizes.size() >= calls; });
    }
    Coalescer::Run runner() {
        return [this](const Coalescer::Batch& batch) { return run(batch); };
    }
};

// Sends `count` requests while `first` calls hang, lets them go, and returns what each said: the
// seat, or the kind of its fault.
std::vector<std::string> storm(Database& database, Coalescer& locks, int count, int first,
                               int bad = -1) {
    std::vector<std::string> said(static_cast<std::size_t>(count));
    std::vector<std::thread> threads;
    for (int i = 0; i < count; ++i) {
        if (i <= first) database.await_calls(static_cast<std::size_t>(std::min(i, first)));
        threads.emplace_back([&, i] {
            try {
                const auto request = want(i == bad ? "bad" : std::to_string(i));
                said[static_cast<std::size_t>(i)] = seat_of(locks.lock(request));
            } catch (const DbError& error) {
                said[static_cast<std::size_t>(i)] = error.message;
            }
        });
    }
    // All others wait for those, or, where nobody is joined, hang with them.
    const auto others = static_cast<std::size_t>(count - first);
    while (locks.waiting() < others && database.calls() < static_cast<std::size_t>(count))
        std::this_thread::yield();
    database.let();
    for (auto& thread : threads)
        thread.join();
    return said;
}

TEST(Coalescer, one_who_comes_alone_goes_alone_and_at_once) {
    Database database;
    database.open = true;
    Coalescer locks(32, 1, database.runner());
    for (int i = 0; i < 3; ++i)
        EXPECT_EQ(locks.lock(want("A-1")).batch, 1);
    EXPECT_EQ(database.sizes, (std::vector<std::size_t>{1, 1, 1}));
}

TEST(Coalescer, those_who_wait_go_together_and_each_gets_its_own_answer) {
    Database database;
    Coalescer locks(32, 2, database.runner());
    const auto said = storm(database, locks, 20, 2);
    for (int i = 0; i < 20; ++i)
        EXPECT_EQ(said[static_cast<std::size_t>(i)], std::to_string(i));
    // Two calls end at once, so two of those who wait may lead; one of them takes all others.
    EXPECT_LE(database.sizes.size(), 4U);
    EXPECT_GE(*std::max_element(database.sizes.begin(), database.sizes.end()), 17U);
}

TEST(Coalescer, a_batch_is_no_larger_than_allowed) {
    Database database;
    Coalescer locks(4, 1, database.runner());
    storm(database, locks, 14, 1);
    EXPECT_LE(*std::max_element(database.sizes.begin(), database.sizes.end()), 4U);
    EXPECT_GE(database.sizes.size(), 5U);
}

TEST(Coalescer, sessions_do_not_wait_for_each_other) {
    Database database;
    Coalescer locks(32, 1, database.runner());
    std::vector<std::thread> threads;
    for (const char* session : {"s", "t", "u"})
        threads.emplace_back([&locks, session] { locks.lock(want("1", session)); });
    database.await_calls(3);
    database.let();
    for (auto& thread : threads)
        thread.join();
    EXPECT_EQ(database.sizes, (std::vector<std::size_t>{1, 1, 1}));
}

TEST(Coalescer, without_room_to_join_everybody_goes_alone) {
    for (const int most : {0, 1}) {
        Database database;
        Coalescer locks(most, 1, database.runner());
        storm(database, locks, 8, 0);
        EXPECT_EQ(database.sizes, std::vector<std::size_t>(8, 1));
    }
}

TEST(Coalescer, a_statement_that_fails_is_the_fault_of_its_own_request_alone) {
    Database database;
    database.before = [](const Coalescer::Batch& batch) {
        for (const LockRequest* request : batch)
            if (request->seats.front() == "bad")
                throw DbError(DbError::Kind::kStatement, "22023", "its own fault", "");
    };
    Coalescer locks(32, 1, database.runner());
    const auto said = storm(database, locks, 6, 1, 3);
    for (int i = 0; i < 6; ++i)
        EXPECT_EQ(said[static_cast<std::size_t>(i)], i == 3 ? "its own fault" : std::to_string(i));
}

TEST(Coalescer, what_only_a_batch_calls_malformed_is_asked_again_alone) {
    Database database;
    database.reason_of_bad = "malformed";
    Coalescer locks(32, 1, database.runner());
    const auto said = storm(database, locks, 5, 1, 2);
    EXPECT_EQ(said[2], "bad");
    EXPECT_EQ(database.sizes, (std::vector<std::size_t>{1, 4, 1}));
}

TEST(Coalescer, an_unknown_outcome_is_unknown_for_all_of_the_batch) {
    Database database;
    database.before = [](const Coalescer::Batch& batch) {
        if (batch.size() > 1) throw DbError(DbError::Kind::kUnknown, "", "unknown", "");
    };
    Coalescer locks(32, 1, database.runner());
    const auto said = storm(database, locks, 6, 1);
    EXPECT_EQ(std::count(said.begin(), said.end(), "unknown"), 5);
    EXPECT_EQ(database.sizes.size(), 2U) << "nobody asks again";
}

TEST(Coalescer, it_is_right_under_a_storm_of_many_threads) {
    std::atomic<int> running{0}, most{0};
    Coalescer locks(8, 2, [&](const Coalescer::Batch& batch) {
        most = std::max(most.load(), ++running);
        std::this_thread::yield();
        --running;
        return rows_for(batch);
    });
    std::latch start(16);
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 16; ++thread)
        threads.emplace_back([&, thread] {
            start.arrive_and_wait();
            for (int i = 0; i < 300; ++i) {
                const std::string seat = std::to_string(thread) + "-" + std::to_string(i);
                ASSERT_EQ(seat_of(locks.lock(want(seat))), seat);
            }
        });
    for (auto& thread : threads)
        thread.join();
    EXPECT_LE(most, 2);
}

}  // namespace
}  // namespace tix::gateway
