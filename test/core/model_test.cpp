// The core against a naive model: a seeded scheduler interleaves virtual backends at every step.
//
// TIX_MODEL_STEPS and TIX_MODEL_SEED choose the run. A failing run prints its seed and the shortest
// list of operations that greedy removal finds.

#include <chrono>
#include <random>
#include <sstream>

#include "model_run.hpp"

namespace tix::test {

namespace {

std::ostream& operator<<(std::ostream& out, const Step& s) {
    out << "{" << s.what << ", " << s.backend << ", {";
    for (const u32& r : s.r)
        out << r << (&r == &s.r[4] ? "}}" : ", ");
    return out;
}

// The index of the first step that fails, or the number of steps; `why` says what.
size_t first_failure(ModelRun&& run, const std::vector<Step>& steps, std::string* why) {
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
            const size_t failed = first_failure(ModelRun(), fewer, &why);
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

// A run that never got anywhere proves nothing.
void expect_all_seen(ModelRun& run) {
    for (const char kind : {'g', 'a', 'e', 'o', 'r', 's'})
        EXPECT_GT(run.kinds[kind], 50u) << kind;
    for (const Status s : {Status::refused, Status::lost, Status::busy})
        EXPECT_GT(run.answers[s], 50u) << static_cast<int>(s);
    EXPECT_GT(run.crashes, 10u);
    EXPECT_GT(run.evictions, 0u);
    EXPECT_GT(run.lost, 50u);
}

u32 setting(const char* name, u32 otherwise) {
    const char* text = std::getenv(name);
    return text != nullptr ? static_cast<u32>(std::strtoul(text, nullptr, 10)) : otherwise;
}

}  // namespace

TEST(Model, core_and_model_agree_after_every_step) {
    const u32 seed = setting("TIX_MODEL_SEED", 20240607);
    std::mt19937 rng(seed);
    std::vector<Step> steps(setting("TIX_MODEL_STEPS", 100000));
    for (Step& s : steps) {
        s.what = rng() % 100;
        s.backend = rng() % kBackends;
        for (u32& r : s.r)
            r = rng();
    }
    std::string why;
    ModelRun run;
    const size_t failed = first_failure(std::move(run), steps, &why);
    if (failed == steps.size()) {
        if (steps.size() >= 100000) expect_all_seen(run);
        return;
    }
    steps.resize(failed + 1);
    std::ostringstream text;
    for (const Step& s : shrink(steps))
        text << "  " << s << "\n";
    ADD_FAILURE() << "step " << failed << ": " << why << "; TIX_MODEL_SEED=" << seed
                  << " repeats it; shrunk to\n"
                  << text.str();
}

}  // namespace tix::test
