#!/usr/bin/env bash
# Runs by isolation/pg_isolation_regress specs of what the schema promises between sessions, as
# test/isolation does for the engine, but on a server that has the schema. Each spec makes a
# session of its own with new_house(); house() is the latest.
set -euo pipefail
lane=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
if [[ ${1:-} != inside ]]; then
    exec "$lane/../stack/with_server.sh" "$lane/run.sh" inside "$@"
fi
shift
# A step that waits for ever is cancelled, and told, after this many seconds.
export PGISOLATIONTIMEOUT=60
psql -Xq -v ON_ERROR_STOP=1 -f "$lane/houses.psql"
out=$(mktemp -d)
tests=("$@")
for file in "$lane"/specs/*.spec; do
    (($#)) || tests+=("$(basename "$file" .spec)")
done
status=0
"$(dirname "$(pg_config --pgxs)")/../test/isolation/pg_isolation_regress" --use-existing \
    --dbname="$PGDATABASE" --inputdir="$lane" --outputdir="$out" \
    --bindir="$(dirname "$(command -v psql)")" "${tests[@]}" || status=$?
((status == 0)) || cat "$out/regression.diffs"
if [[ ${TIX_KEEP:-} == yes ]]; then  # read the new answers before you commit them
    cp "$out"/results/*.out "$lane/expected/"
fi
rm -rf "$out"
exit "$status"
