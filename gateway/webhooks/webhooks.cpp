// Claim, post, report.
#include "webhooks.hpp"

#include <exception>
#include <future>

#include "../http/outbound.hpp"
#include "../log/log.hpp"
#include "signature.hpp"

namespace tix::gateway {
namespace {

constexpr char kDue[] = "SELECT * FROM tix.tix_webhooks_due($1::int)";
constexpr char kResult[] =
    "SELECT * FROM tix.tix_webhook_result($1::bigint, $2::int, $3::int, $4::text, $5::int)";

void note(const std::string& fault) {
    if (fault.empty())
        log_info("webhooks_resumed");
    else
        log_warn("webhooks_stalled", {{"reason", fault}});
}

DbValue number(const std::optional<int>& value) {
    if (!value) return std::nullopt;
    return std::to_string(*value);
}

}  // namespace

Webhooks::Webhooks(WebhookSettings settings, DbPool& database, Metrics& metrics)
    : settings_(std::move(settings)),
      database_(database),
      metrics_(metrics),
      loop_([this] { return post_due(); }, note) {}

void Webhooks::start() {
    if (settings_.concurrency > 0) loop_.start();
}

std::string Webhooks::post_due() {
    try {
        for (bool whole = true; whole && !loop_.stopping();) {
            const DbResult due = database_.write(kDue, {std::to_string(settings_.concurrency)});
            std::vector<std::future<void>> posts;
            for (int row = 0; row < due.rows(); ++row)
                posts.push_back(
                    std::async(std::launch::async, [this, &due, row] { post(due, row); }));
            std::exception_ptr fault;
            for (std::future<void>& one : posts) {
                try {
                    one.get();
                } catch (...) {
                    fault = std::current_exception();
                }
            }
            if (fault) std::rethrow_exception(fault);
            whole = due.rows() == settings_.concurrency;
        }
        return {};
    } catch (const DbError& error) {
        return error.message;
    } catch (const std::exception& error) {
        return error.what();
    }
}

void Webhooks::post(const DbResult& due, int row) {
    using std::chrono::system_clock;
    const std::string id = "evt_" + std::string(due.text(row, 3));
    const std::int64_t now = system_clock::to_time_t(system_clock::now());
    Outbound request;
    request.url = due.text(row, 2);
    request.body = due.text(row, 4);
    request.timeout = settings_.timeout;
    request.trusted = settings_.trusted;
    request.headers = {
        {"Content-Type", "application/json"},
        {"User-Agent", "tix"},
        {"webhook-id", id},
        {"webhook-timestamp", std::to_string(now)},
        {"webhook-signature", webhook_signature(due.array(row, 5), id, now, request.body)}};
    const OutboundAnswer answer = post_outbound(request);
    metrics_.outgoing_webhook(!answer.status              ? "unanswered"
                              : *answer.status / 100 == 2 ? "accepted"
                                                          : "refused");
    database_.write(kResult, {std::string(due.text(row, 0)), std::string(due.text(row, 1)),
                              number(answer.status), answer.detail, number(answer.retry_after_s)});
}

}  // namespace tix::gateway
