#!/usr/bin/env bash
# Shows which branches of the core its tests take, and fails below 98 percent; part of run.sh.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
build=$here/../../.build/test/core/coverage
percent=98

make -s -j2 -C "$here" FLAVOUR=coverage
find "$build" -name '*.gcda' -delete
"$build/core_test" --gtest_brief=1
for notes in "$build"/core/*.gcno; do
    gcov --branch-probabilities --json-format --stdout "$notes"
    printf '\n'
done | grep . | perl "$here/coverage.pl" "$here/../../extension/src/core" "$percent" ||
    { printf 'less than %d %% of the branches are taken\n' "$percent" && exit 1; }
