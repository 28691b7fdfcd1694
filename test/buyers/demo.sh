#!/usr/bin/env bash
# Sells a real stadium over HTTP: starts the private stack, imports the plan, opens a session, lets
# the buyers in, and stops the stack again unless it was running before. Needs `make build`.
# With SQL=1 the buyers talk to PostgreSQL instead, and nothing else is started.
# With CHAOS=1 processes of the stack are killed all the while; holds and orders then live longer
# than an outage, and buyers think longer, so that the sale outlives all the kills.
# TIX_RUN and TIX_PORT as for up.sh; arguments go to tix-buyers.
set -euo pipefail
buyers=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
stack=$buyers/../stack
source "$stack/lib.sh"
source "$stack/fit.sh"
source "$stack/making.sh"
plan=$buyers/../plans/stadium-metalist.json.gz
open_files=8192
# In seconds; short, so that what is left behind comes free while the sale goes on.
hold_ttl=8
order_ttl=15
over_http=yes
chaos=
started=
session=
ttl_is_short=

# A sale that failed is left open, to be looked into.
clean_up() {
    local status=$?
    trap - EXIT
    trap '' INT TERM
    if [[ -n $ttl_is_short ]]; then restore_order_ttl || ((status)) || status=1; fi
    if [[ -n $session ]] && ((status != 1)); then
        close_session || ((status)) || status=1
    fi
    if [[ -n $started ]]; then "$stack/down.sh" || status=1; fi
    exit "$status"
}

# Thousands of connections, each with a descriptor in the buyers' process and two in the edge.
allow_open_files() {
    local hard soft
    hard=$(ulimit -Hn)
    soft=$(ulimit -Sn)
    [[ $hard == unlimited ]] || ((hard >= open_files)) ||
        die "only $hard open files are allowed, the demo needs $open_files" \
            "Raise the hard limit (ulimit -Hn), or sell by SQL: make demo SQL=1"
    if [[ $soft != unlimited ]] && ((soft < open_files)); then ulimit -Sn "$open_files"; fi
}

# Prints the id of the imported seat map.
import_plan() {
    local log=$build/log/import.log
    "$build/bin/tix-import" --venue="Metalist stadium" "$plan" >"$log" 2>&1 || {
        show_tail "$log"
        die "the plan could not be imported"
    }
    sed -n 's/^seat_map_id=//p' "$log"
}

# Prints the id of a new session that is open for sale; each category has its own price.
open_session() {
    psql -XAtq -v ON_ERROR_STOP=1 -v seat_map="$1" <<'SQL'
SELECT tix.tix_create_event('Demo match', :'seat_map') AS event \gset
SELECT count(tix.tix_set_price(:'event', ARRAY[c.category], 25000 + 12500 * c.rank, 'UAH'))
       AS priced
FROM (SELECT category, row_number() OVER (ORDER BY category) AS rank
      FROM (SELECT DISTINCT category FROM tix.seat_map_seats
            WHERE seat_map_id = :'seat_map') d) c \gset
SELECT tix.tix_create_session(:'event', :'seat_map', now() + interval '30 days') AS session \gset
SELECT seats FROM tix.tix_open_session(:'session') \gset
\echo :session
SQL
}

# The sale is over: the session makes room in memory for the next one.
close_session() {
    psql -XAtq -v ON_ERROR_STOP=1 -v session="$session" <<'SQL'
UPDATE tix.sessions SET status = 'closed' WHERE session_id = :'session';
SELECT tix.tix_unload_session(:'session') AS unloaded \gset
SQL
}

# A server that was killed a moment ago is not back yet.
restore_order_ttl() { retry 10 reset_order_ttl; }

shorten_order_ttl() {
    ttl_is_short=yes
    psql -XAtq -v ON_ERROR_STOP=1 -c "ALTER SYSTEM SET tix.order_ttl = '${order_ttl}s'" \
        -c 'SELECT pg_reload_conf()' >/dev/null
}

reset_order_ttl() {
    psql -XAtq -v ON_ERROR_STOP=1 -c 'ALTER SYSTEM RESET tix.order_ttl' \
        -c 'SELECT pg_reload_conf()' >/dev/null
}

is_set() { [[ -n ${1:-} && $1 != 0 ]]; }

if is_set "${SQL:-}"; then over_http=; fi
if is_set "${CHAOS:-}"; then
    [[ -n $over_http ]] || die "CHAOS=1 needs the whole stack" "Leave SQL=1 out."
    chaos=yes
    hold_ttl=20
    order_ttl=30
fi
[[ -x $build/bin/tix-import ]] || die "the tools are not built" "Run: make build"
make_part "Building the buyers" buyers -C "$buyers"
if [[ -n $over_http ]]; then allow_open_files; else export TIX_STACK=database; fi
alone
[[ -n $(postmaster_pid "$data") ]] || started=yes
trap clean_up EXIT
trap 'exit 143' TERM
"$stack/up.sh"
locate_run
source "$env_file"
way_in=()
if [[ -n $over_http ]]; then
    way_in=(--url="$TIX_URL" --key-file="$TIX_DEMO_KEY_FILE" --server-log="$TIX_LOG"
        --hold-ttl="$hold_ttl" --order-ttl="$order_ttl")
    shorten_order_ttl
fi
if [[ -n $chaos ]]; then way_in+=(--chaos="$run" --think=5000 --time-limit=900); fi
say "Importing the stadium"
seat_map=$(import_plan)
session=$(open_session "$seat_map")
say "Session $session is on sale"
status=0
rm -f "$run/demo.json" "$run/demo.html"
"$build/bin/tix-buyers" --session="$session" --json="$run/demo.json" "${way_in[@]}" "$@" ||
    status=$?
if [[ -s $run/demo.json ]] &&
    node "$buyers/report/render.mjs" "$run/demo.json" "$run/demo.html"; then
    say "The report is in ${run_link#"$root/"}/demo.html, its figures in demo.json"
fi
exit "$status"
