// libpq without blocking: the socket is polled, so that a dead pool costs a deadline, not a thread.
#include "connection.hpp"

#include <libpq-fe.h>
#include <poll.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "trace.hpp"

namespace tix::gateway {
namespace {

std::string first_line(const char* text) {
    const std::string_view all = text == nullptr ? "" : text;
    return std::string(all.substr(0, all.find('\n')));
}

std::string field(const pg_result* result, int code) {
    const char* text = PQresultErrorField(result, code);
    return text == nullptr ? "" : text;
}

// True when a FATAL answer was given before the statement reached a server.
bool refused_by_pool(std::string_view message) {
    for (const std::string_view known :
         {"query_wait_timeout", "client_login_timeout", "server login has been failing",
          "pgbouncer cannot connect to server", "no more connections allowed",
          "the database system is"})
        if (message.find(known) != std::string_view::npos) return true;
    return false;
}

}  // namespace

void DbConnection::Finish::operator()(pg_conn* connection) const {
    PQfinish(connection);
}

DbConnection::DbConnection(const DbSettings& settings) {
    connect(settings);
}

void DbConnection::connect(const DbSettings& settings) {
    const std::array<const char*, 9> keys{
        "host",     "port",    "dbname",           "user",
        "password", "sslmode", "application_name", "client_encoding",
        nullptr};
    const std::array<const char*, 9> values{settings.host.c_str(),
                                            settings.port.c_str(),
                                            settings.name.c_str(),
                                            settings.user.c_str(),
                                            settings.password.c_str(),
                                            "prefer",
                                            "tix-gateway",
                                            "UTF8",
                                            nullptr};
    const auto until = Clock::now() + settings.connect_timeout;
    connection_.reset(PQconnectStartParams(keys.data(), values.data(), 0));
    auto next = PGRES_POLLING_WRITING;
    while (connection_ && PQstatus(connection_.get()) != CONNECTION_BAD) {
        if (!wait(next == PGRES_POLLING_READING ? POLLIN : POLLOUT, until)) break;
        next = PQconnectPoll(connection_.get());
        if (next == PGRES_POLLING_FAILED) break;
        if (next == PGRES_POLLING_OK) {
            PQsetnonblocking(connection_.get(), 1);
            return;
        }
    }
    throw DbError(DbError::Kind::kUnavailable, "",
                  "no connection to the pool: " + first_line(PQerrorMessage(connection_.get())),
                  "");
}

bool DbConnection::wait(short events, Clock::time_point until) const {
    pollfd polled{PQsocket(connection_.get()), events, 0};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
    return left > 0 && poll(&polled, 1, static_cast<int>(left)) > 0;
}

bool DbConnection::quiet() const {
    pollfd polled{PQsocket(connection_.get()), POLLIN, 0};
    return poll(&polled, 1, 0) == 0;
}

void DbConnection::fail(Effect effect, std::string message) {
    broken_ = true;
    throw DbError(effect == Effect::kWrite ? DbError::Kind::kUnknown : DbError::Kind::kUnavailable,
                  "", std::move(message), "");
}

void DbConnection::refuse(const pg_result* result, Effect effect) {
    const std::string sqlstate = field(result, PG_DIAG_SQLSTATE);
    std::string message = field(result, PG_DIAG_MESSAGE_PRIMARY);
    const std::string severity = field(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    // Only FATAL ends a connection; then nobody knows whether the commit was before it.
    // What has no SQLSTATE is libpq's own: it lost the connection or cannot read it.
    if (severity == "FATAL" || severity == "PANIC" || sqlstate.starts_with("08") ||
        sqlstate.empty()) {
        const bool harmless = refused_by_pool(message);
        fail(harmless ? Effect::kRead : effect, std::move(message));
    }
    throw DbError(DbError::Kind::kStatement, sqlstate, std::move(message),
                  field(result, PG_DIAG_MESSAGE_HINT));
}

pg_result* DbConnection::receive(Clock::time_point until) {
    while (PQisBusy(connection_.get()) != 0) {
        if (!wait(POLLIN, until)) return nullptr;
        if (PQconsumeInput(connection_.get()) == 0) return nullptr;
    }
    return PQgetResult(connection_.get());
}

DbResult DbConnection::run(const char* sql, const std::vector<DbValue>& values, Effect effect,
                           Clock::time_point until) {
    std::vector<const char*> texts;
    texts.reserve(values.size());
    for (const DbValue& value : values)
        texts.push_back(value ? value->c_str() : nullptr);
    const std::string text = sql + Traced::comment();
    if (PQsendQueryParams(connection_.get(), text.c_str(), static_cast<int>(texts.size()), nullptr,
                          texts.data(), nullptr, nullptr, 0) == 0)
        fail(Effect::kRead, first_line(PQerrorMessage(connection_.get())));
    for (int left = 0; (left = PQflush(connection_.get())) != 0;)
        if (left < 0 || !wait(POLLOUT, until)) fail(effect, "the statement could not be sent");
    pg_result* answer = receive(until);
    if (answer == nullptr) {
        const bool late = Clock::now() >= until;
        fail(effect, late ? "no answer in time" : first_line(PQerrorMessage(connection_.get())));
    }
    DbResult result(answer);
    // The server commits after it has sent the rows: what fails then comes as a second answer.
    DbResult failure(nullptr);
    const pg_result* refusal = PQresultStatus(answer) == PGRES_TUPLES_OK ? nullptr : answer;
    while (pg_result* more = receive(until)) {
        DbResult owned(more);
        if (refusal != nullptr) continue;
        refusal = more;
        failure = std::move(owned);
    }
    if (PQtransactionStatus(connection_.get()) != PQTRANS_IDLE) broken_ = true;
    if (refusal != nullptr) refuse(refusal, effect);
    // Rows without the end of their transaction: nobody knows whether it was committed.
    if (broken_) fail(effect, "the connection ended before the transaction did");
    return result;
}

}  // namespace tix::gateway
