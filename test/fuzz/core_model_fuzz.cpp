// The model check, its dice thrown by the fuzzer: core and model agree after every step.
#include "dice.hpp"
#include "model_run.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace tix::test;
    tix::fuzz::Dice dice(data, size);
    ModelRun run;
    while (!dice.over()) {
        Step step = {};
        step.what = dice.byte() % 100u;
        step.backend = dice.byte() % kBackends;
        for (u32& r : step.r)
            r = dice.number<std::uint16_t>();
        const std::string why = run.step(step);
        tix::fuzz::require(why.empty(), why.c_str());
    }
    return 0;
}
