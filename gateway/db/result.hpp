// What a statement answered: rows of text, read by position.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct pg_result;

namespace tix::gateway {

class DbResult {
public:
    explicit DbResult(pg_result* result);

    int rows() const;
    bool null(int row, int column) const;
    std::string_view text(int row, int column) const;
    bool flag(int row, int column) const { return text(row, column) == "t"; }
    std::int64_t number(int row, int column) const;
    // A text[] without NULLs.
    std::vector<std::string> array(int row, int column) const;
    // A bytea.
    std::string bytes(int row, int column) const;
    // A timestamptz as RFC 3339.
    std::string time(int row, int column) const;

private:
    struct Clear {
        void operator()(pg_result* result) const;
    };
    std::unique_ptr<pg_result, Clear> result_;
};

// Parameters are text; nullopt is NULL.
using DbValue = std::optional<std::string>;

// text[], bigint[]: the array's literal.
std::string array_literal(const std::vector<std::string>& elements);

}  // namespace tix::gateway
