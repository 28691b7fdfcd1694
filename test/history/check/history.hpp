// What a run left behind: each client's statements with their answers, the kills, the final tables.
//
// A line of a client's file is `INVOKE RETURN KIND [KEY=VALUE…] -> OUTCOME [KEY=VALUE…]`; times are
// microseconds of one clock. KIND: begin, savepoint, rollback_to, commit, rollback, lock, best,
// extend, hand_over, get, release, confirm, insert, delete. OUTCOME: ok, refused (a reason), error
// (a code; the statement had no effect), lost (the connection died: it may have had its effect).
// A statement outside begin … commit is a transaction of its own.
#pragma once

#include <cstdint>
#include <istream>
#include <map>
#include <string>
#include <vector>

namespace tix::history {

using Micros = std::int64_t;
using TokenId = std::uint64_t;
using Fields = std::map<std::string, std::string>;
inline constexpr Micros kNever = INT64_MAX;

struct Line {
    int client = 0;
    Micros invoke = 0;
    Micros returned = 0;
    std::string kind;
    Fields in;
    std::string outcome;
    Fields out;
    std::string text;  // as it stands in the file
};

struct Kill {
    Micros at = 0;
    std::string text;
};

struct Ticket {
    std::string seat;
    std::string user;
};

struct History {
    std::vector<std::vector<Line>> clients;
    std::vector<Kill> kills;  // by time
    bool finished = false;    // the final tables were read
    std::vector<Ticket> tickets;
    std::vector<std::string> complaints;  // of the server's own audits
    Micros slack = 0;                     // how far a deadline may move over a restart

    bool killed_between(Micros from, Micros to) const;
};

// They throw std::runtime_error at a line they cannot read; the last line of a client may be cut.
void read_client(std::istream& in, History& history);
void read_kills(std::istream& in, History& history);
void read_final(std::istream& in, History& history);
// Reads client-N.log, kills.log and final.log of a folder.
History read_history(const std::string& folder);

std::int64_t number_in(const Fields& fields, const char* key);
TokenId token_in(const Fields& fields);
// The seats in a field as SESSION/SEAT.
std::vector<std::string> seats_in(const Fields& fields, const std::string& session);

}  // namespace tix::history
