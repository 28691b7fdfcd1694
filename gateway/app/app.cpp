// Builds the parts in the order they need each other, and ends them in reverse.
#include "app.hpp"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <future>
#include <thread>

#include "../bots/database.hpp"
#include "../crypto/random.hpp"
#include "../http/server.hpp"
#include "../locks/calls.hpp"
#include "../log/log.hpp"
#include "../payments/reconciler.hpp"
#include "../pipeline/pipeline.hpp"
#include "../providers/linepay.hpp"
#include "../providers/mock.hpp"
#include "../providers/stripe.hpp"
#include "../webhooks/webhooks.hpp"
#include "settle.hpp"

namespace tix::gateway {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kSeatListWaiters = 32;
constexpr std::size_t kSecretBytes = 32;
constexpr int kPlanWaiters = 4;

bool is_web_address(std::string_view text) {
    return (text.starts_with("https://") || text.starts_with("http://")) &&
           std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

DbSettings database(const Config& config) {
    const auto& from = config.database;
    DbSettings settings;
    settings.host = from.host;
    settings.port = std::to_string(from.port);
    settings.name = from.name;
    settings.user = from.user;
    if (!from.password_file.empty())
        settings.password = read_secret("database.password_file", from.password_file);
    settings.statement_timeout = milliseconds(from.statement_ms);
    return settings;
}

template <typename RefuseLongBody>
ServerSettings server(const Config& config, RefuseLongBody refuse_long_body) {
    const auto& from = config.server;
    ServerSettings settings;
    settings.refuse_long_body = std::move(refuse_long_body);
    settings.host = from.host;
    settings.port = static_cast<int>(from.port);
    settings.unix_socket = from.socket;
    settings.threads = static_cast<int>(from.threads);
    settings.body_bytes = static_cast<std::size_t>(from.body_max_bytes);
    settings.long_body_bytes = static_cast<std::size_t>(config.limits.plan_max_bytes);
    settings.keep_alive = seconds(from.keep_alive_s);
    settings.deadline = seconds(from.read_timeout_s);
    settings.linger = std::min<milliseconds>(settings.linger, seconds(from.drain_s));
    return settings;
}

std::unique_ptr<Provider> linepay(const Config& config) {
    const auto& from = config.linepay;
    if (!is_web_address(from.public_url) || !is_web_address(from.return_page))
        throw ConfigError(
            "settings payments.linepay.public_url and return_page must begin with "
            "https:// or http://");
    const std::string back = from.public_url + "/v1/payments/linepay/";
    return std::make_unique<LinePay>(LinePay::Settings{
        {from.url, from.channel_id, read_secret("payments.linepay.secret_file", from.secret_file),
         milliseconds(from.timeout_ms), milliseconds(from.confirm_timeout_ms)},
        back + "confirm",
        back + "cancel"});
}

Providers providers(const Config& config, Metrics& metrics) {
    Providers all;
    const auto add = [&](std::unique_ptr<Provider> provider, std::int64_t at_once) {
        all.add(std::move(provider),
                {static_cast<int>(at_once),
                 {config.payments.breaker_failures, config.payments.breaker_open_ms}},
                metrics);
    };
    if (!config.mock.url.empty())
        add(std::make_unique<MockProvider>(
                config.mock.url, read_secret("payments.mock.secret_file", config.mock.secret_file)),
            config.mock.charges_max);
    if (!config.stripe.secret_key_file.empty())
        add(std::make_unique<StripeProvider>(StripeSettings{
                config.stripe.url,
                read_secret("payments.stripe.secret_key_file", config.stripe.secret_key_file),
                read_secret("payments.stripe.webhook_secret_file",
                            config.stripe.webhook_secret_file),
                config.stripe.return_url, milliseconds(config.stripe.timeout_ms)}),
            config.stripe.calls_max);
    if (!config.linepay.channel_id.empty()) add(linepay(config), config.linepay.calls_max);
    return all;
}

ClientList client_list(const std::string& name, const std::vector<std::string>& texts) {
    ClientList list;
    for (const std::string& text : texts)
        if (!list.add(text))
            throw ConfigError("setting " + name + ": \"" + text +
                              "\" is no user id, address or prefix");
    return list;
}

GuardSettings guard(const Config& config) {
    using Mode = GuardSettings::Mode;
    const auto& from = config.bots;
    GuardSettings settings;
    if (from.mode != "on" && from.mode != "watch" && from.mode != "off")
        throw ConfigError("setting bots.mode must be on, watch or off");
    settings.mode = from.mode == "on" ? Mode::kOn : from.mode == "off" ? Mode::kOff : Mode::kWatch;
    settings.challenge_score = static_cast<int>(from.challenge_score);
    settings.refuse_score = static_cast<int>(from.refuse_score);
    settings.accounts_per_prefix = static_cast<int>(from.accounts_per_prefix);
    settings.proof_bits = static_cast<int>(from.proof_bits);
    settings.proof_bits_max = static_cast<int>(from.proof_bits_max);
    settings.proof_ttl_s = static_cast<int>(from.proof_ttl_s);
    settings.pass_s = static_cast<int>(from.pass_s);
    settings.subjects_max = static_cast<std::size_t>(from.subjects_max);
    settings.secret = from.secret_file.empty() ? crypto::random_bytes(kSecretBytes)
                                               : read_secret("bots.secret_file", from.secret_file);
    settings.blocked = client_list("bots.blocked", from.blocked);
    settings.exempt = client_list("bots.exempt", from.exempt);
    return settings;
}

sigset_t awaited_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    return signals;
}

}  // namespace

