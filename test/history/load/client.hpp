// One connection and the file of what was said on it.
#pragma once

#include <libpq-fe.h>

#include <fstream>
#include <string>
#include <vector>

#include "load/options.hpp"

namespace tix::history {

struct Answer {
    enum class Outcome { kOk, kRefused, kError, kLost } outcome = Outcome::kLost;
    std::string reason;  // of a refusal, or the code of an error
    std::string why;     // TX002 was raised: expired or busy
    std::string token;
    std::vector<std::string> seats;

    bool ok() const { return outcome == Outcome::kOk; }
    bool lost() const { return outcome == Outcome::kLost; }
};

std::string join(const std::vector<std::string>& words);

class Client {
public:
    Client(const Options& options, Progress& progress, int number);
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    // Connects again and again until it succeeds; false when the run is over.
    bool connect();
    bool connected() const { return !broken_ && PQstatus(connection_) == CONNECTION_OK; }
    // Runs a statement and writes its line. `said` are the line's fields. The statement answers
    // one row (ok, reason, token, seats joined by commas), or is BEGIN, COMMIT and the like.
    Answer run(const std::string& kind, const std::string& said, const std::string& sql,
               const std::vector<std::string>& arguments = {});

private:
    Answer read(PGresult* result);
    void write(const std::string& kind, const std::string& said, std::int64_t invoke,
               const Answer& answer);

    const Options& options_;
    Progress& progress_;
    std::ofstream log_;
    PGconn* connection_ = nullptr;
    bool broken_ = false;
};

}  // namespace tix::history
