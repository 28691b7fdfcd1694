// Queries, keys and bodies as handlers read them: what is taken is of its kind and within its
// bounds, and what is not is a problem that names a field.
#include "base/text.hpp"
#include "dice.hpp"
#include "pipeline/call.hpp"
#include "pipeline/fields.hpp"
#include "pipeline/query.hpp"

namespace {

using namespace tix::gateway;
using tix::fuzz::require;

// Runs what may refuse its input; nothing but a problem of the 4xx is thrown.
template <class Read>
void refused_or(Read&& read) {
    try {
        read();
    } catch (const ProblemError& error) {
        require(error.problem().status >= 400 && error.problem().status < 500,
                "bad input is the client's fault");
    }
}

void check_query(tix::fuzz::Dice& dice) {
    const std::string key = dice.text(40);
    const std::string query = dice.rest();
    HttpRequest request;
    request.headers = {{"idempotency-key", key}};
    Call call{request, {}, {}, {}};
    refused_or([&] { call.query = parse_query(query); });
    require(call.query.size() <= kQueryParametersMax, "a query has so many parts at most");
    for (const auto& [name, value] : call.query)
        require(is_utf8(name) && is_utf8(value) && value.find('\0') == std::string::npos &&
                    name.size() + value.size() <= query.size(),
                "a part is text, and no longer than it was");
    refused_or([&] {
        const std::int64_t number = call.query_number("limit", 20, 1, 100);
        require(number >= 1 && number <= 100, "a number is within its bounds");
    });
    refused_or([&] {
        const auto taken = call.idempotency_key();
        require(taken == key && !key.empty() && key.find(' ') == std::string::npos,
                "a key is taken as it is");
    });
}

void check_body(tix::fuzz::Dice& dice) {
    std::string error;
    const auto body = parse_json(dice.rest(), {}, error);
    if (!body) return;
    refused_or([&] {
        Fields fields(*body);
        const std::string text = fields.text("text", 2, 20);
        const auto label = fields.optional_text("label", kLabelBytes);
        const std::int64_t number = fields.number("number", -5, 1000);
        const auto many = fields.optional_texts("many", 3);
        const auto id = fields.optional_uuid("id");
        const auto lock = fields.optional_lock_id("lock");
        fields.finish();
        require(text.size() >= 2 && text.size() <= 20, "a text is as long as it may be");
        require(!label || label->size() <= kLabelBytes, "a label is, too");
        require(number >= -5 && number <= 1000, "a number is within its bounds");
        require(!many || many->size() <= 3, "a list is as long as it may be");
        require(!id || is_uuid(*id), "a uuid is one");
        require(!lock || parse_int64(*lock).value_or(0) > 0, "a lock's id is a positive number");
        require(body->size() <= 6, "no member is left that nobody asked for");
    });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    tix::fuzz::Dice dice(data, size);
    if (dice.byte() % 2 == 0)
        check_query(dice);
    else
        check_body(dice);
    return 0;
}
