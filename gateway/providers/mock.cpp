// One POST each.
#include "mock.hpp"

namespace tix::gateway {
namespace {

constexpr std::chrono::milliseconds kTimeout{5000};
// The one status that gives a refund up: a wrong address or a proxy must not end what is owed.
constexpr int kNever = 422;

}  // namespace

std::unique_ptr<HttpClient> MockProvider::borrow() {
    const std::scoped_lock lock(mutex_);
    if (idle_.empty()) return std::make_unique<HttpClient>(url_, kTimeout);
    auto client = std::move(idle_.back());
    idle_.pop_back();
    return client;
}

int MockProvider::ask(const char* path, const Json& body) {
    auto client = borrow();
    const auto answer = client->post(path, body.dump(), "application/json");
    const std::scoped_lock lock(mutex_);
    idle_.push_back(std::move(client));
    return answer ? answer->status : 0;
}

MockProvider::Outcome MockProvider::charge(const Charge& charge) {
    const int status = ask("/v1/charges", {{"paymentId", charge.payment_id},
                                           {"orderId", charge.order_id},
                                           {"amount", charge.amount},
                                           {"currency", charge.currency},
                                           {"paymentMethod", charge.method}});
    if (status == 0 || status >= 500) return Outcome::kUnknown;
    return status < 300 ? Outcome::kAccepted : Outcome::kRefused;
}

MockProvider::Outcome MockProvider::refund(const Refund& refund) {
    const int status = ask("/v1/refunds", {{"refundId", refund.refund_id},
                                           {"paymentId", refund.payment_id},
                                           {"orderId", refund.order_id},
                                           {"transactionId", refund.transaction_id},
                                           {"amount", refund.amount},
                                           {"currency", refund.currency}});
    if (status >= 200 && status < 300) return Outcome::kAccepted;
    return status == kNever ? Outcome::kRefused : Outcome::kUnknown;
}

}  // namespace tix::gateway
