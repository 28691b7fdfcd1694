// The core against a naive model: a seeded scheduler interleaves virtual backends at every step.
//
// TIX_MODEL_STEPS and TIX_MODEL_SEED choose the runs: 100 000 steps each, every run with the next
// seed and an empty house. A failing run prints its seed and the shortest list of operations that
// greedy removal finds.

#include <algorithm>
#include <chrono>
#include <iostream>
#include <random>
#include <sstream>

#include "model_run.hpp"

namespace tix::test {

namespace {

constexpr u64 kStepsPerRun = 100000;
constexpr u64 kStepsPerReport = 5000000;

// What the runs met, all together.
struct Seen {
    std::map<char, u64> kinds;
    std::map<Status, u64> answers;
    u64 crashes = 0, evictions = 0, lost = 0;

    void add(const ModelRun& run) {
        for (const auto& [kind, n] : run.kinds)
            kinds[kind] += n;
        for (const auto& [status, n] : run.answers)
            answers[status] += n;
        crashes += run.crashes;
        evictions += run.evictions;
        lost += run.lost;
    }
};

std::ostream& operator<<(std::ostream& out, const Step& s) {
    out << "{" << s.what << ", " << s.backend << ", {";
    for (const u32& r : s.r)
        out << r << (&r == &s.r[4] ? "}}" : ", ");
    return out;
}

// The index of the first step that fails, or the number of steps; `why` says what.
size_t first_failure(ModelRun& run, const std::vector<Step>& steps, std::string* why) {
    for (size_t i = 0; i < steps.size(); i++) {
        *why = run.step(steps[i]);
        if (!why->empty()) return i;
    }
    return steps.size();
}

// Removes what a failing run does not need, in ever smaller pieces, for at most ten seconds.
std::vector<Step> shrink(std::vector<Step> steps) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    std::string why;
    for (size_t piece = steps.size() / 2; piece > 0; piece /= 2) {
        for (size_t at = 0; at + piece <= steps.size();) {
            if (std::chrono::steady_clock::now() > until) return steps;
            std::vector<Step> fewer = steps;
            fewer.erase(fewer.begin() + at, fewer.begin() + at + piece);
            ModelRun run;
            const size_t failed = first_failure(run, fewer, &why);
            if (failed == fewer.size()) {
                at += piece;
            } else {
                fewer.resize(failed + 1);
                steps = fewer;
            }
        }
    }
    return steps;
}

// Runs that never got anywhere prove nothing.
void expect_all_seen(const Seen& seen) {
    for (const char kind : {'g', 'a', 'e', 'o', 'r', 's'})
        EXPECT_GT(seen.kinds.at(kind), 50u) << kind;
    for (const Status s : {Status::refused, Status::lost, Status::busy})
        EXPECT_GT(seen.answers.at(s), 50u) << static_cast<int>(s);
    EXPECT_GT(seen.crashes, 10u);
    EXPECT_GT(seen.evictions, 0u);
    EXPECT_GT(seen.lost, 50u);
}

u64 setting(const char* name, u64 otherwise) {
    const char* text = std::getenv(name);
    return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

std::vector<Step> throw_dice(u32 seed, size_t n) {
    std::mt19937 rng(seed);
    std::vector<Step> steps(n);
    for (Step& s : steps) {
        s.what = rng() % 100;
        s.backend = rng() % kBackends;
        for (u32& r : s.r)
            r = rng();
    }
    return steps;
}

// False when a step failed, which it then reports.
bool check_run(u32 seed, size_t n, Seen* seen) {
    std::vector<Step> steps = throw_dice(seed, n);
    std::string why;
    ModelRun run;
    const size_t failed = first_failure(run, steps, &why);
    if (failed == steps.size()) {
        seen->add(run);
        return true;
    }
    steps.resize(failed + 1);
    std::ostringstream text;
    for (const Step& s : shrink(steps))
        text << "  " << s << "\n";
    ADD_FAILURE() << "step " << failed << ": " << why << "; TIX_MODEL_SEED=" << seed
                  << " TIX_MODEL_STEPS=" << failed + 1 << " repeats it; shrunk to\n"
                  << text.str();
    return false;
}

}  // namespace

TEST(Model, core_and_model_agree_after_every_step) {
    const auto seed = static_cast<u32>(setting("TIX_MODEL_SEED", 20240607));
    const u64 steps = setting("TIX_MODEL_STEPS", kStepsPerRun);
    Seen seen;
    for (u64 done = 0; done < steps;) {
        const size_t n = static_cast<size_t>(std::min<u64>(steps - done, kStepsPerRun));
        if (!check_run(seed + static_cast<u32>(done / kStepsPerRun), n, &seen)) return;
        done += n;
        if (done % kStepsPerReport == 0) std::cout << done << " steps\n" << std::flush;
    }
    if (steps >= kStepsPerRun) expect_all_seen(seen);
}

}  // namespace tix::test
