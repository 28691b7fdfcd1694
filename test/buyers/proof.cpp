// The statements of the proof, on a connection of their own.
#include "proof.hpp"

#include <chrono>
#include <cstddef>
#include <thread>

namespace tix::buyers {
namespace {

constexpr std::chrono::seconds kSettleWithin{30};
constexpr std::chrono::milliseconds kSettleEvery{200};

long long single(Connection& database, const std::string& sql, const Parameters& parameters) {
    return number(database.query("SELECT (" + sql + ") AS answer", parameters), "answer");
}

std::vector<std::string> rows_in_words(Connection& database, const std::string& call,
                                       const Parameters& parameters) {
    const Result rows = database.query("SELECT * FROM " + call, parameters);
    std::vector<std::string> words;
    for (int row = 0; row < PQntuples(rows.get()); ++row) {
        std::string line;
        for (int column = 0; column < PQnfields(rows.get()); ++column)
            line += (column ? " | " : "") + std::string(PQgetvalue(rows.get(), row, column));
        words.push_back(line);
    }
    return words;
}

// Waits until every payment has its outcome and every refund is paid: the provider may be slow.
void settle(Sale& sale, Connection& database, const Parameters& session) {
    const auto until = Clock::now() + kSettleWithin;
    while (Clock::now() < until &&
           single(database,
                  "SELECT (SELECT count(*) FROM tix.orders WHERE session_id = $1::uuid"
                  " AND status IN ('payment_pending', 'in_doubt', 'paid_unfulfilled'))"
                  " + (SELECT count(*) FROM tix.refunds r JOIN tix.orders o USING (order_id)"
                  " WHERE o.session_id = $1::uuid AND r.status = 'requested')",
                  session) > 0) {
        sale.pay_refunds(database);
        std::this_thread::sleep_for(kSettleEvery);
    }
}

// Seats that look otherwise in the map of now than in the market, which only followed the feed.
long long feed_differences(Connection& database, const Crowd& crowd) {
    const Result rows = database.query(
        "SELECT ordinal, state FROM tix.tix_seats($1::uuid) ORDER BY ordinal", {crowd.session_id});
    long long differences = 0;
    for (int i = 0; i < PQntuples(rows.get()); ++i) {
        const bool sold = PQgetvalue(rows.get(), i, 1) == std::string("sold");
        const Seat& seat = crowd.market.seats()[static_cast<std::size_t>(i)];
        differences += sold != (seat.look == Look::kSold);
    }
    return differences;
}

void read_money(Connection& database, const Parameters& session, Proof& proof) {
    proof.money_captured = single(
        database,
        "SELECT coalesce(sum(p.amount), 0) FROM tix.payments p JOIN tix.orders o USING (order_id)"
        " WHERE o.session_id = $1::uuid AND p.status = 'succeeded'",
        session);
    const Result refunds = database.query(
        "SELECT count(*) AS refunds,"
        " coalesce(sum(r.amount) FILTER (WHERE r.status = 'succeeded'), 0) AS refunded,"
        " coalesce(sum(r.amount) FILTER (WHERE r.status <> 'succeeded'), 0) AS owed"
        " FROM tix.refunds r JOIN tix.orders o USING (order_id) WHERE o.session_id = $1::uuid",
        session);
    proof.refunds = number(refunds, "refunds");
    proof.money_refunded = number(refunds, "refunded");
    proof.money_owed = number(refunds, "owed");
    proof.alarms = single(database,
                          "SELECT count(*) FROM tix.payment_alarms a JOIN tix.orders o"
                          " USING (order_id) WHERE o.session_id = $1::uuid",
                          session);
}

}  // namespace

Proof prove(Sale& sale) {
    const Crowd& crowd = sale.crowd();
    Connection database("tix-buyers");
    const Parameters session = {crowd.session_id};
    Proof proof;
    settle(sale, database, session);
    database.query("SELECT tix.tix_expire_orders(100000)");
    proof.sold = single(
        database, "SELECT coalesce(sum(sold), 0) FROM tix.tix_availability($1::uuid)", session);
    proof.tickets =
        single(database,
               "SELECT count(*) FROM tix.tickets WHERE session_id = $1::uuid AND status = 'valid'",
               session);
    proof.double_sold =
        single(database,
               "SELECT count(*) FROM (SELECT FROM tix.tickets WHERE session_id = $1::uuid"
               " AND status IN ('valid', 'used') GROUP BY seat_id HAVING count(*) > 1) d",
               session);
    const Result orders = database.query(
        "SELECT status, count(*) AS orders, sum(total_amount) AS money, min(total_currency) AS"
        " currency FROM tix.orders WHERE session_id = $1::uuid GROUP BY status ORDER BY status",
        session);
    for (int row = 0; row < PQntuples(orders.get()); ++row) {
        proof.orders[text(orders, "status", row)] = number(orders, "orders", row);
        proof.currency = text(orders, "currency", row);
        if (text(orders, "status", row) == "completed")
            proof.money_of_completed = number(orders, "money", row);
    }
    read_money(database, session, proof);
    proof.unique_violations = sale.unique_violations();
    proof.feed_differences = feed_differences(database, crowd);
    proof.audit = rows_in_words(database, "tix.tix_audit()", {});
    proof.check = rows_in_words(database, "tix.tix_check($1::uuid)", session);
    return proof;
}

std::vector<std::string> faults(const Sale& sale, const Proof& proof, Ending ending) {
    const auto capacity = static_cast<long long>(sale.crowd().market.capacity());
    std::vector<std::string> found;
    const auto must = [&](bool good, const std::string& fault) {
        if (!good) found.push_back(fault);
    };
    must(ending != Ending::kTimeOut, "the time limit passed before the session was sold out");
    must(proof.sold == capacity,
         std::to_string(proof.sold) + " of " + std::to_string(capacity) + " seats are sold");
    must(proof.tickets == proof.sold,
         std::to_string(proof.tickets) + " valid tickets, " + std::to_string(proof.sold) + " sold");
    must(proof.double_sold == 0, std::to_string(proof.double_sold) + " seats have two tickets");
    must(proof.unique_violations == 0, "unique violations were raised");
    must(proof.audit.empty(), "tix_audit() has rows");
    must(proof.check.empty(), "tix_check() has rows");
    must(ending != Ending::kSoldOut || proof.feed_differences == 0,
         "the change feed differs from the seats");
    must(proof.money_captured == proof.money_of_completed + proof.money_refunded + proof.money_owed,
         "the money captured is not that of the completed orders and of the refunds");
    must(proof.money_owed == 0, "money is still owed back");
    must(proof.alarms == 0, std::to_string(proof.alarms) + " payment events raised an alarm");
    for (const std::string& fault : sale.faults())
        found.push_back(fault);
    return found;
}

}  // namespace tix::buyers
