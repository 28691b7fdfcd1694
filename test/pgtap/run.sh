#!/usr/bin/env bash
# Runs the pgTAP tests of every context, then the tests of sql/migrate, on a throw-away server; with
# names of contexts (`test/pgtap/run.sh orders`) only the files whose names begin with them.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)

if [ "${1:-}" != --in-server ]; then
    exec "$here/../stack/with_server.sh" "$here/run.sh" --in-server "$@"
fi
shift
# Parallel trees: a context without a test, or a test without a context, is forgotten.
for folder in "$here"/../../sql/*/; do
    [ -f "$here/$(basename "$folder").sql" ] ||
        { echo "test/pgtap/$(basename "$folder").sql is missing" >&2; exit 1; }
done
export PGOPTIONS="-c search_path=tix,public -c client_min_messages=warning"
psql -X -q -v ON_ERROR_STOP=1 -c "CREATE EXTENSION IF NOT EXISTS pgtap SCHEMA public"
cd "$here"
if (($# > 0)); then
    files=()
    for name; do files+=("$name"*.sql); done
    pg_prove "${files[@]}"
    exit
fi
# What judges the whole database wants one in which nothing was done by hand, so it comes first.
"$here/planted.sh"
"$here/webhook_storm.sh" --in-server
pg_prove ./*.sql
unset PGOPTIONS
prove --exec bash migrate.t upgrade.t
