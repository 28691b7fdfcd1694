// Reading the files of keys, at the start and again.
#include "key_store.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <stdexcept>
#include <utility>

#include "../log/log.hpp"
#include "jwks.hpp"

namespace tix::gateway {

namespace {

constexpr std::size_t kIssuerBytesMax = 255;  // what the database keeps of it
constexpr std::size_t kAudiencesMax = 16;

Key read_key(const KeyFile& file) {
    const std::string name = "auth.keys." + file.kid;
    const auto alg = alg_of(file.alg);
    if (!alg)
        throw ConfigError("setting " + name + ": alg must be HS256, RS256, PS256, ES256 or EdDSA");
    if (*alg == Alg::HS256) {
        if (file.secret_file.empty())
            throw ConfigError("setting " + name + ": HS256 needs a secret_file");
        return Key::hs256(file.kid, read_secret(name, file.secret_file));
    }
    if (*alg == Alg::EdDSA)
        return Key::eddsa(file.kid,
                          read_secret(name, file.private_key_file.empty() ? file.public_key_file
                                                                          : file.private_key_file));
    if (!file.private_key_file.empty())
        throw ConfigError("setting " + name + ": only HS256 and EdDSA sign, " + file.alg +
                          " takes a public_key_file");
    return Key::from_public_pem(file.kid, *alg, read_secret(name, file.public_key_file));
}

IssuerRules rules_of(const IssuerFile& file) {
    const auto fail = [&file](const std::string& what) {
        throw ConfigError("setting auth.issuers \"" + file.issuer + "\": " + what);
    };
    const bool named = !file.issuer.empty() && file.issuer.size() <= kIssuerBytesMax &&
                       std::all_of(file.issuer.begin(), file.issuer.end(),
                                   [](unsigned char c) { return c > 0x20 && c < 0x7f; });
    if (!named) fail("issuer must be 1 to 255 visible ASCII characters");
    if (file.audiences.empty() || file.audiences.size() > kAudiencesMax)
        fail("audiences must name 1 to 16 of our clients");
    if (std::find(file.audiences.begin(), file.audiences.end(), "") != file.audiences.end())
        fail("an audience must not be empty");
    if (file.subject_claim.empty()) fail("subject_claim must not be empty");
    IssuerRules rules;
    rules.expected = {file.issuer, file.audiences, file.leeway_s};
    for (const std::string& name : file.algorithms) {
        const auto alg = alg_of(name);
        if (!alg || *alg == Alg::HS256)
            fail("algorithms may be RS256, PS256, ES256 and EdDSA, not \"" + name + "\"");
        rules.algorithms.push_back(*alg);
    }
    if (rules.algorithms.empty()) fail("algorithms must not be empty");
    rules.subject_claim = file.subject_claim;
    rules.email_claim = file.email_claim;
    rules.verified_claim = file.email_verified_claim;
    rules.name_claim = file.name_claim;
    rules.emails_are_verified = file.emails_are_verified;
    rules.token_age_max_s = file.token_age_max_s;
    return rules;
}

// At most `most` bytes of a file, else std::invalid_argument.
std::string read_file(const std::string& name, std::int64_t most) {
    std::ifstream in(name, std::ios::binary);
    std::string bytes(static_cast<std::size_t>(most) + 1, '\0');
    in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    if (name.empty() || in.bad() || (!in && !in.eof()))
        throw std::invalid_argument("it cannot be read");
    bytes.resize(static_cast<std::size_t>(in.gcount()));
    if (bytes.size() > static_cast<std::size_t>(most))
        throw std::invalid_argument("it has more than " + std::to_string(most) + " bytes");
    return bytes;
}

Json summary(const Issuer& issuer) {
    return {{"issuer", issuer.rules.expected.issuer},
            {"keys", issuer.keys.size()},
            {"ignored", issuer.ignored}};
}

}  // namespace

OwnKeys::OwnKeys(std::vector<Key> list, const std::string& signing_kid)
    : keys(std::move(list)), signer(keys.find(signing_kid)) {
    if (signer != nullptr && !signer->can_sign()) signer = nullptr;
}

KeyStore::KeyStore(Config::Auth settings)
    : settings_(std::move(settings)),
      loop_([this] { return reload_changed(), std::string(); }, {}) {
    if (settings_.issuers.size() > kIssuersMax)
        throw ConfigError("setting auth.issuers: at most " + std::to_string(kIssuersMax));
    auto trust = std::make_shared<Trust>();
    trust->own = read_own();
    for (const IssuerFile& file : settings_.issuers) {
        stamps_.push_back(stamp_of(file.jwks_file));
        if (!trust->issuers.emplace(file.issuer, read_issuer(file)).second)
            throw ConfigError("setting auth.issuers \"" + file.issuer + "\": it is there twice");
    }
    trust_ = std::move(trust);
}

std::shared_ptr<const OwnKeys> KeyStore::read_own() const {
    std::vector<Key> list;
    for (const KeyFile& file : settings_.keys)
        list.push_back(read_key(file));
    auto own = std::make_shared<const OwnKeys>(std::move(list), settings_.signing_key);
    if (own->signer == nullptr)
        throw ConfigError("setting auth.signing_key: no key \"" + settings_.signing_key +
                          "\" in auth.keys can sign");
    return own;
}

std::shared_ptr<const Issuer> KeyStore::read_issuer(const IssuerFile& file) const {
    IssuerRules rules = rules_of(file);
    try {
        Jwks set = read_jwks(read_file(file.jwks_file, settings_.jwks_max_bytes), rules.algorithms,
                             static_cast<std::size_t>(settings_.jwks_keys_max));
        return std::make_shared<const Issuer>(
            Issuer{std::move(rules), KeySet(std::move(set.keys)), std::move(set.ignored)});
    } catch (const std::invalid_argument& why) {
        throw ConfigError("setting auth.issuers \"" + file.issuer + "\": the key set \"" +
                          file.jwks_file + "\": " + why.what());
    }
}

std::vector<std::string> KeyStore::reload() {
    return reload(true);
}

std::vector<std::string> KeyStore::reload_changed() {
    return reload(false);
}

std::vector<std::string> KeyStore::reload(bool all) {
    const std::scoped_lock lock(reading_);
    std::vector<std::string> faults;
    const auto next = std::make_shared<Trust>(*trust_.load());
    const auto attempt = [&](const auto& read) {
        try {
            read();
        } catch (const std::exception& why) {
            log_warn("keys_refused", {{"reason", why.what()}});
            faults.emplace_back(why.what());
        }
    };
    if (all) attempt([&] { next->own = read_own(); });
    for (std::size_t i = 0; i < stamps_.size(); ++i) {
        const IssuerFile& file = settings_.issuers[i];
        // Before the reading: what changes meanwhile is another version, which is read next.
        const Stamp stamp = stamp_of(file.jwks_file);
        if (!all && stamp == stamps_[i]) continue;
        stamps_[i] = stamp;
        attempt([&] {
            const auto issuer = read_issuer(file);
            next->issuers[file.issuer] = issuer;
            log_info("keys_read", summary(*issuer));
        });
    }
    trust_ = next;
    return faults;
}

KeyStore::Stamp KeyStore::stamp_of(const std::string& file) {
    struct stat found = {};
    if (::stat(file.c_str(), &found) != 0) return {};
    return {static_cast<std::int64_t>(found.st_dev), static_cast<std::int64_t>(found.st_ino),
            found.st_size, found.st_mtim.tv_sec, found.st_mtim.tv_nsec};
}

void KeyStore::start() {
    if (settings_.issuers.empty()) return;
    for (const auto& [name, issuer] : current()->issuers)
        log_info("keys_read", summary(*issuer));
    loop_.start();
}

}  // namespace tix::gateway
