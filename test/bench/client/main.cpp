// tix-load: one closed-loop client for every system of the benchmark.
//
// A few threads share out the connections. A thread waits in epoll for all of its own, so that one
// wake-up serves whatever has come meanwhile, which takes less from a machine that the server
// shares than a thread for each connection. Two threads, for a single one waits in line behind as
// many backends as there are connections. A connection asks again as soon as it has its answer.
//
// Prints one line: requests answered in time, how many won and lost, requests a second, and the
// median and the 99th percentile of the time from asking to the whole answer, in microseconds.
#include <sys/epoll.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <random>
#include <stdexcept>
#include <string_view>
#include <thread>

#include "histogram.hpp"
#include "load.hpp"

namespace {

using namespace tix::bench;
using Clock = std::chrono::steady_clock;

struct Tally {
    std::uint64_t asked = 0, won = 0, lost = 0;
    Histogram times;
};

// Which seats a connection asks for, and for whom.
class Picker {
public:
    Picker(const Load& load, std::uint32_t client)
        : load_(load),
          groups_(load.seats / load.group),
          at_(client),
          user_(std::uint64_t{client} << 32),
          chance_(client + 1) {}
    void pick(Message* message) {
        std::vector<std::uint32_t>* seats = &message->seats;
        seats->clear();
        message->first_user = user_;
        user_ += load_.batch;
        for (std::uint32_t i = 0; i < load_.batch; i++) {
            const std::uint32_t first = next_group() * load_.group;
            for (std::uint32_t j = 1; j <= load_.group; j++)
                seats->push_back(first + j);
        }
    }

private:
    std::uint32_t next_group() {
        constexpr std::uint64_t kStride = 7919;  // a prime, so that the walk comes to every seat
        if (load_.pick == Pick::same) return groups_ - 1;
        if (load_.pick == Pick::hot) return static_cast<std::uint32_t>(chance_() % groups_);
        at_ += load_.clients;
        return static_cast<std::uint32_t>(at_ * kStride % groups_);
    }

    const Load& load_;
    std::uint32_t groups_;
    std::uint64_t at_;
    std::uint64_t user_;
    std::minstd_rand chance_;
};

struct Client {
    Client(const Load& load, std::uint32_t number)
        : link(load.redis.empty() ? connect_postgres(load) : connect_redis(load)),
          picker(load, number) {}
    void ask(Clock::time_point now) {
        picker.pick(&message);
        asked_at = now;
        answer = {};
        link->ask(message);
    }

    std::unique_ptr<Link> link;
    Picker picker;
    Message message;
    Answer answer;
    Clock::time_point asked_at;
};

void watch(int epoll, Client* client) {
    epoll_event event = {};
    event.events = EPOLLIN;
    event.data.ptr = client;
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, client->link->socket(), &event) != 0)
        throw std::runtime_error("epoll_ctl");
}

// The answer of a connection is whole: counts it, unless the time was over.
void count(const Client& client, Clock::time_point now, Tally* tally) {
    const auto took = std::chrono::nanoseconds(now - client.asked_at).count();
    tally->times.add(static_cast<std::uint64_t>(took));
    tally->won += client.answer.won;
    tally->lost += client.answer.lost;
    tally->asked += client.answer.won + client.answer.lost;
}

// Runs some of the clients until `end`, and then until the last has its answer.
void run(std::vector<Client*> clients, int epoll, Clock::time_point end, Tally* tally) {
    std::vector<epoll_event> ready(clients.size());
    for (Client* client : clients)
        client->ask(Clock::now());
    for (std::size_t open = clients.size(); open > 0;) {
        const int n = epoll_wait(epoll, ready.data(), static_cast<int>(ready.size()), 60000);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) throw std::runtime_error("no answer within a minute");
        for (int i = 0; i < n; i++) {
            auto* client = static_cast<Client*>(ready[static_cast<std::size_t>(i)].data.ptr);
            if (!client->link->read(&client->answer)) continue;
            const Clock::time_point now = Clock::now();
            if (now < end) {
                count(*client, now, tally);
                client->ask(now);
            } else {
                open--;
            }
        }
    }
}

