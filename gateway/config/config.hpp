// Every setting of the gateway: name, default, bounds, unit and meaning, in one list.
//
// visit_settings() is that list; the reader of the TOML file and the printed table both walk it.
// The environment overrides the file: server.read_timeout_s is TIX_SERVER_READ_TIMEOUT_S there, and
// a list is written with commas.
#pragma once

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace tix::gateway {

struct KeyFile {
    std::string kid, alg;
    std::string secret_file, private_key_file, public_key_file;  // one of them
};

// Another issuer whose ID tokens are taken, as in its table [[auth.issuers]].
struct IssuerFile {
    std::string issuer, jwks_file, subject_claim = "sub", email_claim = "email",
                                   email_verified_claim = "email_verified", name_claim = "name";
    std::vector<std::string> audiences, algorithms{"RS256"};
    std::int64_t leeway_s = 30, token_age_max_s = 3600;
    bool emails_are_verified = false;
};

struct Config {
    struct Server {
        std::string host = "127.0.0.1", socket;
        std::int64_t port = 28434, threads = 400, body_max_bytes = 65536, keep_alive_s = 75,
                     read_timeout_s = 10, drain_s = 10;
        std::vector<std::string> trusted_proxies{"127.0.0.1", "unix:"};
    } server;
    struct Database {
        std::string host = "127.0.0.1", name = "tix", user = "tix_gateway", password_file;
        std::int64_t port = 28433, pool_size = 24, acquire_ms = 2000, waiters_max = 400,
                     queue_ms = 500, statement_ms = 10000;
    } database;
    struct Auth {
        std::string issuer = "tix", audience = "tix", signing_key = "main";
        std::int64_t access_ttl_s = 900, refresh_ttl_s = 2592000, password_concurrency = 2,
                     password_waiters_max = 64, stream_ticket_ttl_s = 60, jwks_max_bytes = 65536,
                     jwks_keys_max = 32;
        std::vector<KeyFile> keys;
        std::vector<IssuerFile> issuers;
    } auth;
    struct Limits {
        std::int64_t auth_per_minute = 10, lock_per_minute = 60, order_per_minute = 10,
                     pay_per_minute = 10, other_per_minute = 300, prefix_factor = 10,
                     ipv4_prefix = 32, ipv6_prefix = 64, keys_max = 100000, shared_ms = 100,
                     seat_lists = 4, plans = 2, plan_max_bytes = 8388608;
    } limits;
    struct Locks {
        std::int64_t coalesce_max = 32, coalesce_busy = 2;
    } locks;
    struct Bots {
        std::string mode = "on", secret_file;
        std::int64_t challenge_score = 50, refuse_score = 120, accounts_per_prefix = 20,
                     proof_bits = 16, proof_bits_max = 22, proof_ttl_s = 120, pass_s = 60,
                     subjects_max = 100000;
        std::vector<std::string> blocked, exempt;
    } bots;
    struct Feed {
        std::string publish_url;
        std::int64_t wait_ms = 1000, batch_ms = 100, long_polls_max = 32,
                     long_polls_per_address = 8, news_ms = 250, news_users_max = 100000;
    } feed;
    struct Payments {
        std::int64_t open_max_s = 900, breaker_failures = 5, breaker_open_ms = 5000;
    } payments;
    struct MockPayments {
        std::string url, secret_file;
        std::int64_t charges_max = 64;
    } mock;
    struct StripePayments {
        std::string url = "https://api.stripe.com", secret_key_file, webhook_secret_file,
                    return_url;
        std::int64_t timeout_ms = 10000, calls_max = 64;
    } stripe;
    struct LinePayPayments {
        std::string url = "https://api-pay.line.me", channel_id, secret_file, public_url,
                    return_page;
        std::int64_t timeout_ms = 20000, confirm_timeout_ms = 45000, calls_max = 64;
    } linepay;
    struct Webhooks {
        std::int64_t concurrency = 8, timeout_ms = 10000;
        std::vector<std::string> trusted;
    } webhooks;
    struct Queue {
        std::string entrance = "/";
        std::int64_t poll_min_s = 2, poll_max_s = 30;
    } queue;
    struct Log {
        std::string level = "info";
    } log;
};

class ConfigError : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

using Environment = std::map<std::string, std::string>;

// Reads a file and what overrides it; throws ConfigError that names the key, or the variable, and
// what it may be. Unknown keys are errors; of the environment, only known names are looked at.
Config read_config(const std::string& file, const Environment& environment = {});
// The name of a setting in the environment.
std::string variable_name(const std::string& section, const std::string& key);
// The settings as rows of a Markdown table.
std::string settings_table();
// Reads one table of [[auth.issuers]]: member(name, value) and member(name, value, lowest,
// highest).
template <typename Member>
void visit_issuer(IssuerFile& issuer, Member&& member) {
    member("issuer", issuer.issuer);
    member("audiences", issuer.audiences);
    member("jwks_file", issuer.jwks_file);
    member("algorithms", issuer.algorithms);
    member("subject_claim", issuer.subject_claim);
    member("email_claim", issuer.email_claim);
    member("email_verified_claim", issuer.email_verified_claim);
    member("emails_are_verified", issuer.emails_are_verified);
    member("name_claim", issuer.name_claim);
    member("leeway_s", issuer.leeway_s, 0, 300);
    member("token_age_max_s", issuer.token_age_max_s, 10, 86400);
}

// A file's bytes without a final newline; throws ConfigError that names `key`.
std::string read_secret(const std::string& key, const std::string& file);

template <typename Visitor>
void visit_webhook_settings(Config& c, Visitor&& v) {
    v("webhooks", "concurrency", c.webhooks.concurrency, 0, 256, "",
      "outgoing webhooks posted at a time; 0: this gateway posts none");
    v("webhooks", "timeout_ms", c.webhooks.timeout_ms, 100, 60000, "ms",
      "how long a receiver may take to answer one");
    v("webhooks", "trusted", c.webhooks.trusted,
      "receivers (host:port) that may be private addresses and need no https");
}

template <typename Visitor>
void visit_feed_settings(Config& c, Visitor&& v) {
    v("feed", "publish_url", c.feed.publish_url,
      "where seat changes are published for the edge's streams; empty: not at all");
    v("feed", "wait_ms", c.feed.wait_ms, 10, 30000, "ms", "how long one read of the feed waits");
    v("feed", "batch_ms", c.feed.batch_ms, 0, 10000, "ms",
      "changes of this time go out as one message a session");
    v("feed", "long_polls_max", c.feed.long_polls_max, 0, 1000, "",
      "requests that may wait for changes; the next gets 503 at once");
    v("feed", "long_polls_per_address", c.feed.long_polls_per_address, 1, 1000, "",
      "how many of them may come from one address prefix");
    v("feed", "news_ms", c.feed.news_ms, 10, 30000, "ms",
      "how often orders, payments and tickets that changed are looked for");
    v("feed", "news_users_max", c.feed.news_users_max, 1, 10000000, "",
      "users with streams remembered; of more, everybody's news is published");
}

template <typename Visitor>
void visit_queue_settings(Config& c, Visitor&& v) {
    v("queue", "entrance", c.queue.entrance,
      "where the waiting page sends who may choose seats; {session} stands for the session's id");
    v("queue", "poll_min_s", c.queue.poll_min_s, 1, 60, "s",
      "waiting clients are told to ask no sooner than after this");
    v("queue", "poll_max_s", c.queue.poll_max_s, 1, 300, "s",
      "and no later than after this, or a quarter of the time to claim a place");
}

template <typename Visitor>
void visit_stripe_settings(Config& c, Visitor&& v) {
    v("payments.stripe", "url", c.stripe.url, "Stripe's API");
    v("payments.stripe", "secret_key_file", c.stripe.secret_key_file,
      "file with the secret key; empty: no such provider");
    v("payments.stripe", "webhook_secret_file", c.stripe.webhook_secret_file,
      "file with the secret of the webhook endpoint");
    v("payments.stripe", "return_url", c.stripe.return_url,
      "where 3-D Secure sends the buyer back; empty: Stripe's script shows it in the page");
    v("payments.stripe", "timeout_ms", c.stripe.timeout_ms, 100, 60000, "ms",
      "how long Stripe may take to answer");
    v("payments.stripe", "calls_max", c.stripe.calls_max, 1, 1000, "",
      "requests that may ask Stripe at a time; the next gets 503 at once");
}

template <typename Visitor>
void visit_linepay_settings(Config& c, Visitor&& v) {
    v("payments.linepay", "url", c.linepay.url, "LINE Pay's API");
    v("payments.linepay", "channel_id", c.linepay.channel_id,
      "the merchant's channel; empty: no such provider");
    v("payments.linepay", "secret_file", c.linepay.secret_file, "file with its channel secret");
    v("payments.linepay", "public_url", c.linepay.public_url,
      "where buyers' browsers reach this API: LINE Pay sends them back there");
    v("payments.linepay", "return_page", c.linepay.return_page,
      "the page they see next, with orderId in its query");
    v("payments.linepay", "timeout_ms", c.linepay.timeout_ms, 100, 60000, "ms",
      "how long LINE Pay may take to answer; it asks for 20 s");
    v("payments.linepay", "confirm_timeout_ms", c.linepay.confirm_timeout_ms, 100, 120000, "ms",
      "the same for confirm and capture; it asks for at least 40 s");
    v("payments.linepay", "calls_max", c.linepay.calls_max, 1, 1000, "",
      "requests that may ask LINE Pay at a time; the next gets 503 at once");
}

template <typename Visitor>
void visit_payment_settings(Config& c, Visitor&& v) {
    v("payments", "open_max_s", c.payments.open_max_s, 60, 86400, "s",
      "how long a buyer may leave a payment unfinished; then it is called off");
    v("payments", "breaker_failures", c.payments.breaker_failures, 1, 1000, "",
      "questions in a row that a provider leaves without an answer, until nobody asks it");
    v("payments", "breaker_open_ms", c.payments.breaker_open_ms, 10, 600000, "ms",
      "how long nobody asks it then; after that, one request tries");
    v("payments.mock", "url", c.mock.url, "the mock provider; empty: no such provider");
    v("payments.mock", "secret_file", c.mock.secret_file, "file with the webhook secret");
    v("payments.mock", "charges_max", c.mock.charges_max, 1, 1000, "",
      "requests that may ask the provider at a time; the next gets 503 at once");
    visit_stripe_settings(c, v);
    visit_linepay_settings(c, v);
}

template <typename Visitor>
void visit_crowd_settings(Config& c, Visitor&& v) {
    v("locks", "coalesce_max", c.locks.coalesce_max, 0, 256, "",
      "lock requests of a session that go to the database together; 0: each alone");
    v("locks", "coalesce_busy", c.locks.coalesce_busy, 1, 64, "",
      "calls of a session that may be under way before others wait for each other");
    v("bots", "mode", c.bots.mode, "on, watch (count and log, refuse nobody) or off");
    v("bots", "challenge_score", c.bots.challenge_score, 1, 1000, "",
      "score from which a lock needs a proof of work");
    v("bots", "refuse_score", c.bots.refuse_score, 1, 1000, "",
      "score from which a lock is refused");
    v("bots", "accounts_per_prefix", c.bots.accounts_per_prefix, 1, 1000, "",
      "users of an address prefix in ten minutes that make nobody suspicious");
    v("bots", "proof_bits", c.bots.proof_bits, 1, 40, "bits",
      "work of a first challenge: 2 to that power hashes");
    v("bots", "proof_bits_max", c.bots.proof_bits_max, 1, 40, "bits",
      "work of the hardest; each one solved lately adds 2 bits");
    v("bots", "proof_ttl_s", c.bots.proof_ttl_s, 10, 3600, "s", "life of a challenge");
    v("bots", "pass_s", c.bots.pass_s, 0, 3600, "s", "how long a solved one is good for");
    v("bots", "subjects_max", c.bots.subjects_max, 1000, 10000000, "",
      "users and prefixes watched; about 300 bytes each");
    v("bots", "secret_file", c.bots.secret_file,
      "file with the secret of challenges, one for all gateways; empty: a random one");
    v("bots", "blocked", c.bots.blocked, "user ids, addresses and prefixes that get nothing");
    v("bots", "exempt", c.bots.exempt, "user ids, addresses and prefixes that are never judged");
}

template <typename Visitor>
void visit_database_settings(Config& c, Visitor&& v) {
    v("database", "host", c.database.host, "address or socket directory of PgBouncer");
    v("database", "port", c.database.port, 1, 65535, "", "port of PgBouncer");
    v("database", "name", c.database.name, "database");
    v("database", "user", c.database.user, "role, a member of tix_app");
    v("database", "password_file", c.database.password_file, "file with the role's password");
    v("database", "pool_size", c.database.pool_size, 1, 500, "", "connections to PgBouncer");
    v("database", "acquire_ms", c.database.acquire_ms, 1, 60000, "ms",
      "how long a request waits for a connection before 503");
    v("database", "waiters_max", c.database.waiters_max, 0, 10000, "",
      "requests that may wait for a connection; the next gets 503 at once");
    v("database", "queue_ms", c.database.queue_ms, 1, 60000, "ms",
      "who would have to wait longer than that for a connection gets 503 at once");
    v("database", "statement_ms", c.database.statement_ms, 100, 600000, "ms",
      "how long a statement may take");
}

template <typename Visitor>
void visit_auth_settings(Config& c, Visitor&& v) {
    v("auth", "issuer", c.auth.issuer, "claim iss of tokens, made and expected");
    v("auth", "audience", c.auth.audience, "claim aud of tokens, made and expected");
    v("auth", "signing_key", c.auth.signing_key, "kid of the key that signs new tokens");
    v("auth", "access_ttl_s", c.auth.access_ttl_s, 10, 86400, "s", "life of an access token");
    v("auth", "refresh_ttl_s", c.auth.refresh_ttl_s, 60, 31536000, "s", "life of a refresh token");
    v("auth", "stream_ticket_ttl_s", c.auth.stream_ticket_ttl_s, 5, 3600, "s",
      "within which a stream must be opened with its ticket");
    v("auth", "password_concurrency", c.auth.password_concurrency, 1, 64, "",
      "passwords hashed at a time; each takes 19 MiB and some 20 ms");
    v("auth", "password_waiters_max", c.auth.password_waiters_max, 0, 10000, "",
      "requests that may wait for that; the next gets 503 at once");
    v("auth", "jwks_max_bytes", c.auth.jwks_max_bytes, 1024, 1048576, "bytes",
      "largest key set of another issuer");
    v("auth", "jwks_keys_max", c.auth.jwks_keys_max, 1, 1000, "",
      "most keys of another issuer's set");
}

template <typename Visitor>
void visit_settings(Config& c, Visitor&& v) {
    v("server", "host", c.server.host, "address to listen on: loopback, the edge faces the net");
    v("server", "port", c.server.port, 0, 65535, "", "port to listen on; 0: none");
    v("server", "socket", c.server.socket,
      "path of a unix socket to listen on, taken over from the gateway that has it; empty: none");
    v("server", "threads", c.server.threads, 2, 1024, "",
      "connections served at a time; the edge must not open more");
    v("server", "body_max_bytes", c.server.body_max_bytes, 1024, 16777216, "bytes",
      "largest body of a request");
    v("server", "keep_alive_s", c.server.keep_alive_s, 1, 3600, "s",
      "longest pause between two requests of a connection");
    v("server", "read_timeout_s", c.server.read_timeout_s, 1, 300, "s",
      "deadline for a head, for a body and for the client to take the answer");
    v("server", "drain_s", c.server.drain_s, 0, 600, "s",
      "how long requests in progress may take after SIGTERM");
    v("server", "trusted_proxies", c.server.trusted_proxies,
      "peers whose X-Real-IP is believed; unix: is who comes by the socket");
    visit_database_settings(c, v);
    visit_auth_settings(c, v);
    v("limits", "auth_per_minute", c.limits.auth_per_minute, 1, 1000000, "per minute",
      "register, login, refresh and logout of an address prefix");
    v("limits", "lock_per_minute", c.limits.lock_per_minute, 1, 1000000, "per minute",
      "lock, lock-best, extend and release of a user");
    v("limits", "order_per_minute", c.limits.order_per_minute, 1, 1000000, "per minute",
      "orders created, and exports and erasures asked for, by a user");
    v("limits", "pay_per_minute", c.limits.pay_per_minute, 1, 1000000, "per minute",
      "payments begun by a user");
    v("limits", "other_per_minute", c.limits.other_per_minute, 1, 1000000, "per minute",
      "all else of a user");
    v("limits", "prefix_factor", c.limits.prefix_factor, 1, 10000, "",
      "how many users' worth an address prefix may ask for");
    v("limits", "ipv4_prefix", c.limits.ipv4_prefix, 8, 32, "bits", "prefix of IPv4 addresses");
    v("limits", "ipv6_prefix", c.limits.ipv6_prefix, 16, 128, "bits", "prefix of IPv6 addresses");
    v("limits", "keys_max", c.limits.keys_max, 1000, 10000000, "",
      "users and prefixes remembered; about 150 bytes each");
    v("limits", "shared_ms", c.limits.shared_ms, 0, 10000, "ms",
      "how often gateways settle their limits in the database; 0: each has its own");
    v("limits", "seat_lists", c.limits.seat_lists, 1, 1000, "",
      "lists of seats printed at a time; one of 40 000 seats is 7 MB");
    v("limits", "plans", c.limits.plans, 1, 64, "",
      "seating plans read at a time; each takes some ten times its size");
    v("limits", "plan_max_bytes", c.limits.plan_max_bytes, 65536, 67108864, "bytes",
      "largest seating plan an organiser may send");
    visit_crowd_settings(c, v);
    visit_feed_settings(c, v);
    visit_payment_settings(c, v);
    visit_webhook_settings(c, v);
    visit_queue_settings(c, v);
    v("log", "level", c.log.level, "error, warn, info or debug");
}

}  // namespace tix::gateway
