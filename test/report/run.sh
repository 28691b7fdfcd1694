#!/usr/bin/env bash
# Tests the demo without a sale: what the buyers record, the page made of it, and whom CHAOS=1
# finds to kill. Needs no server.
set -euo pipefail
lane=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
cd "$lane"
out=$lane/../../.build/test/report
make -s -j2 all
export TIX_REPORT_JSON=$out/demo.json
rm -f "$TIX_REPORT_JSON"
"$out/report_test" --gtest_brief=1
node --test "$lane"/*.test.mjs
