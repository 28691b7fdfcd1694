// What several handlers need: pages, money, and the meaning of a refused lock.
#pragma once

#include <optional>
#include <string>

#include "../base/money.hpp"
#include "../pipeline/answer.hpp"
#include "../pipeline/services.hpp"

namespace tix::gateway {

// limit and cursor of a list; the cursor is the id of the last element of the page before.
struct Page {
    explicit Page(const Call& call);
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

inline Json nullable(const DbResult& rows, int row, int column) {
    return rows.null(row, column) ? Json() : Json(rows.text(row, column));
}

// Says that this is the stored answer to an earlier request of the same key.
inline void mark_replayed(HttpResponse& response, bool replayed) {
    if (replayed) response.headers.emplace_back("Idempotency-Replayed", "true");
}

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
