#!/usr/bin/env bash
# Checks the promises of the seat protocol between sessions: runs specs/*.spec and compares with
# expected/. TIX_KEEP=yes takes the new answers into expected/ (read them before you commit them).
set -euo pipefail
lane=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
if [[ ${1:-} != inside ]]; then
    TIX_MIGRATE=no exec "$lane/../stack/with_server.sh" "$lane/run.sh" inside
fi

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
tests=()
for file in "$lane"/specs/*.spec; do
    tests+=("$(basename "$file" .spec)")
done

psql -Xqd postgres -c 'CREATE DATABASE isolation_regression' \
    -c 'ALTER DATABASE isolation_regression SET search_path = tix, public'
psql -Xqd isolation_regression -v ON_ERROR_STOP=1 -f "$lane/../regress/seats.sql" >"$out/log"
status=0
"$(dirname "$(pg_config --pgxs)")/../test/isolation/pg_isolation_regress" --use-existing \
    --dbname=isolation_regression --inputdir="$lane" --outputdir="$out" \
    --bindir="$(dirname "$(command -v psql)")" "${tests[@]}" || status=$?
if ((status)); then
    cat "$out/regression.diffs" || true
fi
if [[ ${TIX_KEEP:-} == yes ]]; then
    cp "$out"/results/*.out "$lane/expected/"
fi
exit "$status"
