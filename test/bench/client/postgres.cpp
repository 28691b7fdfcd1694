// A connection to PostgreSQL: one prepared statement over libpq, text in and out, like any driver.
//
// The statement's parameters: $1 the session, $2 the user, $3 the seats; or none, the first two, or
// the seats alone. The types that the server deduces say in which form it wants them: text one
// seat, text[] a group, jsonb the requests of tix_lock_batch, session and user included. When
// session and user are arrays, too, each request is an element of all three; such a statement is
// for many, and goes over in the binary format, both ways.
#include <arpa/inet.h>
#include <libpq-fe.h>

#include <charconv>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string_view>

#include "load.hpp"

namespace tix::bench {

namespace {

constexpr Oid kTextArray = 1009;
constexpr Oid kJsonb = 3802;
constexpr Oid kText = 25;
constexpr Oid kUuid = 2950;
constexpr Oid kUuidArray = 2951;
constexpr const char* kName = "load";

struct Finish {
    void operator()(PGconn* c) const { PQfinish(c); }
    void operator()(PGresult* r) const { PQclear(r); }
};
using Result = std::unique_ptr<PGresult, Finish>;

// An array in the binary format, of elements that are appended one by one.
class BinaryArray {
public:
    void begin(Oid element, std::size_t n) {
        bytes_.clear();
        for (const std::size_t word : {std::size_t{1}, std::size_t{0}, std::size_t{element}, n,
                                       std::size_t{1}})  // dimensions, nulls, type, size, from
            append(static_cast<std::uint32_t>(word));
    }
    void add(std::string_view element) {
        append(static_cast<std::uint32_t>(element.size()));
        bytes_ += element;
    }
    const char* data() const { return bytes_.data(); }
    int size() const { return static_cast<int>(bytes_.size()); }

private:
    void append(std::uint32_t word) {
        word = htonl(word);
        bytes_.append(reinterpret_cast<const char*>(&word), sizeof word);
    }

    std::string bytes_;
};

// A uuid in the binary format.
std::string uuid_bytes(std::string_view text) {
    std::string bytes;
    unsigned high = 0;
    for (std::size_t i = 0, digits = 0; i < text.size(); i++) {
        if (text[i] == '-') continue;
        unsigned digit = 0;
        std::from_chars(&text[i], &text[i] + 1, digit, 16);
        if (digits++ % 2 == 1) bytes += static_cast<char>(high << 4 | digit);
        high = digit;
    }
    return bytes;
}

class Postgres : public Link {
public:
    explicit Postgres(const Load& load)
        : load_(load),
          db_(PQconnectdb("")),
          user_(load.user),
          user_bytes_(uuid_bytes(load.user)),
          session_bytes_(uuid_bytes(load.session)) {
        if (PQstatus(db_.get()) != CONNECTION_OK) fail();
        prepare();
        if (PQsetnonblocking(db_.get(), 1) != 0) fail();
    }
    int socket() const override { return PQsocket(db_.get()); }
    void ask(const Message& message) override {
        if (binary_) return ask_binary(message);
        write_seats(message);
        const char* all[3] = {load_.session.c_str(), user_.of(message.first_user).c_str(),
                              text_.c_str()};
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
        binary_ = parameters_ == 3 && PQparamtype(described.get(), 0) == kUuidArray;
        if (binary_ && load_.group > 1)
            throw std::runtime_error(load_.statement + ": a request of it is one seat");
    }

    // Sessions, users and seats, an array each.
    void ask_binary(const Message& message) {
        const std::size_t n = message.seats.size();
        array_[0].begin(kUuid, n);
        array_[1].begin(kUuid, n);
        array_[2].begin(kText, n);
        for (std::size_t i = 0; i < n; i++) {
            char digit[10];
            const auto [end, error] = std::to_chars(digit, std::end(digit), message.seats[i]);
            std::uint64_t user = message.first_user + i;
            for (std::size_t byte = 16; byte-- > 10; user >>= 8)
                user_bytes_[byte] = static_cast<char>(user);
            array_[0].add(session_bytes_);
            array_[1].add(user_bytes_);
            array_[2].add({digit, end});
        }
        const char* values[3];
        int sizes[3];
        const int formats[3] = {1, 1, 1};
        for (int i = 0; i < 3; i++) {
            values[i] = array_[i].data();
            sizes[i] = array_[i].size();
        }
        if (!PQsendQueryPrepared(db_.get(), kName, 3, values, sizes, formats, 1)) fail();
    }

    void write_seats(const Message& message) {
        const std::vector<std::uint32_t>& seats = message.seats;
        text_.clear();
        if (form_ == kJsonb) {
            write_batch(message);
            return;
        }
        if (form_ == kTextArray) text_ += '{';
        for (std::size_t i = 0; i < seats.size(); i++) {
            if (i > 0) text_ += ',';
            text_ += std::to_string(seats[i]);
        }
        if (form_ == kTextArray) text_ += '}';
    }
    void write_batch(const Message& message) {
        const std::vector<std::uint32_t>& seats = message.seats;
        std::uint64_t user = message.first_user;
        for (std::size_t i = 0; i < seats.size(); i += load_.group) {
            text_ += text_.empty() ? R"([{"sessionId":")" : R"(,{"sessionId":")";
            text_ += load_.session;
            text_ += R"(","userId":")";
            text_ += user_.of(user++);
            text_ += R"(","ttl":)";
            text_ += load_.ttl_s;
            text_ += R"(,"seatIds":[)";
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
        const char no = binary_ ? '\0' : 'f';
        for (int row = 0; row < rows; row++)
            won += PQgetvalue(result, row, 0)[0] != no;
        if (load_.batch == 1) won = won > 0;  // several rows are one answer
        answer->won += won;
        answer->lost += load_.batch - won;
    }

    const Load& load_;
    std::unique_ptr<PGconn, Finish> db_;
    int parameters_ = 0;
    Oid form_ = 0;
    bool binary_ = false;
    UserText user_;
    std::string user_bytes_;
    std::string session_bytes_;
    std::string text_;
    BinaryArray array_[3];
};

}  // namespace

std::unique_ptr<Link> connect_postgres(const Load& load) {
    return std::make_unique<Postgres>(load);
}

}  // namespace tix::bench
