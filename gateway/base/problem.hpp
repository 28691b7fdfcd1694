// What the gateway answers when it does not do what was asked (RFC 9457), as a value.
//
// Codes, statuses and titles come from errors.def alone. A code is an SQLSTATE of class TX, a
// reason of a refused lock, or a name of the gateway's own.
#pragma once

#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tix::gateway {

struct FieldError {
    std::string field;
    std::string message;
};

struct SeatReason {
    std::string seat_id;
    std::string reason;
};

// The work that proof_required asks for (bots/challenge.hpp).
struct Puzzle {
    std::string challenge;
    int bits = 0;
    std::int64_t expires_at = 0;  // Unix time, seconds
};

struct Problem {
    int status = 500;
    std::string code;
    std::string title;
    std::string detail;      // empty: nothing to add to the title
    int retry_after_s = -1;  // negative: no Retry-After
    std::string allow;       // of method_not_allowed
    std::string queue;       // the session whose waiting room stands before it
    std::vector<FieldError> errors;
    std::vector<SeatReason> unavailable_seats;
    std::optional<Puzzle> puzzle;
};

class ProblemError : public std::exception {
public:
    explicit ProblemError(Problem problem) : problem_(std::move(problem)) {}
    const Problem& problem() const { return problem_; }
    const char* what() const noexcept override { return problem_.code.c_str(); }

private:
    Problem problem_;
};

// The problem of a code of errors.def; an unknown code is `internal`. What is over in a moment
// (503, busy, in_progress) and rate_limited say Retry-After: 1; a caller who knows better sets it.
Problem make_problem(std::string_view code, std::string detail = {});

// The problem of an error that PostgreSQL raised. Only classes TX and 22 are about what the
// client sent, so only they show the server's words. An empty `sqlstate` is a lost connection.
Problem problem_of_sqlstate(std::string_view sqlstate, std::string_view message,
                            std::string_view hint);

}  // namespace tix::gateway
