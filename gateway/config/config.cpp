// Reads the TOML file and prints the table of settings.
#include "config.hpp"

#include <toml++/toml.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

namespace tix::gateway {
namespace {

// Takes the values of a file and of the environment; what it did not ask of the file is unknown.
class Reader {
public:
    Reader(const toml::table& file, const Environment& environment)
        : file_(file), environment_(environment) {}

    void operator()(const char* section, const char* key, std::string& value, const char*) {
        if (const toml::node* node = take(section, key)) value = as<std::string>(*node, "a string");
        if (const std::string* text = overridden(section, key)) value = *text;
    }
    void operator()(const char* section, const char* key, std::int64_t& value, std::int64_t lowest,
                    std::int64_t highest, const char*, const char*) {
        if (const toml::node* node = take(section, key)) set(value, *node, lowest, highest);
        if (const std::string* text = overridden(section, key)) {
            value = whole_number(*text);
            bound(value, lowest, highest);
        }
    }
    void operator()(const char* section, const char* key, std::vector<std::string>& value,
                    const char*) {
        if (const toml::node* node = take(section, key)) value = texts(*node);
        if (const std::string* text = overridden(section, key)) {
            value.clear();
            std::istringstream list(*text);
            for (std::string element; std::getline(list, element, ',');)
                value.push_back(element);
        }
    }

    std::vector<KeyFile> keys() {
        std::vector<KeyFile> keys;
        const toml::node* node = take("auth", "keys");
        if (node == nullptr) return keys;
        if (!node->is_array_of_tables()) fail("must be tables [[auth.keys]]");
        for (const toml::node& element : *node->as_array()) {
            KeyFile& key = keys.emplace_back();
            for (const auto& [name, value] : *element.as_table()) {
                name_ = "auth.keys." + std::string(name.str());
                key_member(key, name.str()) = as<std::string>(value, "a string");
            }
        }
        return keys;
    }

    std::vector<IssuerFile> issuers() {
        std::vector<IssuerFile> issuers;
        const toml::node* node = take("auth", "issuers");
        if (node == nullptr) return issuers;
        if (!node->is_array_of_tables()) fail("must be tables [[auth.issuers]]");
        for (const toml::node& element : *node->as_array())
            read_issuer(*element.as_table(), issuers.emplace_back());
        return issuers;
    }

    // Throws for the first key that nobody took.
    void refuse_rest(const toml::table& table, const std::string& prefix) {
        for (const auto& [key, value] : table) {
            name_ = prefix + std::string(key.str());
            const bool is_plain = key.str().find('.') == std::string_view::npos;
            if (is_plain && taken_.contains(name_)) continue;
            if (!is_plain || !value.is_table() || !sections_.contains(name_))
                fail("is no known setting");
            refuse_rest(*value.as_table(), name_ + ".");
        }
    }

private:
    const toml::node* take(const std::string& section, const char* key) {
        name_ = section + "." + key;
        taken_.insert(name_);
        sections_.insert(section);
        sections_.insert(section.substr(0, section.find('.')));
        return file_.at_path(name_).node();
    }
    // What the environment says instead; faults are then told by the name there.
    const std::string* overridden(const std::string& section, const char* key) {
        const auto found = environment_.find(variable_name(section, key));
        if (found == environment_.end()) return nullptr;
        name_ = found->first;
        return &found->second;
    }
    void bound(std::int64_t value, std::int64_t lowest, std::int64_t highest) const {
        if (value < lowest || value > highest)
            fail("must be from " + std::to_string(lowest) + " to " + std::to_string(highest));
    }
    std::int64_t whole_number(const std::string& text) const {
        std::int64_t value = 0;
        const char* end = text.data() + text.size();
        const auto [stop, error] = std::from_chars(text.data(), end, value);
        if (error != std::errc() || stop != end) fail("must be a whole number");
        return value;
    }
    template <typename T>
    T as(const toml::node& node, const char* what) {
        const auto value = node.value_exact<T>();
        if (!value) fail(std::string("must be ") + what);
        return *value;
    }
    std::vector<std::string> texts(const toml::node& node) {
        if (!node.is_array()) fail("must be a list of strings");
        std::vector<std::string> list;
        for (const toml::node& element : *node.as_array())
            list.push_back(as<std::string>(element, "a list of strings"));
        return list;
    }
    void set(std::string& value, const toml::node& node) {
        value = as<std::string>(node, "a string");
    }
    void set(std::vector<std::string>& value, const toml::node& node) { value = texts(node); }
    void set(bool& value, const toml::node& node) { value = as<bool>(node, "true or false"); }
    void set(std::int64_t& value, const toml::node& node, std::int64_t lowest,
             std::int64_t highest) {
        value = as<std::int64_t>(node, "a whole number");
        if (value < lowest || value > highest)
            fail("must be from " + std::to_string(lowest) + " to " + std::to_string(highest));
    }
    void read_issuer(const toml::table& table, IssuerFile& issuer) {
        std::set<std::string_view> known;
        visit_issuer(issuer, [&](const char* name, auto& value, auto... bounds) {
            known.insert(name);
            name_ = std::string("auth.issuers.") + name;
            if (const toml::node* node = table.get(name)) set(value, *node, bounds...);
        });
        for (const auto& [name, value] : table) {
            name_ = "auth.issuers." + std::string(name.str());
            if (!known.contains(name.str())) fail("is no known setting");
        }
    }
    std::string& key_member(KeyFile& key, std::string_view name) {
        if (name == "kid") return key.kid;
        if (name == "alg") return key.alg;
        if (name == "secret_file") return key.secret_file;
        if (name == "private_key_file") return key.private_key_file;
        if (name == "public_key_file") return key.public_key_file;
        fail("is no known setting");
    }
    [[noreturn]] void fail(const std::string& what) const {
        throw ConfigError("setting " + name_ + " " + what);
    }