struct App::Parts {
    Parts(Config read_config, std::vector<Route> table)
        : config(std::move(read_config)),
          live(config),
          routes(std::move(table)),
          keys(config.auth),
          metrics(route_labels(routes)),
          providers(tix::gateway::providers(config, metrics)),
          pool({database(config), static_cast<int>(config.database.pool_size),
                static_cast<int>(config.database.waiters_max),
                milliseconds(config.database.acquire_ms), milliseconds(config.database.queue_ms)}),
          sessions(pool),
          passwords(static_cast<int>(config.auth.password_concurrency),
                    static_cast<int>(config.auth.password_waiters_max)),
          buckets(static_cast<std::size_t>(config.limits.keys_max)),
          limits(buckets, static_cast<int>(config.limits.shared_ms), settle_in(pool)),
          guard(gateway::guard(config), spend_in(pool), metrics),
          blocked_clients(pool, guard),
          locks(static_cast<int>(config.locks.coalesce_max),
                static_cast<int>(config.locks.coalesce_busy),
                [this](const Coalescer::Batch& requests) { return lock_call(pool, requests); }),
          seat_lists(static_cast<int>(config.limits.seat_lists), kSeatListWaiters),
          plans(static_cast<int>(config.limits.plans), kPlanWaiters),
          feed({config.feed.publish_url, milliseconds(config.feed.wait_ms),
                milliseconds(config.feed.batch_ms), static_cast<int>(config.feed.long_polls_max),
                static_cast<int>(config.feed.long_polls_per_address)},
               database(config), metrics),
          news({config.feed.publish_url, milliseconds(config.feed.news_ms),
                static_cast<std::size_t>(config.feed.news_users_max)},
               database(config), metrics),
          refunds(providers, pool, metrics),
          cashier(pool, refunds),
          reconcilers(providers, seconds(config.payments.open_max_s), pool, cashier, metrics),
          queues(database(config)),
          webhooks({static_cast<int>(config.webhooks.concurrency),
                    milliseconds(config.webhooks.timeout_ms), config.webhooks.trusted},
                   pool, metrics),
          services{.config = config,
                   .live = live,
                   .db = pool,
                   .sessions = sessions,
                   .keys = keys,
                   .passwords = passwords,
                   .limits = limits,
                   .guard = guard,
                   .locks = locks,
                   .seat_lists = seat_lists,
                   .plans = plans,
                   .feed = feed,
                   .news = news,
                   .providers = providers,
                   .cashier = cashier,
                   .refunds = refunds,
                   .queues = queues,
                   .metrics = metrics},
          pipeline(services, routes),
          http(
              server(config,
                     [this](const HttpRequest& head) { return pipeline.refuse_long_body(head); }),
              [this](const HttpRequest& request) { return pipeline.handle(request); },
              [this](std::string_view code) { return pipeline.fault(code); }) {}

