// Each call: sign, ask, judge the answer.
#include "linepay_client.hpp"

#include <algorithm>

#include "../crypto/random.hpp"

namespace tix::gateway {
namespace {

using linepay::Reply;
using linepay::Standing;
using linepay::Verdict;

constexpr int kOk = 200;
// Nothing depends on a request: a buyer who waits asks again.
constexpr std::chrono::milliseconds kRequestTimeout{10000};

LinePayClient::Said said(const std::optional<Reply>& reply) {
    if (!reply) return {};
    return {linepay::verdict_of(reply->code), reply->code};
}

}  // namespace

LinePayClient::LinePayClient(LinePayAccess access)
    : access_(std::move(access)), clients_(access_.url) {}

std::optional<Reply> LinePayClient::ask(HttpClient::Request request, const std::string& path,
                                        const std::string& text) const {
    const std::string nonce = crypto::random_uuid();
    request.content_type = "application/json";
    request.headers = {
        {"X-LINE-ChannelId", access_.channel_id},
        {"X-LINE-Authorization-Nonce", nonce},
        {"X-LINE-Authorization", linepay::signature(access_.secret, path, text, nonce)}};
    const auto answer = clients_.send(request);
    // Refusals come with 200, too; another status is a proxy's.
    if (!answer || answer->status != kOk) return std::nullopt;
    return linepay::read_reply(answer->body);
}

std::optional<Reply> LinePayClient::get(const std::string& path, const std::string& query) const {
    HttpClient::Request request;
    request.method = "GET";
    request.path = query.empty() ? path : path + '?' + query;
    request.timeout = access_.timeout;
    return ask(std::move(request), path, query);
}

std::optional<Reply> LinePayClient::post(const std::string& path,
                                         const std::optional<std::string>& body,
                                         std::chrono::milliseconds timeout) const {
    // An amount that cannot be expressed is what LINE Pay calls 1124; no need to ask it.
    if (!body) return Reply{"1124", nullptr};
    HttpClient::Request request;
    request.method = "POST";
    request.path = path;
    request.body = *body;
    request.timeout = timeout;
    return ask(std::move(request), path, *body);
}

LinePayClient::Requested LinePayClient::request(const linepay::Purchase& purchase) const {
    const auto reply = post("/v3/payments/request", linepay::request_body(purchase),
                            std::min(access_.timeout, kRequestTimeout));
    Requested requested{said(reply), std::nullopt};
    if (requested.verdict != Verdict::kYes) return requested;
    requested.opened = linepay::read_opened(*reply);
    if (!requested.opened) requested.verdict = Verdict::kAsk;
    return requested;
}

LinePayClient::Said LinePayClient::move(const std::string& path,
                                        const std::optional<std::string>& body) const {
    return said(post(path, body, access_.confirm_timeout));
}

LinePayClient::Said LinePayClient::confirm(const std::string& transaction, std::int64_t amount,
                                           const std::string& currency) const {
    return move("/v3/payments/" + transaction + "/confirm", linepay::sum_body(amount, currency));
}

LinePayClient::Said LinePayClient::capture(const std::string& transaction, std::int64_t amount,
                                           const std::string& currency) const {
    return move("/v3/payments/authorizations/" + transaction + "/capture",
                linepay::sum_body(amount, currency));
}

LinePayClient::Said LinePayClient::give_up(const std::string& transaction) const {
    return said(
        post("/v3/payments/authorizations/" + transaction + "/void", "{}", access_.timeout));
}

LinePayClient::Refunded LinePayClient::refund(const std::string& transaction, std::int64_t amount,
                                              const std::string& currency) const {
    const auto reply = post("/v3/payments/" + transaction + "/refund",
                            linepay::refund_body(amount, currency), access_.timeout);
    Refunded refunded{said(reply), ""};
    if (refunded.verdict == Verdict::kYes)
        refunded.refund_id = linepay::read_refund_id(*reply).value_or("");
    return refunded;
}

Standing LinePayClient::look(const std::string& transaction) const {
    const auto details = get("/v3/payments", "transactionId=" + transaction);
    if (!details) return {};
    if (const auto standing = linepay::read_details(*details, transaction)) return *standing;
    const auto check = get("/v3/payments/requests/" + transaction + "/check", "");
    Standing told;
    if (check) told.state = linepay::read_check(*check);
    return told;
}

std::optional<Standing> LinePayClient::look_for(const std::string& number) const {
    const auto details = get("/v3/payments", "orderId=" + number);
    if (!details) return Standing{};
    return linepay::read_number(*details);
}

}  // namespace tix::gateway