Tally measure(const Load& load) {
    std::vector<std::unique_ptr<Client>> clients;
    for (std::uint32_t i = 0; i < load.clients; i++)
        clients.push_back(std::make_unique<Client>(load, i));
    const std::uint32_t n = load.threads < load.clients ? load.threads : load.clients;
    std::vector<Tally> tally(n);
    std::vector<std::thread> threads;
    std::mutex lock;
    std::string error;
    const auto span = std::chrono::duration<double>(load.seconds);
    const auto end = Clock::now() + std::chrono::duration_cast<Clock::duration>(span);
    for (std::uint32_t t = 0; t < n; t++) {
        threads.emplace_back([&, t] {
            try {
                const int epoll = epoll_create1(EPOLL_CLOEXEC);
                std::vector<Client*> mine;
                for (std::uint32_t i = t; i < load.clients; i += n) {
                    mine.push_back(clients[i].get());
                    watch(epoll, mine.back());
                }
                run(mine, epoll, end, &tally[t]);
                close(epoll);
            } catch (const std::exception& e) {
                const std::lock_guard guard(lock);
                error = e.what();
            }
        });
    }
    for (std::thread& thread : threads)
        thread.join();
    if (!error.empty()) throw std::runtime_error(error);
    for (std::uint32_t t = 1; t < n; t++) {
        tally[0].asked += tally[t].asked;
        tally[0].won += tally[t].won;
        tally[0].lost += tally[t].lost;
        tally[0].times.add(tally[t].times);
    }
    return tally[0];
}

std::uint32_t number(std::string_view text) {
    std::uint32_t n = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
    if (error != std::errc() || end != text.data() + text.size() || n == 0)
        throw std::invalid_argument(std::string(text) + " is not a count");
    return n;
}

Pick pick(std::string_view text) {
    if (text == "walk") return Pick::walk;
    if (text == "hot") return Pick::hot;
    if (text == "same") return Pick::same;
    throw std::invalid_argument(std::string(text) + " is no way to pick seats");
}

void set_option(std::string_view name, std::string_view value, Load* load) {
    if (name == "statement")
        load->statement = value;
    else if (name == "redis")
        load->redis = value;
    else if (name == "session")
        load->session = value;
    else if (name == "user")
        load->user = value;
    else if (name == "pick")
        load->pick = pick(value);
    else if (name == "seats")
        load->seats = number(value);
    else if (name == "clients")
        load->clients = number(value);
    else if (name == "threads")
        load->threads = number(value);
    else if (name == "group")
        load->group = number(value);
    else if (name == "batch")
        load->batch = number(value);
    else if (name == "seconds")
        load->seconds = number(value);
    else
        throw std::invalid_argument("unknown option " + std::string(name));
}

Load read_options(int argc, char** argv) {
    Load load;
    for (int i = 1; i < argc; i++) {
        const std::string_view word = argv[i];
        const std::size_t equals = word.find('=');
        if (!word.starts_with("--") || equals == word.npos)
            throw std::invalid_argument("options are --name=value, not " + std::string(word));
        set_option(word.substr(2, equals - 2), word.substr(equals + 1), &load);
    }
    if (load.statement.empty() == load.redis.empty())
        throw std::invalid_argument("either --statement=FILE or --redis=SOCKET");
    if (load.seats < load.group) throw std::invalid_argument("fewer seats than one group");
    return load;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        const Load load = read_options(argc, argv);
        const Tally t = measure(load);
        const auto us = [&](double share) { return t.times.quantile(share) / 1e3; };
        std::printf("asked %ju won %ju lost %ju rate %.1f p50 %.1f p99 %.1f\n", t.asked, t.won,
                    t.lost, static_cast<double>(t.asked) / load.seconds, us(0.5), us(0.99));
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "tix-load: %s\n", error.what());
        return 1;
    }
}
