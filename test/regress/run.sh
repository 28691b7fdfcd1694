#!/usr/bin/env bash
# Checks what every function of the extension answers: runs sql/*.sql and compares with expected/.
# TIX_KEEP=yes takes the new answers into expected/ (read them before you commit them).
set -euo pipefail
lane=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
if [[ ${1:-} != inside ]]; then
    TIX_MIGRATE=no exec "$lane/../stack/with_server.sh" "$lane/run.sh" inside
fi

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
tests=()
for file in "$lane"/sql/*.sql; do
    tests+=("$(basename "$file" .sql)")
done

psql -Xqd postgres -c 'CREATE DATABASE regression' \
    -c 'ALTER DATABASE regression SET search_path = tix, public' \
    -c "ALTER DATABASE regression SET lc_messages = 'C'"
psql -Xqd regression -v ON_ERROR_STOP=1 -f "$lane/seats.sql" >"$out/seats.log"
status=0
"$(dirname "$(pg_config --pgxs)")/../test/regress/pg_regress" --use-existing \
    --dbname=regression --inputdir="$lane" --outputdir="$out" \
    --bindir="$(dirname "$(command -v psql)")" "${tests[@]}" || status=$?
if ((status)); then
    cat "$out/regression.diffs" || true
fi
if [[ ${TIX_KEEP:-} == yes ]]; then
    cp "$out"/results/*.out "$lane/expected/"
fi
exit "$status"
