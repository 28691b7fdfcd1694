#!/usr/bin/env bash
# Measures the audit at 1 000 000 tickets, all in sessions in memory: test/bench/audit.sh
#
#   SESSIONS=25   houses of 40 000 seats, all sold
#   ROUNDS=5      runs of each; the middle one counts
#
# Bars: the quick run, after 1000 orders were changed, in 250 ms; the whole in 10 s.
set -euo pipefail
bench=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
export SESSIONS=${SESSIONS:-25} ROUNDS=${ROUNDS:-5}
if [[ ${1:-} != inside ]]; then
    settings=$(mktemp)
    trap 'rm -f "$settings"' EXIT
    printf 'tix.memory = %sMB\n' $((SESSIONS * 8 + 64)) >"$settings"
    TIX_SETTINGS=$settings "$bench/../stack/with_server.sh" "$bench/audit.sh" inside
    exit
fi
export PGOPTIONS="-c search_path=tix"

sql() { psql -XAtq -v ON_ERROR_STOP=1 -c "$1"; }

# Prints the time in milliseconds of the middle one of some runs; none may find anything.
measure() {
    local round found
    for ((round = 0; round < ROUNDS; round++)); do
        found=$(psql -XAtq -v ON_ERROR_STOP=1 -c '\timing on' -c "SELECT count(*) FROM $1")
        [[ $found == 0$'\n'* ]] || { echo "the audit reports $found" >&2; return 1; }
        sed -n 's/^Time: \([0-9]*\)\..*/\1/p' <<<"$found"
    done | sort -n | sed -n "$(((ROUNDS + 1) / 2))p"
}

psql -XAtq -v ON_ERROR_STOP=1 -v sessions="$SESSIONS" -f "$bench/audit.sql"
sql "SELECT sum(l.seats) || ' seats in memory' FROM sessions s, tix_load_session(s.session_id) l"
whole=$(measure "tix_audit()")
sql "UPDATE refunds r SET reason = 'again' FROM (
         SELECT DISTINCT order_id FROM refunds LIMIT 1000) o WHERE r.order_id = o.order_id"
recent=$(measure "tix_audit('1 hour')")
sql "SELECT count(*) || ' tickets' FROM tickets"
echo "whole   $whole ms (bar 10000)"
echo "recent  $recent ms (bar 250)"
