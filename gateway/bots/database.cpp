// Two calls.
#include "database.hpp"

#include "../base/problem.hpp"
#include "../log/log.hpp"

namespace tix::gateway {
namespace {

constexpr int kEvery = 5;
constexpr char kSpend[] = "SELECT * FROM tix.tix_rate_limit($1::text, 1, 1, $2::interval)";
constexpr char kBlocked[] = "SELECT * FROM tix.tix_blocked_clients()";

void note(const std::string& fault) {
    if (fault.empty())
        log_info("blocked_clients_read");
    else
        log_warn("blocked_clients_unread", {{"reason", fault}});
}

}  // namespace

Guard::Spend spend_in(DbPool& database) {
    return [&database](const std::string& proof_id, int for_s) {
        try {
            return database.write(kSpend, {"proof " + proof_id, std::to_string(for_s) + " seconds"})
                .flag(0, 0);
        } catch (const DbError&) {
            // Whether it was noted or not, no seat has been touched.
            throw ProblemError(make_problem("unavailable", "The proof could not be noted."));
        }
    };
}

BlockedClients::BlockedClients(DbPool& database, Guard& guard)
    : database_(database), guard_(guard), loop_([this] { return read(); }, note) {}

std::string BlockedClients::read() {
    if (turn_++ % kEvery != 0) return {};
    try {
        const DbResult rows = database_.read(kBlocked, {});
        std::vector<std::string> clients;
        for (int row = 0; row < rows.rows(); ++row)
            clients.emplace_back(rows.text(row, 0));
        const std::size_t unread = guard_.block(clients);
        if (unread > 0) log_warn("blocked_clients_not_understood", {{"count", unread}});
        return {};
    } catch (const DbError& error) {
        turn_ = 0;
        return error.message;
    }
}

}  // namespace tix::gateway
