// Connections to the database: one that waits for its answers, and one that never blocks.
#pragma once

#include <libpq-fe.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace tix::buyers {

using Clock = std::chrono::steady_clock;

struct FreeResult {
    void operator()(PGresult* result) const { PQclear(result); }
};
using Result = std::unique_ptr<PGresult, FreeResult>;

// Ends the run: the database is out of reach or does not answer as it must.
class DatabaseError : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

std::string text(const Result& result, const char* column, int row = 0);
long long number(const Result& result, const char* column, int row = 0);
// A text[] as the server prints it, e.g. {W1-1-1,"a b"}.
std::vector<std::string> text_array(const std::string& printed);
std::string print_array(const std::vector<std::string>& elements);

using Parameters = std::vector<std::string>;

class Connection {
public:
    // Connects as the PG* environment says; throws DatabaseError.
    explicit Connection(const std::string& application_name);
    Connection(Connection&&) = default;
    Connection& operator=(Connection&&) = default;

    // Runs a statement and waits; throws DatabaseError when it fails.
    Result query(const std::string& sql, const Parameters& parameters = {});
    void prepare(const char* name, const char* sql);

    // From here on: send one statement, then finish() it when the socket has something to say.
    void stop_blocking();
    void send(const char* prepared, const Parameters& parameters);
    // True when the output buffer is not empty, so that the socket must be watched for writing.
    bool flush();
    // Reads what has come; true when the answer is complete, which is then in `result`.
    bool finish(Result& result);

    int socket() const { return PQsocket(connection_.get()); }

private:
    [[noreturn]] void fail() const;
    struct Close {
        void operator()(PGconn* connection) const { PQfinish(connection); }
    };
    std::unique_ptr<PGconn, Close> connection_;
    Result partial_;
};

}  // namespace tix::buyers
