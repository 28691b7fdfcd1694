// Pages of lists.
#include "shared.hpp"

#include "../base/text.hpp"

namespace tix::gateway {
namespace {

constexpr std::int64_t kPageDefault = 20;
constexpr std::int64_t kPageMax = 100;

}  // namespace

Page::Page(const Call& call, bool (*good)(std::string_view))
    : limit_(call.query_number("limit", kPageDefault, 1, kPageMax)),
      cursor_(call.query_value("cursor")) {
    if (!cursor_ || (good != nullptr ? good(*cursor_) : is_uuid(*cursor_))) return;
    Problem problem = make_problem("validation");
    problem.errors.push_back({"cursor", "must be the nextCursor of the page before"});
    throw ProblemError(std::move(problem));
}

std::optional<std::string> Page::next(const DbResult& rows, int id_column) const {
    if (rows.rows() < limit_) return std::nullopt;
    return std::string(rows.text(rows.rows() - 1, id_column));
}

void need_admission(const Services& services, const std::string& session, const DbResult& rows,
                    int row) {
    constexpr int kOk = 0;
    constexpr int kReason = 1;
    if (rows.flag(row, kOk) || rows.text(row, kReason) != "queued") return;
    Problem problem = make_problem("queued",
                                   "This session has a waiting room: join it, claim the "
                                   "place when it is called, and bring the admission "
                                   "along in Tix-Admission.");
    problem.queue = session;
    problem.retry_after_s = static_cast<int>(services.config.queue.poll_min_s);
    throw ProblemError(std::move(problem));
}

}  // namespace tix::gateway
