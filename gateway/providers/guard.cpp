// Counts what comes back, and notes it.
#include "guard.hpp"

#include <chrono>

#include "../base/problem.hpp"
#include "../log/log.hpp"

namespace tix::gateway {
namespace {

std::int64_t now_ms() {
    using namespace std::chrono;
    return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
}

const char* text_of(Outcome outcome) {
    switch (outcome) {
        case Outcome::kYes:
            return "yes";
        case Outcome::kNo:
            return "no";
        default:
            return "unknown";
    }
}

}  // namespace

GuardedProvider::GuardedProvider(std::unique_ptr<Provider> provider, ProviderGuardSettings settings,
                                 Metrics& metrics)
    : provider_(std::move(provider)),
      metrics_(metrics),
      breaker_(settings.breaker),
      begins_(settings.at_once, 0),
      others_(settings.at_once, 0) {
    metrics_.provider_circuit(name(), false);
}

GuardedProvider::Entry::Entry(Breaker& breaker) : breaker_(breaker) {
    const Breaker::Pass pass = breaker_.admit(now_ms());
    probe_ = pass.probe;
    if (pass.wait_ms == 0) return;
    Problem problem = make_problem("unavailable", "The payment provider does not answer.");
    problem.retry_after_s = static_cast<int>((pass.wait_ms + 999) / 1000);
    throw ProblemError(std::move(problem));
}

GuardedProvider::Entry::~Entry() {
    if (probe_) breaker_.abandoned();
}

bool GuardedProvider::answers() const {
    return breaker_.state(now_ms()) != Breaker::State::kOpen;
}

GuardedProvider::Turn::Turn(GuardedProvider& guard)
    : guard_(guard), place_(guard.begins_), entry_(guard.breaker_) {}

Began GuardedProvider::Turn::begin(const Payment& payment) {
    const std::int64_t began = now_ms();
    Began answer = guard_.provider_->begin(payment);
    guard_.note(entry_, "begin", answer.outcome, answer.detail, began);
    return answer;
}

Answer GuardedProvider::ask(const char* call, const std::function<Answer(Provider&)>& question) {
    try {
        const Turnstile::Turn place(others_);
        Entry entry(breaker_);
        const std::int64_t began = now_ms();
        Answer answer = question(*provider_);
        note(entry, call, answer.outcome, answer.detail, began);
        return answer;
    } catch (const ProblemError&) {
        return {Outcome::kUnknown, {}, "not asked", {}};
    }
}

Answer GuardedProvider::capture(const Payment& payment) {
    return ask("capture", [&](Provider& provider) { return provider.capture(payment); });
}

Answer GuardedProvider::cancel(const Payment& payment) {
    return ask("cancel", [&](Provider& provider) { return provider.cancel(payment); });
}

Answer GuardedProvider::refund(const Refund& refund) {
    return ask("refund", [&](Provider& provider) { return provider.refund(refund); });
}

Answer GuardedProvider::details(const Payment& payment) {
    return ask("details", [&](Provider& provider) { return provider.details(payment); });
}

void GuardedProvider::note(Entry& entry, const char* call, Outcome outcome,
                           const std::string& detail, std::int64_t began_ms) {
    const std::int64_t now = now_ms();
    metrics_.provider_call(name(), call, text_of(outcome),
                           static_cast<double>(now - began_ms) / 1000);
    const bool failed = outcome == Outcome::kUnknown;
    entry.told();
    const bool changed = failed ? breaker_.failed(now) : breaker_.succeeded();
    if (failed)
        log_warn("provider_unknown", {{"provider", name()}, {"call", call}, {"reason", detail}});
    if (!changed) return;
    metrics_.provider_circuit(name(), failed);
    if (failed)
        log_error("provider_circuit_open", {{"provider", name()}});
    else
        log_info("provider_circuit_closed", {{"provider", name()}});
}

void Providers::add(std::unique_ptr<Provider> provider, ProviderGuardSettings settings,
                    Metrics& metrics) {
    all_.push_back(std::make_unique<GuardedProvider>(std::move(provider), settings, metrics));
}

GuardedProvider* Providers::find(std::string_view name) const {
    for (const auto& provider : all_)
        if (provider->name() == name) return provider.get();
    return nullptr;
}

}  // namespace tix::gateway
