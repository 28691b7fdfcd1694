// A connection to PostgreSQL: one prepared statement over libpq, text in and out, like any driver.
//
// The statement's parameters: $1 the session, $2 the user, $3 the seats; or none, the first two, or
// the seats alone. The type that the server deduces for the seats says in which form it wants them:
// text one seat, text[] a group, jsonb the requests of tix_lock_batch, session and user included.
#include <libpq-fe.h>

#include <fstream>
#include <sstream>
#include <stdexcept>

#include "load.hpp"

namespace tix::bench {

namespace {

constexpr Oid kTextArray = 1009;
constexpr Oid kJsonb = 3802;
constexpr const char* kName = "load";

struct Finish {
    void operator()(PGconn* c) const { PQfinish(c); }
    void operator()(PGresult* r) const { PQclear(r); }
};
using Result = std::unique_ptr<PGresult, Finish>;

class Postgres : public Link {
public:
    explicit Postgres(const Load& load) : load_(load), db_(PQconnectdb("")) {
        if (PQstatus(db_.get()) != CONNECTION_OK) fail();
        prepare();
        if (PQsetnonblocking(db_.get(), 1) != 0) fail();
    }
    int socket() const override { return PQsocket(db_.get()); }
    void ask(const Seats& seats) override {
        write_seats(seats);
        const char* all[3] = {load_.session.c_str(), load_.user.c_str(), text_.c_str()};
        const char** values = parameters_ == 1 ? all + 2 : all;
        if (!PQsendQueryPrepared(db_.get(), kName, parameters_, values, nullptr, nullptr, 0))
            fail();
    }
    bool read(Answer* answer) override {
        if (!PQconsumeInput(db_.get()) || PQflush(db_.get()) < 0) fail();
        while (!PQisBusy(db_.get())) {
            const Result result(PQgetResult(db_.get()));
            if (!result) return true;
            count(result.get(), answer);
        }
        return false;
    }

private:
    [[noreturn]] void fail() const { throw std::runtime_error(PQerrorMessage(db_.get())); }

    void prepare() {
        std::ifstream file(load_.statement);
        std::stringstream text;
        text << file.rdbuf();
        if (!file) throw std::runtime_error("cannot read " + load_.statement);
        const Result made(PQprepare(db_.get(), kName, text.str().c_str(), 0, nullptr));
        if (PQresultStatus(made.get()) != PGRES_COMMAND_OK) fail();
        const Result described(PQdescribePrepared(db_.get(), kName));
        if (PQresultStatus(described.get()) != PGRES_COMMAND_OK) fail();
        parameters_ = PQnparams(described.get());
        if (parameters_ > 3) throw std::runtime_error(load_.statement + ": too many parameters");
        if (parameters_ % 2 == 1) form_ = PQparamtype(described.get(), parameters_ - 1);
    }

    void write_seats(const Seats& seats) {
        text_.clear();
        if (form_ == kJsonb) {
            write_batch(seats);
            return;
        }
        if (form_ == kTextArray) text_ += '{';
        for (std::size_t i = 0; i < seats.size(); i++) {
            if (i > 0) text_ += ',';
            text_ += std::to_string(seats[i]);
        }
        if (form_ == kTextArray) text_ += '}';
    }
    void write_batch(const Seats& seats) {
        for (std::size_t i = 0; i < seats.size(); i += load_.group) {
            text_ += text_.empty() ? R"([{"sessionId":")" : R"(,{"sessionId":")";
            text_ += load_.session + R"(","userId":")" + load_.user + R"(","ttl":)" + load_.ttl_s +
                     R"(,"seatIds":[)";
            for (std::size_t j = i; j < i + load_.group; j++) {
                text_ += j > i ? ",\"" : "\"";
                text_ += std::to_string(seats[j]) + '"';
            }
            text_ += "]}";
        }
        text_ += ']';
    }

    void count(const PGresult* result, Answer* answer) const {
        if (PQresultStatus(result) != PGRES_TUPLES_OK) fail();
        const int rows = PQntuples(result);
        std::uint32_t won = 0;
        for (int row = 0; row < rows; row++)
            won += PQgetvalue(result, row, 0)[0] != 'f';
        if (load_.batch == 1) won = won > 0;  // several rows are one answer
        answer->won += won;
        answer->lost += load_.batch - won;
    }

    const Load& load_;
    std::unique_ptr<PGconn, Finish> db_;
    int parameters_ = 0;
    Oid form_ = 0;
    std::string text_;
};

}  // namespace

std::unique_ptr<Link> connect_postgres(const Load& load) {
    return std::make_unique<Postgres>(load);
}

}  // namespace tix::bench
