// Replays one client's file: what its transactions must have done, may have done, and what the
// server answered against that.
//
// Only the client itself uses its tokens, so its file alone says what each hold is. What may or may
// not have happened (a COMMIT whose answer was lost) weakens what is known: nothing is concluded
// from it until a later answer tells. Deadlines are known as intervals: they were set after the
// statement was sent and before it was answered.
#pragma once

#include <optional>
#include <set>

#include "check/history.hpp"

namespace tix::history {

// The laws of run.sh's head, by number; text and the lines that show it.
struct Finding {
    int law = 0;
    std::string what;
    std::vector<const Line*> lines;
};

// A seat surely belongs to a token (0: a ticket made without one) from `returned` to `end()`.
struct Interval {
    std::string seat;
    TokenId token = 0;
    const Line* grant = nullptr;
    const Line* closed_by = nullptr;
    Micros closed = kNever;
    Micros set_at = 0;  // when the deadline was set
    Micros deadline = kNever;
    bool sold = false;  // deadlines end no sale

    Micros end(const History& history) const;
};

struct Grant {
    TokenId token = 0;
    const Line* line = nullptr;
};

class Replay {
public:
    Replay(const History& history, int client, std::vector<Finding>& findings)
        : history_(history), client_(client), findings_(findings) {}

    void run();

    std::vector<Interval> intervals;
    std::vector<Grant> grants;
    struct Sale {
        std::size_t interval = 0;
        bool certain = false;
        std::int64_t transaction = 0;  // that made it
    };
    // By "SEAT USER": sales that stand at the end.
    std::map<std::string, Sale> sales;

private:
    struct Token {
        std::string session;
        std::string user;
        std::map<std::string, std::size_t> seats;  // surely its own, with their intervals
        std::map<std::string, std::size_t> maybe;  // perhaps its own; kNone: no interval is open
        Micros set_at = 0;
        Micros earliest = 0;  // when it may be overdue
        Micros latest = 0;    // when it must be
        bool ended = false;
        std::int64_t ended_by = 0;  // the transaction
        // Until then the server may not have noticed the death of a transaction that changed it,
        // and shows its changes to those who only look.
        Micros settled_at = 0;
        std::vector<const Line*> lines;
    };
    struct Undo {
        TokenId token;  // 0: a sale
        std::string sale;
        std::optional<Token> old_token;
        std::optional<Sale> old_sale;
    };
    struct Savepoint {
        std::string name;
        std::size_t undo, opened, relied;
    };
    struct Transaction {
        std::int64_t id = 0;
        bool open = false;
        Micros answered_at = 0;  // the last time that it surely ran
        Micros failed_at = 0;    // when its effects may have begun to vanish; 0: it has not failed
        const Line* failed_by = nullptr;
        std::vector<Undo> undo;
        std::vector<std::size_t> opened;  // intervals
        std::vector<TokenId> relied;      // tokens that must live at COMMIT
        std::vector<Savepoint> savepoints;
    };
    using Seats = std::vector<std::string>;
    static constexpr std::size_t kNone = SIZE_MAX;

    static constexpr Micros kSettlingMicros = 2000000;

    // replay.cpp: statements.
    void statement(const Line& line);
    void work(const Line& line);
    void done(const Line& line);
    void refused(const Line& line);
    void granted(const Line& line);
    void prolonged(const Line& line);
    void looked(const Line& line);
    void released(const Line& line);
    void confirmed(const Line& line);
    void inserted(const Line& line);
    void deleted(const Line& line);
    void unanswered(const Line& line);
    // replay_token.cpp: what is known of a token.
    Token* accept(const Line& line, TokenId id);
    bool names_owner(const Line& line, const Token& token) const;
    void expect_seats(const Line& line, TokenId id);
    bool lives(const Token& token, Micros until) const;
    Micros latest(const Token& token) const;
    void find(int law, const Line& line, TokenId id, const std::string& what);
    std::size_t open_interval(const Line& line, TokenId id, const std::string& seat);
    void give(const Line& line, TokenId id, const std::string& seat);
    bool resume(Token& token, const std::string& seat);
    Token& touch(TokenId id);
    void touch_sale(const std::string& key);
    // replay_end.cpp: how transactions end.
    void begin(bool open);
    void undo_to(std::size_t undo, std::size_t opened, const Line& line);
    void roll_back_to(const Line& line);
    void abort(const Line& line);
    void commit(const Line& line);
    void perhaps(const Line& line);
    void close(std::size_t interval, const Line& line, Micros at);
    std::set<std::size_t> intervals_before() const;
    std::set<std::size_t> intervals_now() const;

    const History& history_;
    int client_;
    std::vector<Finding>& findings_;
    std::map<TokenId, Token> tokens_;
    Transaction transaction_;
    std::int64_t transactions_ = 0;
};

}  // namespace tix::history
