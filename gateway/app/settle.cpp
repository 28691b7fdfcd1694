// Writes the arguments of tix_rate_limits() and reads its rows.
#include "settle.hpp"

namespace tix::gateway {
namespace {

constexpr char kSettle[] = "SELECT * FROM tix.tix_rate_limits($1::text[], $2::int[], $3::int[])";
enum Column { kPlace, kAllowed, kRemaining, kRetryAfterMs };

}  // namespace

SharedLimits::Settle settle_in(DbPool& database) {
    return [&database](const std::vector<SharedLimits::Debt>& debts) {
        std::vector<std::string> keys, costs, bursts;
        for (const auto& debt : debts) {
            keys.push_back(debt.key);
            costs.push_back(std::to_string(debt.cost));
            bursts.push_back(std::to_string(debt.burst));
        }
        const DbResult rows = database.write(
            kSettle, {array_literal(keys), array_literal(costs), array_literal(bursts)});
        std::vector<SharedLimits::Settled> answers;
        for (int row = 0; row < rows.rows(); ++row)
            answers.push_back({rows.flag(row, kAllowed),
                               static_cast<int>(rows.number(row, kRemaining)),
                               rows.number(row, kRetryAfterMs)});
        return answers;
    };
}

}  // namespace tix::gateway
