// tix-purchase: buys four seats at a time, the whole way, in one of several manners.
//
// Each connection has a thread and walks over seats of its own: nobody loses a race. Each step is
// a prepared statement, and in the manner "redis" the first one is a script of Redis that takes
// four keys or none. Prints purchases a second and the mean time of each step in microseconds.
#include <libpq-fe.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
constexpr int kSeats = 4, kSteps = 3;

// One way to buy. A step's parameters are named: s session, a seats, u user, h hold, o order,
// p payment; what it returns is the hold, or the order and the payment, or the result.
struct Manner {
    const char* name;
    struct {
        const char* statement;  // null: no such step; empty: Redis
        const char* parameters;
    } steps[kSteps];
};

constexpr Manner kManners[] = {
    {"tix",
     {{"SELECT lock_id FROM tix.tix_lock_seats($1, $2, $3)", "sau"},
      {"SELECT o.order_id, b.payment_id FROM tix.tix_create_order(ARRAY[$1::bigint], $2) o, "
       "LATERAL tix.tix_begin_payment(o.order_id) b",
       "hu"},
      {"SELECT result FROM tix.tix_payment_event('mock', $2, 'succeeded', $2, $1::uuid, 4000, "
       "'EUR')",
       "op"}}},
    {"plain",
     {{"SELECT plain.hold($1, $2, $3)", "sau"},
      {"SELECT * FROM plain.order_seats($1, $2, $3, $4, true)", "sahu"},
      {"SELECT plain.paid($1, $2, $2, 4000, true)", "op"}}},
    {"redis",
     {{"", ""},
      {"SELECT * FROM plain.order_seats($1, $2, $3, $4, false)", "sahu"},
      {"SELECT plain.paid($1, $2, $2, 4000, false)", "op"}}},
    {"tix-once", {{"SELECT plain.purchase_by_tix($1, $2, $3)", "sau"}, {}, {}}},
    {"plain-once", {{"SELECT plain.purchase($1, $2, $3)", "sau"}, {}, {}}},
};

[[noreturn]] void fail(const std::string& what) {
    throw std::runtime_error(what);
}

class Redis {
public:
    explicit Redis(const std::string& path) : fd_(socket(AF_UNIX, SOCK_STREAM, 0)) {
        sockaddr_un at = {};
        at.sun_family = AF_UNIX;
        if (path.size() >= sizeof at.sun_path) fail("redis: path is too long");
        path.copy(at.sun_path, path.size());
        if (connect(fd_, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0)
            fail("redis: cannot connect to " + path);
    }
    Redis(const Redis&) = delete;
    ~Redis() { close(fd_); }

    // Takes the four seats from `first` on for two minutes, all or none.
    void take(long first, const std::string& user) {
        std::string ask;
        append(&ask, "EVAL");
        append(&ask,
               "for i = 1, #KEYS do if redis.call('EXISTS', KEYS[i]) == 1 then return 0 end end "
               "for i = 1, #KEYS do redis.call('SET', KEYS[i], ARGV[1], 'PX', ARGV[2]) end "
               "return 1");
        append(&ask, std::to_string(kSeats));
        for (int i = 0; i < kSeats; i++)
            append(&ask, "seat:" + std::to_string(first + i));
        append(&ask, user);
        append(&ask, "120000");
        ask.insert(0, "*" + std::to_string(kSeats + 5) + "\r\n");
        if (write(fd_, ask.data(), ask.size()) != static_cast<ssize_t>(ask.size()))
            fail("redis: cannot write");
        char answer[64];
        const ssize_t got = read(fd_, answer, sizeof answer);
        if (got < 2 || std::strncmp(answer, ":1", 2) != 0) fail("redis: a seat is taken");
    }

private:
    static void append(std::string* out, const std::string& word) {
        *out += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
    }
    int fd_;
};

struct Options {
    const Manner* manner = nullptr;
    std::string session, redis;
    int clients = 8;
    double seconds = 2;
    long first = 0, seats = 0;
};

class Buyer {
public:
    Buyer(const Options& options, int number)
        : options_(options), at_(options.first + number * kSeats), random_(std::random_device{}()) {
        connection_ = PQconnectdb("");
        if (PQstatus(connection_) != CONNECTION_OK) fail(PQerrorMessage(connection_));
        for (int i = 0; i < kSteps; i++) {
            const char* statement = options.manner->steps[i].statement;
            if (statement == nullptr) continue;
            if (*statement == '\0') {
                redis_ = std::make_unique<Redis>(options.redis);
                continue;
            }
            PGresult* made =
                PQprepare(connection_, std::to_string(i).c_str(), statement, 0, nullptr);
            if (PQresultStatus(made) != PGRES_COMMAND_OK) fail(PQresultErrorMessage(made));
            PQclear(made);
        }
    }
    Buyer(const Buyer&) = delete;
    ~Buyer() { PQfinish(connection_); }

