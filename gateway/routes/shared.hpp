// What several handlers need: pages, money, and the meaning of a refused lock.
#pragma once

#include <optional>
#include <string>

#include "../base/money.hpp"
#include "../pipeline/answer.hpp"
#include "../pipeline/services.hpp"

namespace tix::gateway {

// limit and cursor of a list; the cursor is the id of the last element of the page before: a uuid,
// or what `good` takes.
struct Page {
    explicit Page(const Call& call, bool (*good)(std::string_view) = nullptr);
    std::string limit() const { return std::to_string(limit_); }
    DbValue after() const { return cursor_; }
    // The next cursor, when the page is full.
    std::optional<std::string> next(const DbResult& rows, int id_column = 0) const;

private:
    std::int64_t limit_;
    std::optional<std::string> cursor_;
};

inline Json money(std::int64_t minor, std::string_view currency) {
    return {{"amount", decimal_amount(minor, currency)}, {"currency", currency}};
}

// Locks that one order may take at a time, and bytes of the reason why seats are given back.
constexpr std::size_t kLocksMax = 20;
constexpr std::size_t kReasonBytes = 500;

inline Json nullable(const DbResult& rows, int row, int column) {
    return rows.null(row, column) ? Json() : Json(rows.text(row, column));
}

inline Json nullable_time(const DbResult& rows, int row, int column) {
    return rows.null(row, column) ? Json() : Json(rows.time(row, column));
}

// A row of tix_get_order(), tix_list_orders() and tix_get_order_for().
Json order_json(const DbResult& rows, int i);

// What tix_cancel_items() and tix_cancel_items_for() answer.
inline Json cancelled_items(const std::string& order, const DbResult& row) {
    return {{"orderId", order},
            {"refunded", money(row.number(0, 0), row.text(0, 2))},
            {"kept", money(row.number(0, 1), row.text(0, 2))},
            {"status", row.text(0, 3)}};
}

// Says that this is the stored answer to an earlier request of the same key.
inline void mark_replayed(HttpResponse& response, bool replayed) {
    if (replayed) response.headers.emplace_back("Idempotency-Replayed", "true");
}

// Throws `queued`, with the way to the waiting room, when the engine refused a lock so.
void need_admission(const Services& services, const std::string& session, const DbResult& rows,
                    int row = 0);

// Runs a read whose only possible complaint is that the session or area does not exist.
template <typename Read>
DbResult or_not_found(Read&& read) {
    try {
        return read();
    } catch (const DbError& error) {
        if (error.sqlstate == "22023") throw ProblemError(make_problem("not_found"));
        throw;
    }
}

}  // namespace tix::gateway
