// Reads the members of a JSON object; collects what is wrong, and refuses members nobody asked for.
//
//   Fields fields(call.body);
//   const auto seats = fields.texts("seatIds", 1, 200);
//   fields.finish();          // throws validation with every fault found
//
// Until finish() returned, values may be defaults.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "../base/problem.hpp"
#include "../json/json.hpp"

namespace tix::gateway {

// Minor units of an ISO 4217 currency.
struct Amount {
    std::int64_t minor = 0;
    std::string currency;
};

class Fields {
public:
    explicit Fields(const Json& body);

    // Lengths are bytes of UTF-8; NUL is refused, PostgreSQL's text cannot hold it.
    std::string text(const char* name, std::size_t shortest, std::size_t longest);
    std::optional<std::string> optional_text(const char* name, std::size_t longest);
    std::int64_t number(const char* name, std::int64_t lowest, std::int64_t highest);
    std::optional<std::int64_t> optional_number(const char* name, std::int64_t lowest,
                                                std::int64_t highest);
    std::vector<std::string> texts(const char* name, std::size_t fewest, std::size_t most);
    std::optional<std::vector<std::string>> optional_texts(const char* name, std::size_t most);
    bool flag(const char* name, bool fallback);
    std::optional<bool> optional_flag(const char* name);
    // A number from 0 to 1000, as text for the database: thousandths.
    std::optional<std::string> optional_permille(const char* name);
    // An object of the client's own, printed again.
    std::optional<std::string> optional_object(const char* name);
    std::string uuid(const char* name);
    std::optional<std::string> optional_uuid(const char* name);
    // A positive bigint in a string: a lock id.
    std::string lock_id(const char* name);
    std::optional<std::string> optional_lock_id(const char* name);
    std::vector<std::string> lock_ids(const char* name, std::size_t most);
    // A moment of RFC 3339.
    std::string time(const char* name);
    std::optional<std::string> optional_time(const char* name);
    // {"amount": "450.00", "currency": "EUR"}, 0 or more.
    std::optional<Amount> optional_money(const char* name);
    Amount money(const char* name);
    // A list of objects, and an object of strings, printed again: the database judges what is in
    // them.
    std::string objects(const char* name, std::size_t fewest, std::size_t most);
    std::optional<std::string> optional_objects(const char* name, std::size_t most);
    std::string text_map(const char* name, std::size_t most);

    void fault(const char* name, std::string message);
    void finish();

private:
    const Json* find(const char* name);
    const Json* need(const char* name);
    std::string text_of(const char* name, const Json& value, std::size_t shortest,
                        std::size_t longest);
    std::int64_t number_of(const char* name, const Json& value, std::int64_t lowest,
                           std::int64_t highest);
    std::vector<std::string> texts_of(const char* name, const Json& value, std::size_t fewest,
                                      std::size_t most);
    std::string uuid_of(const char* name, std::string text);
    std::string lock_id_of(const char* name, const std::string& text);
    std::string time_of(const char* name, std::string text);
    std::string objects_of(const char* name, const Json& value, std::size_t fewest,
                           std::size_t most);

    const Json& body_;
    std::set<std::string_view> known_;
    std::vector<FieldError> faults_;
};

// The longest text a client may send as one label or name.
constexpr std::size_t kLabelBytes = 255;
constexpr std::size_t kListMax = 1000;  // the engine's own limits are lower and give reasons

}  // namespace tix::gateway
