// libpq behind the two uses the buyers make of it.
#include "database.hpp"

#include <cstdlib>

namespace tix::buyers {
namespace {

std::vector<const char*> pointers(const Parameters& parameters) {
    std::vector<const char*> values;
    // "\N" stands for NULL, as in COPY.
    for (const std::string& value : parameters)
        values.push_back(value == "\\N" ? nullptr : value.c_str());
    return values;
}

std::string trimmed(const char* message) {
    std::string line(message ? message : "");
    while (!line.empty() && line.back() == '\n')
        line.pop_back();
    return line;
}

}  // namespace

std::string text(const Result& result, const char* column, int row) {
    const int index = PQfnumber(result.get(), column);
    if (index < 0) throw DatabaseError(std::string("no column ") + column + " in the answer");
    return PQgetvalue(result.get(), row, index);
}

long long number(const Result& result, const char* column, int row) {
    return std::atoll(text(result, column, row).c_str());
}

std::vector<std::string> text_array(const std::string& printed) {
    std::vector<std::string> elements;
    if (printed.size() <= 2) return elements;
    std::string element;
    bool quoted = false;
    for (std::size_t i = 1; i < printed.size(); ++i) {
        const char c = printed[i];
        if (c == '"') {
            quoted = !quoted;
        } else if (c == '\\') {
            element += printed[++i];
        } else if (!quoted && (c == ',' || c == '}')) {
            elements.push_back(element);
            element.clear();
        } else {
            element += c;
        }
    }
    return elements;
}

std::string print_array(const std::vector<std::string>& elements) {
    std::string printed = "{";
    for (const std::string& element : elements) {
        if (printed.size() > 1) printed += ',';
        printed += '"';
        for (const char c : element) {
            if (c == '"' || c == '\\') printed += '\\';
            printed += c;
        }
        printed += '"';
    }
    return printed + "}";
}

Connection::Connection(const std::string& application_name) {
    const char* keywords[] = {"fallback_application_name", "client_encoding", nullptr};
    const char* values[] = {application_name.c_str(), "UTF8", nullptr};
    connection_.reset(PQconnectdbParams(keywords, values, 0));
    if (PQstatus(connection_.get()) != CONNECTION_OK) fail();
    PQsetNoticeProcessor(
        connection_.get(), [](void*, const char*) {}, nullptr);
}

void Connection::fail() const {
    throw DatabaseError(trimmed(PQerrorMessage(connection_.get())));
}

Result Connection::query(const std::string& sql, const Parameters& parameters) {
    const auto values = pointers(parameters);
    Result result(PQexecParams(connection_.get(), sql.c_str(), static_cast<int>(values.size()),
                               nullptr, values.data(), nullptr, nullptr, 0));
    const ExecStatusType status = PQresultStatus(result.get());
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) fail();
    return result;
}

void Connection::prepare(const char* name, const char* sql) {
    const Result result(PQprepare(connection_.get(), name, sql, 0, nullptr));
    if (PQresultStatus(result.get()) != PGRES_COMMAND_OK) fail();
}

void Connection::stop_blocking() {
    if (PQsetnonblocking(connection_.get(), 1) != 0) fail();
}

void Connection::send(const char* prepared, const Parameters& parameters) {
    const auto values = pointers(parameters);
    if (PQsendQueryPrepared(connection_.get(), prepared, static_cast<int>(values.size()),
                            values.data(), nullptr, nullptr, 0) != 1)
        fail();
}

bool Connection::flush() {
    const int left = PQflush(connection_.get());
    if (left < 0) fail();
    return left > 0;
}

bool Connection::finish(Result& result) {
    if (PQconsumeInput(connection_.get()) != 1) fail();
    while (PQisBusy(connection_.get()) == 0) {
        Result next(PQgetResult(connection_.get()));
        if (!next) {
            result = std::move(partial_);
            return result != nullptr;
        }
        partial_ = std::move(next);
    }
    if (PQstatus(connection_.get()) != CONNECTION_OK) fail();
    return false;
}

}  // namespace tix::buyers
