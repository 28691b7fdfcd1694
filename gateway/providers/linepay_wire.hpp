// LINE Pay's Online API v3 as text: signatures, bodies, amounts, and what answers say. No socket,
// no clock, no state.
//
// Transaction ids have 19 digits: they are text here and never a floating-point number. What an
// answer says is believed only in the form it should have; anything else says nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../json/json.hpp"

namespace tix::gateway::linepay {

enum class Verdict { kYes, kBuyer, kNo, kOperator, kAsk };

// What a return code means (linepay_codes.def); one nobody knows is kAsk.
Verdict verdict_of(std::string_view code);

// X-LINE-Authorization of a call: `text` is its raw body, or the query of a GET without "?".
std::string signature(std::string_view secret, std::string_view path, std::string_view text,
                      std::string_view nonce);

// Minor units (ISO 4217) as LINE Pay wants them, a JSON number: 45000 TWD is "450", as LINE Pay
// knows no parts of a Taiwan dollar; 45050 THB is "450.50". Nothing for what it cannot express:
// another currency, parts of a dollar or yen, not positive, more than fifteen digits.
std::optional<std::string> amount_text(std::int64_t minor, std::string_view currency);

struct Product {
    std::string id, name;
    std::int64_t price = 0;  // minor units
};

struct Purchase {
    std::string number;  // LINE Pay's orderId: never used twice
    std::string name;    // what is bought, for people
    std::int64_t amount = 0;
    std::string currency;
    std::vector<Product> products;
    std::string confirm_url, cancel_url;
};

// The body of a request; nothing when LINE Pay cannot express the amount. The products are listed
// if their prices are expressible and add up to the amount, else the purchase is one product.
// capture is false: confirming only reserves the money, and it is taken after the seats were looked
// at once more; what we reserve and then forget lapses by itself.
std::optional<std::string> request_body(const Purchase& purchase);
// {"amount":…,"currency":…} of confirm and capture; nothing as above.
std::optional<std::string> sum_body(std::int64_t minor, std::string_view currency);
std::optional<std::string> refund_body(std::int64_t minor, std::string_view currency);

// An answer: its return code, and info (null when there is none).
struct Reply {
    std::string code;
    Json info;
};
// Nothing when it is no object with a code of four digits.
std::optional<Reply> read_reply(std::string_view body);

// Where the buyer has to go, and the id of the transaction.
struct Opened {
    std::string transaction_id, url;
};
std::optional<Opened> read_opened(const Reply& reply);

// The id that a refund has at LINE Pay.
std::optional<std::string> read_refund_id(const Reply& reply);

struct Given {  // a refund, as LINE Pay lists it
    std::string id;
    std::int64_t amount = 0;  // minor units
};

enum class State {
    kUnknown,
    kWaiting,   // for the buyer
    kApproved,  // by the buyer; we may confirm
    kReserved,  // confirmed, not captured
    kCaptured,  // the money is ours, but for what was given back
    kVoided,    // given up by us
    kLapsed,    // the buyer cancelled, or it took too long
    kFailed,
};

// How a transaction stands.
struct Standing {
    State state = State::kUnknown;
    std::int64_t amount = 0;  // minor units; of kReserved and kCaptured
    std::string currency;
    std::vector<Given> given;
};

// What GET /v3/payments says of a transaction; it knows confirmed ones only. Nothing when it knows
// none of this id, kUnknown when it says something that is not whole.
std::optional<Standing> read_details(const Reply& reply, std::string_view transaction_id);
// What it says of an order number: nothing when it knows none, kUnknown for anything else, as its
// transaction is not one that we know.
std::optional<Standing> read_number(const Reply& reply);
// What GET /v3/payments/requests/{id}/check says: kCaptured is never among it, as that is for the
// details to say.
State read_check(const Reply& reply);

// Whether a text can be a transaction id: 1 to 20 digits.
bool is_transaction_id(std::string_view text);

}  // namespace tix::gateway::linepay
