// Whose tokens are believed at the moment: our own keys, and those of other issuers, from files
// that are read again when they change.
//
// Locking: readers take a pointer and never wait; who reads files holds a mutex among their like.
// Failure: a file that cannot be used leaves the keys as they were; one line of log for each
// version of the file.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "../base/loop.hpp"
#include "../config/config.hpp"
#include "identity.hpp"
#include "keys.hpp"

namespace tix::gateway {

inline constexpr std::size_t kIssuersMax = 32;

// Never copied: `signer` leads into `keys`.
struct OwnKeys {
    OwnKeys(std::vector<Key> list, const std::string& signing_kid);
    OwnKeys(const OwnKeys&) = delete;
    OwnKeys& operator=(const OwnKeys&) = delete;

    KeySet keys;
    const Key* signer;  // null: none of that name can sign
};

struct Issuer {
    IssuerRules rules;
    KeySet keys;
    std::vector<std::string> ignored;  // keys of its set that are not used, and why
};

// What is trusted at one moment.
struct Trust {
    std::shared_ptr<const OwnKeys> own;
    std::map<std::string, std::shared_ptr<const Issuer>, std::less<>> issuers;  // by claim iss
};

class KeyStore {
public:
    // Reads every file; throws ConfigError or std::invalid_argument that names what is wrong.
    explicit KeyStore(Config::Auth settings);

    std::shared_ptr<const Trust> current() const { return trust_.load(); }

    // Reads every file again, whether it changed or not. Thread-safe. Says what is wrong, file by
    // file; the keys of those stay as they were.
    std::vector<std::string> reload();
    // The same for key sets whose file is another than at its last reading.
    std::vector<std::string> reload_changed();

    // A thread that calls reload_changed() once a second; none when there are no issuers.
    void start();
    void quit() { loop_.quit(); }
    void stop() { loop_.stop(); }

private:
    // Which version of a file was read: device, inode, size and time of change.
    using Stamp = std::array<std::int64_t, 5>;

    std::shared_ptr<const OwnKeys> read_own() const;
    std::shared_ptr<const Issuer> read_issuer(const IssuerFile& file) const;
    std::vector<std::string> reload(bool all);
    static Stamp stamp_of(const std::string& file);

    const Config::Auth settings_;
    std::mutex reading_;
    std::vector<Stamp> stamps_;  // of the issuers' files, in their order
    std::atomic<std::shared_ptr<const Trust>> trust_;
    Loop loop_;  // last: it ends before what it uses
};

}  // namespace tix::gateway
