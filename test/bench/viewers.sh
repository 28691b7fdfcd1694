#!/usr/bin/env bash
# Measures the streams, `make viewers`: many viewers of one session while 200 seats a second
# change, in two messages a second.
#
#   VIEWERS=10000   streams, all from this machine
#   SECONDS_OF=20   how long seats change
#
# Bars: all connected; every change heard by every viewer, in order or after a message that says
# so; at most 20 KiB each at the edge; 99 of 100 heard within a second of the commit. And: who asks
# for a map that has not changed gets 304 at 0.8 of the rate of a static file of 100 bytes.
set -euo pipefail
bench=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
source "$bench/../stack/lib.sh"
# The edge's own limit of requests a second would be all that is measured.
export TIX_EDGE_RATE=1000000
export VIEWERS=${VIEWERS:-10000} SECONDS_OF=${SECONDS_OF:-20}

check_files() {
    local most
    most=$(ulimit -Hn)
    [[ $most == unlimited ]] || ((most >= VIEWERS + 1000)) ||
        die "$most file descriptors are allowed, $((VIEWERS + 1000)) are needed" \
            "Raise them (ulimit -Hn), or ask for fewer: VIEWERS=$((most - 1000)) make viewers"
}

if [[ ${1:-} != inside ]]; then
    check_files
    g++ -std=c++20 -O2 -Wall -Wextra -Werror -pthread -I"$(pg_config --includedir)" \
        -o "$build/bin/tix-viewers" "$bench/viewers/main.cpp" -lpq
    TIX_STACK=whole exec "$bench/../stack/with_server.sh" "$bench/viewers.sh" inside
fi

# The memory of the edge's processes in KiB, what they share counted once.
edge_memory() {
    local pid sum=0 pss
    for pid in $(pgrep -P "$(cat "$TIX_RUN/edge/nginx.pid")") $(cat "$TIX_RUN/edge/nginx.pid"); do
        pss=$(awk '/^Pss:/ { print $2 }' "/proc/$pid/smaps_rollup" 2>/dev/null) || continue
        sum=$((sum + pss))
    done
    say "$sum"
}

opened() { grep -q 'streams are open' "$TIX_RUN/viewers.err"; }

# The rate of one connection-keeping crowd of wrk, in requests a second.
rate_of() {
    # wrk reads it more than once.
    printf '%s\n' 'wrk.headers["Accept"] = "application/octet-stream"' \
        "wrk.headers[\"If-None-Match\"] = '$2'" >"$TIX_RUN/wrk.lua"
    wrk -t1 -c32 -d3 -s "$TIX_RUN/wrk.lua" "$1" |
        sed -n 's/^Requests\/sec: *\([0-9]*\).*/\1/p'
}

"$build/bin/tix-import" "$root/test/plans/hall-serpentine.json" >/dev/null
session=$(psql -XAtq -v ON_ERROR_STOP=1 <<'SQL'
SET search_path = tix;
SELECT tix_create_event('Viewers', seat_map_id) AS event, seat_map_id AS map FROM seat_maps
LIMIT 1 \gset
SELECT tix_create_session(:'event', :'map', now() + interval '7 days') AS session \gset
SELECT tix_set_price(:'event', NULL, 4500, 'EUR') AS price \gset
SELECT seats FROM tix_open_session(:'session') \gset
SELECT :'session';
SQL
)
sleep 2 # the feed begins with a resync
mkfifo "$TIX_RUN/go"
before=$(edge_memory)
"$build/bin/tix-viewers" "${TIX_URL##*:}" "$session" "$VIEWERS" "$SECONDS_OF" <"$TIX_RUN/go" \
    >"$TIX_RUN/viewers.json" 2>"$TIX_RUN/viewers.err" &
viewers=$!
exec 7>"$TIX_RUN/go"
retry 180 opened || { cat "$TIX_RUN/viewers.err"; die "the streams do not open"; }
each=$((($(edge_memory) - before) * 1024 / VIEWERS))
say go >&7
wait "$viewers" || { cat "$TIX_RUN/viewers.err"; die "the viewers failed"; }
cat "$TIX_RUN/viewers.json"
say "bytes a viewer at the edge: $each (bar 20480)"

if command -v wrk >/dev/null; then
    head -c 100 /dev/zero | tr '\0' 'a' >"$TIX_RUN/edge/static/hundred.txt"
    map=$TIX_URL/v1/sessions/$session/seats
    tag=$(curl -sD - -o /dev/null -H 'Accept: application/octet-stream' "$map" |
        sed -n 's/^ETag: *\(.*\)\r$/\1/Ip')
    for round in 1 2 3 4 5; do
        static=$(rate_of "$TIX_URL/hundred.txt" '"none"')
        not_modified=$(rate_of "$map" "$tag")
        say "$((not_modified * 100 / static)) $not_modified $static"
    done | sort -n | awk 'NR == 3 { printf "304: %d %% of static (%d, %d a second; bar 80)\n",
                                    $1, $2, $3 }'
fi
