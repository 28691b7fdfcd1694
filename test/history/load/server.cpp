// Starts, kills and awaits the server.
#include "load/server.hpp"

#include <fcntl.h>
#include <libpq-fe.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <chrono>
#include <stdexcept>
#include <thread>

#include "chaos/processes.hpp"

namespace tix::history {
namespace {

constexpr int kLookMs = 10;
constexpr int kPatienceMs = 60000;
constexpr int kLoaderPatienceMs = 1000;

}  // namespace

std::int64_t now_us() {
    struct timespec t;
    clock_gettime(CLOCK_BOOTTIME, &t);
    return t.tv_sec * std::int64_t{1000000} + t.tv_nsec / 1000;
}

void sleep_ms(std::int64_t ms) {
    std::this_thread::sleep_for(std::chrono::milliseconds(ms));
}

Server::Server(const Options& options)
    : options_(options), kills_(options.logs + "/kills.log", std::ios::app) {}

Server::~Server() {
    if (postmaster_ == 0) return;
    kill(postmaster_, SIGINT);
    waitpid(postmaster_, nullptr, 0);
}

// The postmaster ends when this thread does, whatever ends it.
void Server::start() {
    const std::string program = options_.bin + "/postgres";
    const pid_t parent = getpid();
    const pid_t child = fork();
    if (child < 0) throw std::runtime_error("cannot fork");
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGQUIT);
        if (getppid() != parent) _exit(1);
        const int log = open(options_.server_log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
        dup2(log, STDOUT_FILENO);
        dup2(log, STDERR_FILENO);
        execl(program.c_str(), program.c_str(), "-D", options_.data.c_str(), nullptr);
        _exit(1);
    }
    postmaster_ = child;
    await();
}

bool Server::accepts() {
    const std::string where = "dbname=postgres user=postgres host=" + options_.socket;
    PGconn* connection = PQconnectdb(where.c_str());
    const bool ok = PQstatus(connection) == CONNECTION_OK;
    PQfinish(connection);
    return ok;
}

void Server::await() {
    for (int waited = 0; !accepts(); waited += kLookMs) {
        if (waitpid(postmaster_, nullptr, WNOHANG) == postmaster_) {
            postmaster_ = 0;
            throw std::runtime_error("the server has ended by itself");
        }
        if (waited > kPatienceMs) throw std::runtime_error("the server does not come back");
        sleep_ms(kLookMs);
    }
}

void Server::kill_one(pid_t pid, const std::string& what) {
    if (kill(pid, SIGKILL) != 0) return;
    kills_ << now_us() << ' ' << what << ' ' << pid << '\n' << std::flush;
}

bool Server::kill_titled(const std::string& title, Random& random) {
    std::vector<pid_t> found;
    for (const auto& process : buyers::chaos::children_of(postmaster_))
        if (process.title.find(title) != std::string::npos) found.push_back(process.pid);
    if (found.empty()) return false;
    kill_one(found[random() % found.size()], title);
    return true;
}

// A loader lives for some milliseconds, after every restart: it is waited for.
void Server::kill_loader(Random& random) {
    kill_titled("history", random);
    const std::int64_t until = now_us() + kLoaderPatienceMs * 1000;
    while (now_us() < until && !kill_titled("tix loader", random))
        std::this_thread::yield();
}

void Server::kill_postmaster() {
    const auto orphans = buyers::chaos::children_of(postmaster_);
    kill_one(postmaster_, "postmaster");
    waitpid(postmaster_, nullptr, 0);
    postmaster_ = 0;
    for (const auto& orphan : orphans)
        while (buyers::chaos::lives(orphan.pid))
            sleep_ms(kLookMs);
    start();
}

void Server::strike(Random& random) {
    const auto dice = random() % 100;
    if (dice < 20)
        kill_postmaster();
    else if (dice < 35)
        kill_loader(random);
    else if (dice < 50)
        kill_titled("tix expiry", random);
    else
        kill_titled("history", random);
    await();
}

}  // namespace tix::history
