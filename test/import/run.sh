#!/bin/bash
# Builds tix-import and its tests, and runs them; needs no server. Arguments go to GoogleTest.
set -euo pipefail
cd "$(dirname "$0")"
root=$(cd ../.. && pwd)
make -s -C "$root/gateway" all
make -s all
exec "$root/.build/test/import/import_test" --gtest_brief=1 "$@"
