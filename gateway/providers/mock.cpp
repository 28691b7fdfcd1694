// One POST.
#include "mock.hpp"

#include "../json/json.hpp"

namespace tix::gateway {
namespace {

constexpr std::chrono::milliseconds kTimeout{5000};

}  // namespace

std::unique_ptr<HttpClient> MockProvider::borrow() {
    const std::scoped_lock lock(mutex_);
    if (idle_.empty()) return std::make_unique<HttpClient>(url_, kTimeout);
    auto client = std::move(idle_.back());
    idle_.pop_back();
    return client;
}

MockProvider::Outcome MockProvider::charge(const Charge& charge) {
    const Json body = {{"paymentId", charge.payment_id},
                       {"orderId", charge.order_id},
                       {"amount", charge.amount},
                       {"currency", charge.currency},
                       {"paymentMethod", charge.method}};
    auto client = borrow();
    const auto answer = client->post("/v1/charges", body.dump(), "application/json");
    {
        const std::scoped_lock lock(mutex_);
        idle_.push_back(std::move(client));
    }
    if (!answer || answer->status >= 500) return Outcome::kUnknown;
    return answer->status < 300 ? Outcome::kAccepted : Outcome::kRefused;
}

}  // namespace tix::gateway
