// Type, bounds and encoding of each member.
#include "fields.hpp"

#include <algorithm>

#include "../base/money.hpp"
#include "../base/text.hpp"

namespace tix::gateway {
namespace {

constexpr std::size_t kTimeBytes = 40;

}  // namespace

Fields::Fields(const Json& body) : body_(body) {
    if (!body.is_object()) {
        faults_.push_back({"", "the body must be a JSON object"});
        finish();
    }
}

void Fields::fault(const char* name, std::string message) {
    faults_.push_back({name, std::move(message)});
}

const Json* Fields::find(const char* name) {
    known_.insert(name);
    const auto member = body_.find(name);
    return member == body_.end() || member->is_null() ? nullptr : &*member;
}

const Json* Fields::need(const char* name) {
    const Json* value = find(name);
    if (value == nullptr) fault(name, "is missing");
    return value;
}

std::string Fields::text_of(const char* name, const Json& value, std::size_t shortest,
                            std::size_t longest) {
    const auto* text = value.get_ptr<const std::string*>();
    if (text == nullptr) {
        fault(name, "must be a string");
    } else if (text->size() < shortest || text->size() > longest) {
        fault(name, "must have " + std::to_string(shortest) + " to " + std::to_string(longest) +
                        " bytes");
    } else if (text->find('\0') != std::string::npos) {
        fault(name, "must not contain the character NUL");
    } else {
        return *text;
    }
    return {};
}

std::string Fields::text(const char* name, std::size_t shortest, std::size_t longest) {
    const Json* value = need(name);
    return value == nullptr ? "" : text_of(name, *value, shortest, longest);
}

std::optional<std::string> Fields::optional_text(const char* name, std::size_t longest) {
    const Json* value = find(name);
    if (value == nullptr) return std::nullopt;
    return text_of(name, *value, 1, longest);
}

std::int64_t Fields::number_of(const char* name, const Json& value, std::int64_t lowest,
                               std::int64_t highest) {
    const bool fits = value.is_number_integer() &&
                      !(value.is_number_unsigned() && value.get<std::uint64_t>() > INT64_MAX);
    const std::int64_t number = fits ? value.get<std::int64_t>() : 0;
    if (!fits || number < lowest || number > highest)
        fault(name, "must be a whole number from " + std::to_string(lowest) + " to " +
                        std::to_string(highest));
    return number;
}

std::int64_t Fields::number(const char* name, std::int64_t lowest, std::int64_t highest) {
    const Json* value = need(name);
    return value == nullptr ? 0 : number_of(name, *value, lowest, highest);
}

std::optional<std::int64_t> Fields::optional_number(const char* name, std::int64_t lowest,
                                                    std::int64_t highest) {
    const Json* value = find(name);
    if (value == nullptr) return std::nullopt;
    return number_of(name, *value, lowest, highest);
}

std::vector<std::string> Fields::texts_of(const char* name, const Json& value, std::size_t fewest,
                                          std::size_t most) {
    std::vector<std::string> texts;
    if (!value.is_array() || value.size() < fewest || value.size() > most) {
        fault(name, "must be a list of " + std::to_string(fewest) + " to " + std::to_string(most) +
                        " strings");
        return texts;
    }
    for (const Json& element : value)
        texts.push_back(text_of(name, element, 1, kLabelBytes));
    return texts;
}

std::vector<std::string> Fields::texts(const char* name, std::size_t fewest, std::size_t most) {
    const Json* value = need(name);
    return value == nullptr ? std::vector<std::string>{} : texts_of(name, *value, fewest, most);
}

std::optional<std::vector<std::string>> Fields::optional_texts(const char* name, std::size_t most) {
    const Json* value = find(name);
    if (value == nullptr) return std::nullopt;
    return texts_of(name, *value, 0, most);
}

std::string Fields::uuid_of(const char* name, std::string text) {
    if (!text.empty() && !is_uuid(text)) fault(name, "must be a uuid");
    return text;
}

std::string Fields::uuid(const char* name) {
    return uuid_of(name, text(name, 36, 36));
}

std::optional<std::string> Fields::optional_uuid(const char* name) {
    const Json* value = find(name);
    if (value == nullptr) return std::nullopt;
    return uuid_of(name, text_of(name, *value, 36, 36));
}

std::string Fields::lock_id_of(const char* name, const std::string& text) {
    const auto number = parse_int64(text);
    if (!number || *number <= 0) fault(name, "must be a lock id: a positive number in a string");
    return text;
}

std::string Fields::lock_id(const char* name) {
    const Json* value = need(name);
    return value == nullptr ? "" : lock_id_of(name, text_of(name, *value, 1, 19));
}

std::optional<std::string> Fields::optional_lock_id(const char* name) {
    const Json* value = find(name);
    if (value == nullptr) return std::nullopt;
    return lock_id_of(name, text_of(name, *value, 1, 19));
}

std::vector<std::string> Fields::lock_ids(const char* name, std::size_t most) {
    std::vector<std::string> ids = texts(name, 1, most);
    for (const std::string& id : ids)
        lock_id_of(name, id);
    return ids;
}

bool Fields::flag(const char* name, bool fallback) {
    const Json* value = find(name);
    if (value == nullptr) return fallback;
    if (!value->is_boolean()) {
        fault(name, "must be true or false");
        return fallback;
    }
    return value->get<bool>();
}

std::optional<bool> Fields::optional_flag(const char* name) {
    if (find(name) == nullptr) return std::nullopt;
    return flag(name, false);
}

std::optional<std::string> Fields::optional_permille(const char* name) {
    const Json* value = find(name);
    if (value == nullptr) return std::nullopt;
    constexpr double kMost = 1000;
    const double number = value->is_number() ? value->get<double>() : -1;
    if (number >= 0 && number <= kMost) return value->dump();
    fault(name, "must be a number from 0 to 1000");
    return std::nullopt;
}

std::optional<std::string> Fields::optional_object(const char* name) {
    const Json* value = find(name);
    if (value == nullptr) return std::nullopt;
    if (value->is_object()) return value->dump();
    fault(name, "must be a JSON object");
    return std::nullopt;
}

std::string Fields::time_of(const char* name, std::string text) {
    if (!text.empty() && !is_rfc3339(text))
        fault(name, "must be a time of RFC 3339, such as 2026-11-21T20:00:00Z");
    return text;
}

std::string Fields::time(const char* name) {
    return time_of(name, text(name, 1, kTimeBytes));
}

std::optional<std::string> Fields::optional_time(const char* name) {
    const Json* value = find(name);
    if (value == nullptr) return std::nullopt;
    return time_of(name, text_of(name, *value, 1, kTimeBytes));
}

std::optional<Amount> Fields::optional_money(const char* name) {
    const Json* value = find(name);
    if (value == nullptr) return std::nullopt;
    const auto part = [&](const char* key) {
        const auto found = value->find(key);
        const bool there = found != value->end() && found->is_string();
        return there ? found->get<std::string>() : std::string();
    };
    Amount amount;
    if (value->is_object() && value->size() == 2) {
        amount.currency = part("currency");
        const bool known = amount.currency.size() == 3 &&
                           std::all_of(amount.currency.begin(), amount.currency.end(),
                                       [](char c) { return c >= 'A' && c <= 'Z'; });
        if (const auto minor = minor_units(part("amount"), amount.currency); known && minor) {
            amount.minor = *minor;
            return amount;
        }
    }
    fault(name,
          R"(must be an amount and its currency, such as {"amount":"9.50","currency":"EUR"})");
    return amount;
}

Amount Fields::money(const char* name) {
    return need(name) == nullptr ? Amount{} : *optional_money(name);
}

std::string Fields::objects_of(const char* name, const Json& value, std::size_t fewest,
                               std::size_t most) {
    const bool fits = value.is_array() && value.size() >= fewest && value.size() <= most &&
                      std::all_of(value.begin(), value.end(),
                                  [](const Json& element) { return element.is_object(); });
    if (fits) return value.dump();
    fault(name, "must be a list of " + std::to_string(fewest) + " to " + std::to_string(most) +
                    " objects");
    return {};
}

std::string Fields::objects(const char* name, std::size_t fewest, std::size_t most) {
    const Json* value = need(name);
    return value == nullptr ? "" : objects_of(name, *value, fewest, most);
}

std::optional<std::string> Fields::optional_objects(const char* name, std::size_t most) {
    const Json* value = find(name);
    if (value == nullptr) return std::nullopt;
    return objects_of(name, *value, 0, most);
}

std::string Fields::text_map(const char* name, std::size_t most) {
    const Json* value = need(name);
    if (value == nullptr) return {};
    const bool fits = value->is_object() && !value->empty() && value->size() <= most &&
                      std::all_of(value->begin(), value->end(),
                                  [](const Json& element) { return element.is_string(); });
    if (fits) return value->dump();
    fault(name, "must be an object of 1 to " + std::to_string(most) + " strings");
    return {};
}

void Fields::finish() {
    if (body_.is_object())
        for (const auto& [name, value] : body_.items())
            if (!known_.contains(name)) faults_.push_back({name, "is not known here"});
    if (faults_.empty()) return;
    Problem problem = make_problem("validation");
    problem.errors = std::move(faults_);
    throw ProblemError(std::move(problem));
}

}  // namespace tix::gateway
