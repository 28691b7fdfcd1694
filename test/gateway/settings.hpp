// Every setting of the gateway as a list that tests can walk.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "config/config.hpp"

namespace tix::gateway {

using namespace std::string_literals;

// Every setting as "section.key" with its value, in the order of the list.
struct Values {
    std::vector<std::pair<std::string, std::string>> all;

    void operator()(const char* section, const char* key, std::string& value, const char*) {
        all.emplace_back(section + "."s + key, value);
    }
    void operator()(const char* section, const char* key, std::int64_t& value, std::int64_t,
                    std::int64_t, const char*, const char*) {
        all.emplace_back(section + "."s + key, std::to_string(value));
    }
    void operator()(const char* section, const char* key, std::vector<std::string>& value,
                    const char*) {
        std::string list;
        for (const std::string& element : value)
            list += element + ";";
        all.emplace_back(section + "."s + key, list);
    }
};

inline std::vector<std::pair<std::string, std::string>> values_of(Config config) {
    Values values;
    visit_settings(config, values);
    return values.all;
}

enum class Kind { kText, kNumber, kList };

struct Setting {
    std::string section, key;
    Kind kind;
    std::int64_t lowest = 0, highest = 0;

    std::string name() const { return section + "." + key; }
    std::string toml(const std::string& value) const {
        return "[" + section + "]\n" + key + " = " + value + "\n";
    }
    std::string bounds() const {
        return "setting " + name() + " must be from " + std::to_string(lowest) + " to " +
               std::to_string(highest);
    }
};

struct Settings {
    std::vector<Setting> all;

    void operator()(const char* section, const char* key, std::string&, const char*) {
        all.push_back({section, key, Kind::kText});
    }
    void operator()(const char* section, const char* key, std::int64_t&, std::int64_t lowest,
                    std::int64_t highest, const char*, const char*) {
        all.push_back({section, key, Kind::kNumber, lowest, highest});
    }
    void operator()(const char* section, const char* key, std::vector<std::string>&, const char*) {
        all.push_back({section, key, Kind::kList});
    }
};

inline std::vector<Setting> settings() {
    Config config;
    Settings list;
    visit_settings(config, list);
    return list.all;
}

}  // namespace tix::gateway
