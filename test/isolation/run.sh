#!/usr/bin/env bash
# Checks the promises of the seat protocol between sessions: runs specs/*.spec and compares with
# expected/.
set -euo pipefail
lane=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
if [[ ${1:-} != inside ]]; then
    TIX_MIGRATE=no exec "$lane/../stack/with_server.sh" "$lane/run.sh" inside "$@"
fi
shift
# A step that waits for ever is cancelled, and told, after this many seconds.
export PGISOLATIONTIMEOUT=60
source "$lane/../regress/compare.sh"
compare_with_expected "$lane" isolation/pg_isolation_regress spec "$@"
