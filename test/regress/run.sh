#!/usr/bin/env bash
# Checks what every function of the extension answers: runs sql/*.sql and compares with expected/.
set -euo pipefail
lane=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
if [[ ${1:-} != inside ]]; then
    TIX_MIGRATE=no exec "$lane/../stack/with_server.sh" "$lane/run.sh" inside "$@"
fi
shift
source "$lane/compare.sh"
compare_with_expected "$lane" regress/pg_regress sql "$@"
