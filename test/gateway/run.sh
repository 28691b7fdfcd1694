#!/usr/bin/env bash
# Builds the unit tests of the gateway and runs them; needs no server. Arguments go to GoogleTest.
set -euo pipefail
cd "$(dirname "$0")"
root=$(cd ../.. && pwd)
make -s -j2 all
# One line at the end says how many passed; a run without any test is a failure.
out=$("$root/.build/test/gateway/gateway_test" --gtest_brief=1 "$@") || {
    printf '%s\n' "$out"
    exit 1
}
printf '%s\n' "$out"
grep -qE '^\[  PASSED  \] [1-9][0-9]* tests?\.$' <<<"$out"