    Config config;
    LiveConfig live;
    std::vector<Route> routes;
    KeyStore keys;
    Metrics metrics;
    Providers providers;
    DbPool pool;
    KnownSessions sessions;
    Passwords passwords;
    Limiter buckets;
    SharedLimits limits;
    Guard guard;
    BlockedClients blocked_clients;
    Coalescer locks;
    Turnstile seat_lists;
    Turnstile plans;
    Feed feed;
    News news;
    Refunds refunds;
    Cashier cashier;
    Reconcilers reconcilers;
    QueueReader queues;
    Webhooks webhooks;
    Services services;
    Pipeline pipeline;
    HttpServer http;
};

App::App(std::function<Config()> reread, std::vector<Route> routes)
    : reread_(std::move(reread)), parts_(std::make_unique<Parts>(reread_(), std::move(routes))) {}
App::~App() = default;

void App::reload() {
    try {
        const Config config = reread_();
        set_log_level(config.log.level);
        parts_->live.replace(config);
        for (const std::string& fault : parts_->keys.reload())
            log_error("keys_not_reloaded", {{"reason", fault}});
        log_info("reloaded");
    } catch (const std::exception& error) {
        log_error("reload_refused", {{"reason", error.what()}});
    }
}

int App::run(int passed) {
    const sigset_t signals = awaited_signals();
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    signal(SIGPIPE, SIG_IGN);
    open_log(parts_->config.log.level);
    const auto& where = parts_->config.server;
    if (!parts_->http.bind(passed)) {
        log_error(
            "cannot_listen",
            {{"port", where.port}, {"socket", where.socket}, {"reason", std::strerror(errno)}});
        return 1;
    }
    parts_->keys.start();
    parts_->feed.start();
    parts_->news.start();
    parts_->limits.start();
    parts_->blocked_clients.start();
    parts_->refunds.start();
    parts_->reconcilers.start();
    parts_->webhooks.start();
    parts_->queues.start();
    auto served = std::async(std::launch::async, [this] {
        parts_->http.run();
        parts_->feed.stop();  // a database that hangs keeps its thread for seconds
        parts_->news.stop();
        parts_->limits.stop();
        parts_->blocked_clients.stop();
        parts_->keys.stop();
        parts_->refunds.stop();
        parts_->reconcilers.stop();
        parts_->webhooks.stop();
        parts_->queues.stop();
    });
    log_info("listening", {{"host", where.host}, {"port", where.port}, {"socket", where.socket}});
    int signal_number = 0;
    while (sigwait(&signals, &signal_number) == 0 && signal_number == SIGHUP)
        reload();
    log_info("draining", {{"signal", signal_number}});
    parts_->keys.quit();
    parts_->feed.quit();
    parts_->news.quit();
    parts_->blocked_clients.quit();
    parts_->refunds.quit();
    parts_->reconcilers.quit();
    parts_->webhooks.quit();
    parts_->queues.quit();
    parts_->http.drain();
    const bool in_time = served.wait_for(seconds(where.drain_s)) == std::future_status::ready;
    log_info("stopped", {{"drained", in_time}});
    flush_log();
    if (!in_time) _exit(1);  // requests that hang must not keep the process
    return 0;
}

}  // namespace tix::gateway
