#!/usr/bin/env bash
# Tests the whole stack from outside, over HTTP, with clients and validators made by others.
# `run.sh NAME…` runs only those files (NAME.test.mjs) or steps (prism, pool_of_two).
set -euo pipefail
lane=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
source "$lane/../stack/lib.sh"
forget_pg_environment
"$lane/npm.sh"
bin=$build/npm/node_modules/.bin
export TIX_ROOT=$root TIX_OPENAPI_JSON=$build/npm/openapi.json
# Most tests ask as no person would; those of bots start gateways of their own.
export TIX_BOTS=watch
export REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true

# redocly CMD…: quiet unless it fails.
redocly() {
    "$bin/redocly" "$@" --config "$lane/redocly.yaml" >"$build/log/redocly.log" 2>&1 || {
        cat "$build/log/redocly.log"
        die "gateway/openapi.yaml has faults"
    }
}

redocly lint "$root/gateway/openapi.yaml" --max-problems 20
if grep -q '[1-9][0-9]* warning' "$build/log/redocly.log"; then
    cat "$build/log/redocly.log"
    die "gateway/openapi.yaml has warnings"
fi
redocly bundle "$root/gateway/openapi.yaml" --output "$TIX_OPENAPI_JSON"
# Modules are looked for above the file that wants them, so the tests run from a copy.
rm -rf "$build/npm/lane"
mkdir "$build/npm/lane"
cp -R "$lane"/*.mjs "$lane/lib" "$build/npm/lane/"
TIX_STACK=whole exec "$lane/../stack/with_server.sh" bash "$lane/suite.sh" "$@"
