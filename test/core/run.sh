#!/usr/bin/env bash
# Runs the core's tests without a server: ASan and UBSan, then TSan, then plain with planted bugs.
#
# TIX_MODEL_STEPS and TIX_MODEL_SEED choose the model check's run.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
build=$here/../../.build/test/core
export ASAN_OPTIONS=detect_stack_use_after_return=1 UBSAN_OPTIONS=print_stacktrace=1
export TSAN_OPTIONS=halt_on_error=1

say() { printf '%4d s  %s\n' "$SECONDS" "$*"; }

for flavour in asan tsan plain; do
    say "building $flavour"
    make -s -j2 -C "$here" FLAVOUR=$flavour
    say "testing $flavour"
    "$build/$flavour/core_test" --gtest_brief=1
done
say "planting bugs"
"$here/planted.sh"
say "the core is sound"
