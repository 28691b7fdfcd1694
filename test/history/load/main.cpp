// tix-history-load: lets clients work on a server of its own while its processes are killed, and
// writes down what they saw.
//
// The cluster exists, its database "history" has the schema of the regression tests and the rooms
// of worker.hpp. Ends when both the kills and the statements wanted have happened; then writes the
// tickets and what the server's own audits complain of to final.log.
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <thread>

#include "load/server.hpp"
#include "load/worker.hpp"

namespace tix::history {
namespace {

constexpr std::int64_t kPauseMinMs = 150;
constexpr std::int64_t kPauseMaxMs = 1500;
constexpr std::int64_t kProgressEvery = 25;

Options read_options(int argc, char** argv) {
    Options o;
    for (int i = 1; i < argc; i++) {
        const std::string word = argv[i];
        const std::size_t equals = word.find('=');
        const std::string key = word.substr(0, equals);
        if (equals == std::string::npos) throw std::runtime_error("what is " + word + "?");
        const std::string value = word.substr(equals + 1);
        if (key == "bin")
            o.bin = value;
        else if (key == "data")
            o.data = value;
        else if (key == "socket")
            o.socket = value;
        else if (key == "logs")
            o.logs = value;
        else if (key == "server_log")
            o.server_log = value;
        else if (key == "seed")
            o.seed = std::stoull(value);
        else if (key == "clients")
            o.clients = std::stoi(value);
        else if (key == "kills")
            o.kills = std::stoi(value);
        else if (key == "statements")
            o.statements = std::stoll(value);
        else if (key == "seconds_max")
            o.seconds_max = std::stoll(value);
        else
            throw std::runtime_error("what is " + key + "?");
    }
    return o;
}

using Connection = std::unique_ptr<PGconn, decltype(&PQfinish)>;

// Writes what the query answers, each row's only column behind `what`.
void dump(PGconn* connection, std::ostream& out, const std::string& what, const std::string& sql) {
    PGresult* result = PQexec(connection, sql.c_str());
    if (PQresultStatus(result) != PGRES_TUPLES_OK)
        throw std::runtime_error(sql + ": " + PQerrorMessage(connection));
    for (int i = 0; i < PQntuples(result); i++)
        out << what << ' ' << PQgetvalue(result, i, 0) << '\n';
    PQclear(result);
}

void write_final(const Options& options) {
    const std::string where = "dbname=history user=postgres host=" + options.socket +
                              " options='-c search_path=tix -c tix.load_wait=10s'";
    const Connection connection(PQconnectdb(where.c_str()), PQfinish);
    std::ofstream out(options.logs + "/final.log");
    dump(connection.get(), out, "ticket",
         "SELECT substr(session_id::text, 25)::int || '/' || seat_id || ' ' || "
         "substr(user_id::text, 25)::int FROM tickets WHERE status = 'valid'");
    for (const Room& room : kRooms) {
        const std::string session = "s(" + std::to_string(room.session) + ")";
        dump(connection.get(), out, "complaint",
             "SELECT 'not loaded' FROM tix_load_session(" + session + ") l WHERE l.seats = 0");
        dump(connection.get(), out, "complaint",
             "SELECT 'tix_check: ' || c::text FROM tix_check(" + session + ") c");
    }
    dump(connection.get(), out, "complaint",
         "SELECT 'tix_arena_audit: ' || a::text FROM tix_arena_audit() a");
    out << "end" << '\n' << std::flush;
}

void strike_and_wait(const Options& options, Server& server, Progress& progress) {
    Random random(options.seed);
    const std::int64_t until = now_us() + options.seconds_max * 1000000;
    for (int kill = 0; kill < options.kills || progress.statements < options.statements;) {
        if (now_us() > until)
            throw std::runtime_error("only " + std::to_string(kill) + " kills and " +
                                     std::to_string(progress.statements) + " statements in time");
        sleep_ms(kPauseMinMs + static_cast<std::int64_t>(random() % (kPauseMaxMs - kPauseMinMs)));
        if (kill >= options.kills) continue;
        server.strike(random);
        if (++kill % kProgressEvery == 0)
            std::printf("%d kills, %ld statements\n", kill, progress.statements.load());
    }
}

void run(const Options& options) {
    Server server(options);
    Progress progress;
    Board board;
    server.start();
    std::vector<std::unique_ptr<Worker>> workers;
    std::vector<std::thread> threads;
    for (int i = 0; i < options.clients; i++)
        workers.push_back(std::make_unique<Worker>(options, progress, board, i));
    for (auto& worker : workers)
        threads.emplace_back([&worker] { worker->run(); });
    const auto end = [&] {
        progress.stop = true;
        for (std::thread& thread : threads)
            thread.join();
    };
    try {
        strike_and_wait(options, server, progress);
    } catch (...) {
        end();
        throw;
    }
    end();
    write_final(options);
}

}  // namespace
}  // namespace tix::history

int main(int argc, char** argv) {
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    try {
        tix::history::run(tix::history::read_options(argc, argv));
        return 0;
    } catch (const std::exception& e) {
        std::fprintf(stderr, "tix-history-load: %s\n", e.what());
        return 2;
    }
}
