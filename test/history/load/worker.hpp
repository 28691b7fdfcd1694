// A buyer that does everything a caller may do, at random: it holds, adds, extends, gives back,
// sells, frees, changes its mind in savepoints, sleeps past deadlines, and tries tokens that are
// dead or somebody else's.
#pragma once

#include <deque>
#include <mutex>
#include <random>

#include "load/client.hpp"

namespace tix::history {

// Tokens of all workers, for those who try another's.
class Board {
public:
    void pin(const std::string& token);
    std::string look(std::uint64_t dice);

private:
    std::mutex mutex_;
    std::deque<std::string> tokens_;
};

struct Room {
    int session, areas, rows, seats;
};
inline constexpr Room kRooms[] = {{1, 3, 4, 5}, {2, 2, 3, 5}, {3, 1, 2, 10}};

class Worker {
public:
    Worker(const Options& options, Progress& progress, Board& board, int number);
    // Until the run is over; then looks at each of its holds once more.
    void run();

private:
    struct Hold {
        std::string token, session, user;
        std::vector<std::string> seats;
    };
    struct Sale {
        std::string session, seat, user;
    };
    using Seats = std::vector<std::string>;

    bool reconnect();
    void transaction();
    bool nested();
    void step();
    void lock();
    void lock_best();
    void add(const Hold& hold);
    void relock(const Hold& hold);
    void extend(const Hold& hold);
    void hand_over(const Hold& hold);
    void look(const Hold& hold);
    void release(const Hold& hold);
    void sell(const Hold& hold);
    void insert_ticket();
    void delete_ticket();
    void steal();
    void unload();
    void look_at_all();
    void give_back_all();
    void heard(const Answer& answer, const Hold& hold);
    void remember(const Answer& answer, const std::string& session, const std::string& user);

    std::uint64_t dice(std::uint64_t sides) { return random_() % sides; }
    Seats some_seats(const Room& room, std::uint64_t most);
    std::string ttl_ms();
    Hold some_hold();

    Client client_;
    Progress& progress_;
    Board& board_;
    std::mt19937_64 random_;
    int number_;
    int life_ = 0;  // connections so far: each is another user, or a lost grant would come back
    std::string user_;
    std::deque<Hold> holds_;
    std::deque<Sale> sales_;
    bool failed_ = false;  // the transaction, by an error
    bool inside_ = false;
    int savepoints_ = 0;
};

}  // namespace tix::history
