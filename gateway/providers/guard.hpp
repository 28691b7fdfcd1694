// Stands before a provider: bounds who asks at a time, and asks nobody who does not answer.
//
// After breaker.failures answers in a row that were unknown the circuit is open: begin is refused
// at once, before anything is changed; all else is unknown without asking, and waits for the
// reconciler. After breaker.open_ms one request tries.
//
// What begins a payment and what follows it have places of their own, so that a storm of buyers
// does not keep money that is reserved from being captured.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "../limits/breaker.hpp"
#include "../limits/turnstile.hpp"
#include "../metrics/metrics.hpp"
#include "provider.hpp"

namespace tix::gateway {

struct ProviderGuardSettings {
    int at_once = 64;  // each of the two kinds
    Breaker::Settings breaker;
};

class GuardedProvider {
public:
    GuardedProvider(std::unique_ptr<Provider> provider, ProviderGuardSettings settings,
                    Metrics& metrics);

    const char* name() const { return provider_->name(); }
    // For what asks nobody: webhooks and methods.
    const Provider& provider() const { return *provider_; }
    // Whether it is worth asking now.
    bool answers() const;

    // A pass of the circuit breaker; one that is not used is given back.
    class Entry {
    public:
        explicit Entry(Breaker& breaker);  // throws ProblemError `unavailable` with Retry-After
        ~Entry();
        Entry(const Entry&) = delete;
        Entry& operator=(const Entry&) = delete;
        void told() { probe_ = false; }

    private:
        Breaker& breaker_;
        bool probe_ = false;
    };

    // A place among those who begin a payment. Throws ProblemError `unavailable` with Retry-After
    // when the circuit is open or too many ask.
    class Turn {
    public:
        explicit Turn(GuardedProvider& guard);
        Began begin(const Payment& payment);

    private:
        GuardedProvider& guard_;
        Turnstile::Turn place_;
        Entry entry_;
    };

    // As of Provider; unknown at once when the circuit is open or too many ask.
    Answer capture(const Payment& payment);
    Answer cancel(const Payment& payment);
    Answer refund(const Refund& refund);
    Answer details(const Payment& payment);
    // The same for what one provider alone can do; `call` names it in metrics.
    Answer ask(const char* call, const std::function<Answer(Provider&)>& question);

private:
    void note(Entry& entry, const char* call, Outcome outcome, const std::string& detail,
              std::int64_t began_ms);

    std::unique_ptr<Provider> provider_;
    Metrics& metrics_;
    Breaker breaker_;
    Turnstile begins_, others_;
};

// Every provider of this gateway, by name.
class Providers {
public:
    void add(std::unique_ptr<Provider> provider, ProviderGuardSettings settings, Metrics& metrics);
    // Null: no such provider here.
    GuardedProvider* find(std::string_view name) const;
    const std::vector<std::unique_ptr<GuardedProvider>>& all() const { return all_; }

private:
    std::vector<std::unique_ptr<GuardedProvider>> all_;
};

}  // namespace tix::gateway
