// The statements of the proof, on a connection of their own.
#include "proof.hpp"

#include <cstddef>

namespace tix::buyers {
namespace {

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

}  // namespace

Proof prove(const Sale& sale) {
    const Crowd& crowd = sale.crowd();
    Connection database("tix-buyers");
    const Parameters session = {crowd.session_id};
    Proof proof;
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
    proof.money_captured = single(
        database,
        "SELECT coalesce(sum(p.amount), 0) FROM tix.payments p JOIN tix.orders o USING (order_id)"
        " WHERE o.session_id = $1::uuid AND o.status = 'completed' AND p.status = 'succeeded'",
        session);
    proof.refunds = single(database,
                           "SELECT count(*) FROM tix.refunds r JOIN tix.orders o USING (order_id)"
                           " WHERE o.session_id = $1::uuid",
                           session);
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
    must(proof.money_captured == proof.money_of_completed,
         "the money captured is not that of the completed orders");
    for (const std::string& fault : sale.faults())
        found.push_back(fault);
    return found;
}

}  // namespace tix::buyers
