// Speaks to the server through libpq.
#include "load/client.hpp"

#include <sstream>

namespace tix::history {
namespace {

constexpr int kRetryMs = 5;

std::vector<std::string> split(const std::string& list) {
    std::vector<std::string> words;
    std::istringstream in(list);
    for (std::string word; std::getline(in, word, ',');)
        words.push_back(word);
    return words;
}

// TX002 tells in its DETAIL which lock is lost, and whether it only is busy.
void read_lost(const char* detail, Answer& answer) {
    const std::string text = detail == nullptr ? "" : detail;
    const std::string before = "\"lockId\":\"";
    const std::size_t at = text.find(before);
    if (at != std::string::npos) answer.token = text.substr(at + before.size());
    answer.token = answer.token.substr(0, answer.token.find('"'));
    answer.why = text.find("busy") != std::string::npos ? "busy" : "expired";
}

}  // namespace

std::string join(const std::vector<std::string>& words) {
    std::string all;
    for (const std::string& word : words)
        all += (all.empty() ? "" : ",") + word;
    return all;
}

Client::Client(const Options& options, Progress& progress, int number)
    : options_(options),
      progress_(progress),
      log_(options.logs + "/client-" + std::to_string(number) + ".log") {}

Client::~Client() {
    PQfinish(connection_);
}

bool Client::connect() {
    const std::string where =
        "dbname=history user=postgres application_name=history host=" + options_.socket +
        " options='-c search_path=tix -c synchronous_commit=on -c statement_timeout=60s'";
    for (;;) {
        PQfinish(connection_);
        connection_ = PQconnectdb(where.c_str());
        broken_ = false;
        PQsetNoticeProcessor(
            connection_, [](void*, const char*) {}, nullptr);
        if (connected()) return true;
        if (progress_.stop) return false;
        sleep_ms(kRetryMs);
    }
}

Answer Client::read(PGresult* result) {
    Answer answer;
    const ExecStatusType status = PQresultStatus(result);
    const auto text = [&](int column) -> std::string { return PQgetvalue(result, 0, column); };
    const char* code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    // An error without a code is libpq's own: nothing more will be heard on this connection.
    broken_ = !connected() || (status == PGRES_FATAL_ERROR && code == nullptr);
    if (broken_) return answer;
    if (status == PGRES_COMMAND_OK) {
        answer.outcome = Answer::Outcome::kOk;
    } else if (status == PGRES_TUPLES_OK && PQntuples(result) == 1) {
        answer.outcome = text(0) == "t" ? Answer::Outcome::kOk : Answer::Outcome::kRefused;
        answer.reason = text(1);
        answer.token = text(2);
        answer.seats = split(text(3));
    } else {
        answer.outcome = Answer::Outcome::kError;
        answer.reason = code == nullptr ? "" : code;
        if (answer.reason == "TX002")
            read_lost(PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL), answer);
    }
    return answer;
}

void Client::write(const std::string& kind, const std::string& said, std::int64_t invoke,
                   const Answer& answer) {
    std::ostringstream line;
    line << invoke << ' ' << now_us() << ' ' << kind << (said.empty() ? "" : " ") << said << " -> ";
    switch (answer.outcome) {
        case Answer::Outcome::kOk:
            line << "ok";
            if (!answer.token.empty()) line << " token=" << answer.token;
            if (!answer.seats.empty()) line << " seats=" << join(answer.seats);
            break;
        case Answer::Outcome::kRefused:
            line << "refused reason=" << answer.reason;
            break;
        case Answer::Outcome::kError:
            line << "error code=" << answer.reason;
            if (!answer.why.empty()) line << " token=" << answer.token << " reason=" << answer.why;
            break;
        case Answer::Outcome::kLost:
            line << "lost";
    }
    log_ << line.str() << '\n' << std::flush;
}

Answer Client::run(const std::string& kind, const std::string& said, const std::string& sql,
                   const std::vector<std::string>& arguments) {
    std::vector<const char*> values;
    for (const std::string& argument : arguments)
        values.push_back(argument.empty() ? nullptr : argument.c_str());
    const std::int64_t invoke = now_us();
    PGresult* result = PQexecParams(connection_, sql.c_str(), static_cast<int>(values.size()),
                                    nullptr, values.data(), nullptr, nullptr, 0);
    const Answer answer = read(result);
    PQclear(result);
    write(kind, said, invoke, answer);
    progress_.statements++;
    return answer;
}

}  // namespace tix::history
