#!/usr/bin/env bash
# Runs the core's tests without a server: ASan and UBSan, then TSan, then plain with planted bugs,
# the branches they take, and a million steps of the model check.
#
# `run.sh model` runs the model check alone, 50 million steps. TIX_MODEL_STEPS and TIX_MODEL_SEED
# choose other ones.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
build=$here/../../.build/test/core
export ASAN_OPTIONS=detect_stack_use_after_return=1 UBSAN_OPTIONS=print_stacktrace=1
export TSAN_OPTIONS=halt_on_error=1

say() { printf '%4d s  %s\n' "$SECONDS" "$*"; }

# model STEPS: the model check, optimised.
model() {
    say "building the model check"
    make -s -j2 -C "$here" FLAVOUR=model
    say "checking the model"
    TIX_MODEL_STEPS=${model_steps:-$1} "$build/model/core_test" --gtest_brief=1
}

# The other flavours take their own number of steps.
model_steps=${TIX_MODEL_STEPS:-}
unset TIX_MODEL_STEPS
if [[ ${1:-} == model ]]; then
    model 50000000
    exit
fi
for flavour in asan tsan plain; do
    say "building $flavour"
    make -s -j2 -C "$here" FLAVOUR=$flavour
    say "testing $flavour"
    "$build/$flavour/core_test" --gtest_brief=1
done
say "planting bugs"
"$here/planted.sh"
say "counting branches"
"$here/coverage.sh"
model 1000000
say "the core is sound"
