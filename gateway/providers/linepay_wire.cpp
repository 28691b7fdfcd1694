// Writes what LINE Pay reads, and reads what it writes.
#include "linepay_wire.hpp"

#include <algorithm>
#include <cmath>

#include "../crypto/base64url.hpp"
#include "../crypto/hmac.hpp"

namespace tix::gateway::linepay {
namespace {

constexpr std::size_t kTransactionDigits = 20;
constexpr std::size_t kUrlBytes = 2048;
constexpr std::size_t kNameBytes = 200;
constexpr std::size_t kRefundsMax = 1000;
// Every decimal of so many digits survives being a double, which is what JSON makes of it.
constexpr std::int64_t kMinorEnd = 1000000000000000;
constexpr std::string_view kNoSuchTransaction = "1150";
// What LINE Pay answers is small; this bounds what a stranger in its place can make us build.
constexpr JsonLimits kReplyLimits{12, 10000};

struct Code {
    std::string_view code;
    Verdict verdict;
};
#define LINE_PAY_CODE(code, verdict, meaning) Code{code, Verdict::verdict},
constexpr Code kCodes[] = {
#include "linepay_codes.def"
};
#undef LINE_PAY_CODE

struct Currency {
    std::string_view name;
    int minor_digits;  // of ISO 4217
    int decimals;      // LINE Pay's
};
constexpr Currency kCurrencies[] = {{"TWD", 2, 0}, {"JPY", 0, 0}, {"THB", 2, 2}, {"USD", 2, 2}};

const Currency* currency_of(std::string_view name) {
    const auto* const found =
        std::find_if(std::begin(kCurrencies), std::end(kCurrencies),
                     [&](const Currency& currency) { return currency.name == name; });
    return found == std::end(kCurrencies) ? nullptr : found;
}

constexpr std::int64_t power_of_ten(int exponent) {
    return exponent == 0 ? 1 : 10 * power_of_ten(exponent - 1);
}

std::string json_text(std::string_view text) {
    return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

// At most so many bytes, and no half of a character.
std::string_view cut(std::string_view text) {
    if (text.size() <= kNameBytes) return text;
    std::size_t end = kNameBytes;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80)
        --end;
    return text.substr(0, end);
}

const Json* member(const Json& object, const char* name) {
    if (!object.is_object()) return nullptr;
    const auto found = object.find(name);
    return found == object.end() ? nullptr : &*found;
}

std::string text_member(const Json& object, const char* name) {
    const Json* const found = member(object, name);
    return found != nullptr && found->is_string() ? found->get<std::string>() : "";
}

// An id may come as a number or as text.
std::optional<std::string> id_member(const Json& object, const char* name) {
    const Json* const found = member(object, name);
    if (found == nullptr) return std::nullopt;
    std::string text;
    if (found->is_number_integer())
        text = std::to_string(found->get<std::int64_t>());
    else if (found->is_string())
        text = found->get<std::string>();
    if (!is_transaction_id(text)) return std::nullopt;
    return text;
}

// An amount of an answer in minor units; a refund is listed as a negative one.
std::optional<std::int64_t> minor_of(const Json* amount, const Currency& currency) {
    const std::int64_t unit = power_of_ten(currency.minor_digits);
    if (amount == nullptr) return std::nullopt;
    if (amount->is_number_integer()) {
        const auto whole = amount->get<std::int64_t>();
        if (whole <= -kMinorEnd / unit || whole >= kMinorEnd / unit) return std::nullopt;
        return whole * unit;
    }
    if (!amount->is_number_float()) return std::nullopt;
    const double minor = amount->get<double>() * static_cast<double>(unit);
    const double nearest = std::round(minor);
    if (!(std::fabs(nearest) < static_cast<double>(kMinorEnd))) return std::nullopt;
    // 450.505 THB is nobody's amount.
    if (std::fabs(minor - nearest) > 1e-3) return std::nullopt;
    return static_cast<std::int64_t>(nearest);
}

// payInfo lists how the buyer paid: the parts make the amount.
std::optional<std::int64_t> paid(const Json& info, const Currency& currency) {
    const Json* const parts = member(info, "payInfo");
    if (parts == nullptr || !parts->is_array() || parts->empty()) return std::nullopt;
    std::int64_t sum = 0;
    for (const Json& part : *parts) {
        const auto amount = minor_of(member(part, "amount"), currency);
        if (!amount || *amount < 0) return std::nullopt;
        sum += *amount;  // a reply has too few values for this to overflow
    }
    return sum;
}

std::optional<std::vector<Given>> refunds(const Json& info, const Currency& currency) {
    std::vector<Given> given;
    const Json* const list = member(info, "refundList");
    if (list == nullptr || list->is_null()) return given;
    if (!list->is_array() || list->size() > kRefundsMax) return std::nullopt;
    for (const Json& refund : *list) {
        const auto id = id_member(refund, "refundTransactionId");
        const auto amount = minor_of(member(refund, "refundAmount"), currency);
        if (!id || !amount) return std::nullopt;
        given.push_back({*id, *amount < 0 ? -*amount : *amount});
    }
    return given;
}

State state_of(std::string_view status) {
    if (status == "CAPTURE") return State::kCaptured;
    if (status == "AUTHORIZATION") return State::kReserved;
    if (status == "VOIDED_AUTHORIZATION") return State::kVoided;
    if (status == "EXPIRED_AUTHORIZATION") return State::kLapsed;
    return State::kUnknown;
}

Standing standing_of(const Json& info) {
    Standing standing;
    const State state = state_of(text_member(info, "payStatus"));
    if (state == State::kVoided || state == State::kLapsed) {
        standing.state = state;
        return standing;
    }
    const std::string name = text_member(info, "currency");
    const Currency* const currency = currency_of(name);
    if (currency == nullptr) return standing;
    const auto amount = paid(info, *currency);
    auto given = refunds(info, *currency);
    if (amount && given) standing = {state, *amount, name, std::move(*given)};
    return standing;
}

std::string product_text(std::string_view id, std::string_view name, std::string_view price) {
    std::string text = "{\"id\":" + json_text(id) + ",\"name\":" + json_text(cut(name));
    text += ",\"quantity\":1,\"price\":";
    text += price;
    return text + "}";
}

// Nothing when the prices cannot be told, or are not the amount's parts.
std::optional<std::string> product_list(const Purchase& purchase) {
    std::int64_t left = purchase.amount;
    std::string list;
    for (const Product& product : purchase.products) {
        const auto price = amount_text(product.price, purchase.currency);
        if (!price || product.price > left) return std::nullopt;
        left -= product.price;
        if (!list.empty()) list += ',';
        list += product_text(product.id, product.name, *price);
    }
    if (left != 0) return std::nullopt;
    return list;
}

}  // namespace

Verdict verdict_of(std::string_view code) {
    const auto* const found = std::find_if(std::begin(kCodes), std::end(kCodes),
                                           [&](const Code& known) { return known.code == code; });
    return found == std::end(kCodes) ? Verdict::kAsk : found->verdict;
}

std::string signature(std::string_view secret, std::string_view path, std::string_view text,
                      std::string_view nonce) {
    std::string message(secret);
    message.append(path).append(text).append(nonce);
    std::string base64 = crypto::base64url_encode(crypto::hmac_sha256(secret, message));
    std::replace(base64.begin(), base64.end(), '-', '+');
    std::replace(base64.begin(), base64.end(), '_', '/');
    base64.append((4 - base64.size() % 4) % 4, '=');
    return base64;
}

std::optional<std::string> amount_text(std::int64_t minor, std::string_view currency) {
    const Currency* const known = currency_of(currency);
    if (known == nullptr || minor <= 0 || minor >= kMinorEnd) return std::nullopt;
    const std::int64_t smallest = power_of_ten(known->minor_digits - known->decimals);
    if (minor % smallest != 0) return std::nullopt;
    const std::int64_t unit = power_of_ten(known->minor_digits);
    std::string text = std::to_string(minor / unit);
    if (known->decimals == 0 || minor % unit == 0) return text;
    const std::string parts = std::to_string(unit + minor % unit);
    return text + '.' + parts.substr(1);
}

std::optional<std::string> sum_body(std::int64_t minor, std::string_view currency) {
    const auto amount = amount_text(minor, currency);
    if (!amount) return std::nullopt;
    return "{\"amount\":" + *amount + ",\"currency\":" + json_text(currency) + "}";
}

std::optional<std::string> refund_body(std::int64_t minor, std::string_view currency) {
    const auto amount = amount_text(minor, currency);
    if (!amount) return std::nullopt;
    return "{\"refundAmount\":" + *amount + "}";
}

std::optional<std::string> request_body(const Purchase& purchase) {
    const auto amount = amount_text(purchase.amount, purchase.currency);
    if (!amount) return std::nullopt;
    const std::string products =
        product_list(purchase).value_or(product_text(purchase.number, purchase.name, *amount));
    std::string body = "{\"amount\":" + *amount + ",\"currency\":" + json_text(purchase.currency);
    body += ",\"orderId\":" + json_text(purchase.number);
    body += ",\"packages\":[{\"id\":" + json_text(purchase.number) + ",\"amount\":" + *amount;
    body += ",\"name\":" + json_text(cut(purchase.name)) + ",\"products\":[" + products + "]}]";
    body += ",\"redirectUrls\":{\"confirmUrl\":" + json_text(purchase.confirm_url);
    body += ",\"cancelUrl\":" + json_text(purchase.cancel_url) + "}";
    // The buyer may come back in another browser than the one that left: the order knows him.
    body += ",\"options\":{\"payment\":{\"capture\":false},";
    return body + "\"display\":{\"checkConfirmUrlBrowser\":false}}}";
}

std::optional<Reply> read_reply(std::string_view body) {
    std::string fault;
    auto json = parse_json(body, kReplyLimits, fault);
    if (!json) return std::nullopt;
    Reply reply;
    reply.code = text_member(*json, "returnCode");
    const bool digits = std::all_of(reply.code.begin(), reply.code.end(),
                                    [](char c) { return c >= '0' && c <= '9'; });
    if (reply.code.size() != 4 || !digits) return std::nullopt;
    if (member(*json, "info") != nullptr) reply.info = std::move((*json)["info"]);
    return reply;
}

std::optional<Opened> read_opened(const Reply& reply) {
    if (verdict_of(reply.code) != Verdict::kYes) return std::nullopt;
    const Json* const urls = member(reply.info, "paymentUrl");
    const auto id = id_member(reply.info, "transactionId");
    if (!id || urls == nullptr) return std::nullopt;
    Opened opened{*id, text_member(*urls, "web")};
    const bool printable = std::all_of(opened.url.begin(), opened.url.end(),
                                       [](char c) { return c > ' ' && c <= '~'; });
    const bool web = opened.url.starts_with("https://") || opened.url.starts_with("http://");
    if (!web || !printable || opened.url.size() > kUrlBytes) return std::nullopt;
    return opened;
}

std::optional<std::string> read_refund_id(const Reply& reply) {
    return id_member(reply.info, "refundTransactionId");
}

std::optional<Standing> read_details(const Reply& reply, std::string_view transaction_id) {
    if (reply.code == kNoSuchTransaction) return std::nullopt;
    if (verdict_of(reply.code) != Verdict::kYes || !reply.info.is_array()) return Standing{};
    for (const Json& info : reply.info)
        if (id_member(info, "transactionId") == transaction_id) return standing_of(info);
    return std::nullopt;
}

std::optional<Standing> read_number(const Reply& reply) {
    if (reply.code == kNoSuchTransaction) return std::nullopt;
    return Standing{};
}

State read_check(const Reply& reply) {
    if (reply.code == "0000") return State::kWaiting;
    if (reply.code == "0110") return State::kApproved;
    if (reply.code == "0121") return State::kLapsed;
    if (reply.code == "0122") return State::kFailed;
    return State::kUnknown;  // 0123, done, among them: only the details tell how much
}

bool is_transaction_id(std::string_view text) {
    return !text.empty() && text.size() <= kTransactionDigits &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace tix::gateway::linepay