    const toml::table& file_;
    const Environment& environment_;
    std::string name_;
    std::set<std::string> taken_, sections_;
};

class Printer {
public:
    void operator()(const char* section, const char* key, std::string& value, const char* text) {
        row(section, key, value.empty() ? "" : '"' + value + '"', "", "", text);
    }
    void operator()(const char* section, const char* key, std::int64_t& value, std::int64_t lowest,
                    std::int64_t highest, const char* unit, const char* text) {
        row(section, key, std::to_string(value), unit,
            std::to_string(lowest) + "–" + std::to_string(highest), text);
    }
    void operator()(const char* section, const char* key, std::vector<std::string>& value,
                    const char* text) {
        std::string list;
        for (const std::string& element : value)
            list += (list.empty() ? "\"" : ", \"") + element + '"';
        row(section, key, "[" + list + "]", "", "", text);
    }
    std::string text() const { return out_.str(); }

private:
    void row(const std::string& section, const char* key, const std::string& value,
             const std::string& unit, const std::string& bounds, const char* text) {
        out_ << "| `" << section << '.' << key << "` | " << value << " | " << unit << " | "
             << bounds << " | " << text << " |\n";
    }
    std::ostringstream out_;
};

}  // namespace

std::string variable_name(const std::string& section, const std::string& key) {
    std::string name = "TIX_" + section + "_" + key;
    for (char& c : name) {
        if (c == '.') c = '_';
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    return name;
}

Config read_config(const std::string& file, const Environment& environment) {
    if (std::filesystem::is_directory(file)) throw ConfigError(file + " is a directory");
    Config config;
    try {
        const toml::table table = toml::parse_file(file);
        Reader reader(table, environment);
        visit_settings(config, reader);
        config.auth.keys = reader.keys();
        config.auth.issuers = reader.issuers();
        reader.refuse_rest(table, "");
    } catch (const toml::parse_error& error) {
        std::ostringstream where;
        where << file << ":" << error.source().begin.line << ": " << error.description();
        throw ConfigError(where.str());
    }
    return config;
}

std::string settings_table() {
    Config defaults;
    Printer printer;
    visit_settings(defaults, printer);
    return printer.text();
}

std::string read_secret(const std::string& key, const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    if (file.empty() || !in || std::filesystem::is_directory(file))
        throw ConfigError("setting " + key + ": the file \"" + file + "\" cannot be read");
    std::string bytes((std::istreambuf_iterator<char>(in)), {});
    if (!bytes.empty() && bytes.back() == '\n') bytes.pop_back();
    if (bytes.empty()) throw ConfigError("setting " + key + ": the file \"" + file + "\" is empty");
    return bytes;
}

}  // namespace tix::gateway