    void buy() {
        if (at_ + kSeats > options_.seats) fail("no seats are left; make the session larger");
        seats_ = "{";
        for (int i = 0; i < kSeats; i++)
            seats_ += (i > 0 ? "," : "") + std::to_string(at_ + i);
        seats_ += "}";
        char id[37];
        std::snprintf(id, sizeof id, "%08x-0000-4000-8000-%012lx", static_cast<unsigned>(random_()),
                      at_);
        user_ = id;
        for (int i = 0; i < kSteps; i++) {
            const auto from = Clock::now();
            step(i);
            spent_us[i] += std::chrono::duration<double, std::micro>(Clock::now() - from).count();
        }
        at_ += static_cast<long>(options_.clients) * kSeats;
        bought++;
    }

    long bought = 0;
    double spent_us[kSteps] = {};

private:
    void step(int number) {
        const auto& what = options_.manner->steps[number];
        if (what.statement == nullptr) return;
        if (*what.statement == '\0') {
            redis_->take(at_, user_);
            hold_ = std::to_string(at_ + 1);
            return;
        }
        std::vector<const char*> values;
        for (const char* name = what.parameters; *name != '\0'; name++)
            values.push_back(value(*name).c_str());
        PGresult* answer =
            PQexecPrepared(connection_, std::to_string(number).c_str(),
                           static_cast<int>(values.size()), values.data(), nullptr, nullptr, 0);
        if (PQresultStatus(answer) != PGRES_TUPLES_OK) fail(PQresultErrorMessage(answer));
        if (PQntuples(answer) != 1 || PQgetisnull(answer, 0, 0)) fail("a purchase was lost");
        take(answer, number);
        PQclear(answer);
    }
    void take(const PGresult* answer, int number) {
        const std::string got = PQgetvalue(answer, 0, 0);
        if (PQnfields(answer) == 2) {
            order_ = got;
            payment_ = PQgetvalue(answer, 0, 1);
        } else if (number == 0 && options_.manner->steps[1].statement != nullptr) {
            hold_ = got;
        } else if (got != "applied") {
            fail("a purchase ended as " + got);
        }
    }
    const std::string& value(char name) const {
        switch (name) {
            case 's':
                return options_.session;
            case 'a':
                return seats_;
            case 'u':
                return user_;
            case 'h':
                return hold_;
            case 'o':
                return order_;
            default:
                return payment_;
        }
    }

    const Options& options_;
    long at_;
    std::minstd_rand random_;
    PGconn* connection_;
    std::unique_ptr<Redis> redis_;
    std::string seats_, user_, hold_, order_, payment_;
};

// Buys until the time is over; prints the line.
int run(const Options& options) {
    std::vector<std::unique_ptr<Buyer>> buyers;
    for (int i = 0; i < options.clients; i++)
        buyers.push_back(std::make_unique<Buyer>(options, i));
    std::atomic<bool> failed = false;
    const auto from = Clock::now();
    const auto until = from + std::chrono::duration<double>(options.seconds);
    std::vector<std::thread> threads;
    for (auto& buyer : buyers)
        threads.emplace_back([&buyer, &failed, until] {
            try {
                while (Clock::now() < until)
                    buyer->buy();
            } catch (const std::exception& trouble) {
                std::fprintf(stderr, "tix-purchase: %s\n", trouble.what());
                failed = true;
            }
        });
    for (auto& thread : threads)
        thread.join();
    const double took = std::chrono::duration<double>(Clock::now() - from).count();
    long bought = 0;
    double spent[kSteps] = {};
    for (const auto& buyer : buyers) {
        bought += buyer->bought;
        for (int i = 0; i < kSteps; i++)
            spent[i] += buyer->spent_us[i];
    }
    if (failed || bought == 0) return 1;
    std::printf("%.1f", static_cast<double>(bought) / took);
    for (const double step : spent)
        std::printf(" %.0f", step / static_cast<double>(bought));
    std::printf("\n");
    return 0;
}

}  // namespace

int main(int count, char** words) {
    if (count != 8) {
        std::fprintf(stderr,
                     "usage: tix-purchase MANNER CLIENTS SECONDS SESSION FIRST-SEAT SEATS REDIS\n");
        return 2;
    }
    Options options;
    for (const Manner& manner : kManners)
        if (std::strcmp(manner.name, words[1]) == 0) options.manner = &manner;
    if (options.manner == nullptr) {
        std::fprintf(stderr, "tix-purchase: no manner is called %s\n", words[1]);
        return 2;
    }
    options.clients = std::atoi(words[2]);
    options.seconds = std::atof(words[3]);
    options.session = words[4];
    options.first = std::atol(words[5]);
    options.seats = std::atol(words[6]);
    options.redis = words[7];
    try {
        return run(options);
    } catch (const std::exception& trouble) {
        std::fprintf(stderr, "tix-purchase: %s\n", trouble.what());
        return 1;
    }
}
