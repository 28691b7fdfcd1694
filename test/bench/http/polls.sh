#!/usr/bin/env bash
# Polls of a waiting room against nginx's own static file of 100 bytes, on one core, by turns:
# TIX_STACK=whole test/stack/with_server.sh test/bench/http/polls.sh [SECONDS [ROUNDS]]
# Then polls with many tokens, at the gateway's own door. Prints the medians and their ratio, how
# many statements the database saw meanwhile, and how much memory the gateway has before and after.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
source "$here/../../stack/lib.sh"
seconds=${1:-5}
rounds=${2:-5}
joins=20000
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

sql() { psql -XAtq -v ON_ERROR_STOP=1 -c "$1"; }
statements() {
    sleep 1.2 # a backend tells its counts once a second
    sql "SELECT xact_commit + xact_rollback FROM pg_stat_database
         WHERE datname = current_database()"
}
service_pid() { awk -v name="$1" '$1 == name { print $3 }' "$TIX_RUN/stack/status"; }
memory_kib() { awk '/^VmRSS/ { print $2 }' "/proc/$(service_pid gateway)/status"; }

# rate CORE WRK_ARGUMENTS…: requests a second of one run.
rate() {
    local core=$1
    shift
    taskset -c "$core" wrk -t 1 -d "${seconds}s" "$@" >"$work/wrk" 2>&1 || {
        cat "$work/wrk" >&2
        die "wrk could not run"
    }
    if grep -q 'Non-2xx' "$work/wrk"; then
        cat "$work/wrk" >&2
        die "not every poll was answered"
    fi
    awk '/^Requests\/sec/ { print $2 }' "$work/wrk"
}
median() { sort -n "$1" | awk '{ a[NR] = $1 } END { print a[int((NR + 1) / 2)] }'; }

head -c 100 /dev/zero | tr '\0' x >"$TIX_RUN/edge/static/hundred.txt"
chmod a+r "$TIX_RUN/edge/static/hundred.txt"
"$build/bin/tix-import" "$root/test/plans/hall-serpentine.json" >/dev/null
session=$(psql -XAtq -v ON_ERROR_STOP=1 <<'EOT'
SELECT tix_create_event('Polls', seat_map_id) AS event, seat_map_id AS map
FROM tix.seat_maps WHERE seat_count = 681 LIMIT 1 \gset
SELECT tix_create_session(:'event', :'map', now() + interval '7 days') AS session \gset
SELECT tix_open_queue(:'session', rate => 1, max_active => 1) AS queue \gset
SELECT :'session';
EOT
)
sql "SELECT token FROM generate_series(1, $joins), tix_join_queue('$session', gen_random_uuid())" \
    >"$work/tokens"
board=/v1/queue/$session/status
retry 10 curl -fs -o /dev/null "$TIX_URL$board" || die "the edge does not know the waiting room"
# Both workers of the edge on one core, the client on the other.
for pid in $(pgrep -P "$(service_pid edge)"); do taskset -cp 0 "$pid" >/dev/null; done

before=$(statements)
began=$SECONDS
for ((round = 0; round < rounds; round++)); do
    rate 1 -c 64 "$TIX_URL/hundred.txt" >>"$work/static"
    rate 1 -c 64 "$TIX_URL$board" >>"$work/board"
done
after=$(statements)
polled=$(awk -v s="$seconds" '{ n += $1 * s } END { printf "%.0f", n }' "$work/board")
say "static file of 100 bytes     $(median "$work/static") requests a second"
say "board of the waiting room    $(median "$work/board") requests a second"
paste "$work/static" "$work/board" | awk '{ print $2 / $1 }' | sort -n >"$work/ratios"
say "ratio, median of the rounds  $(median "$work/ratios")"
say "statements                   $((after - before)) in $((SECONDS - began)) s, for $polled polls"

export POLL_PATH=$board POLL_TOKENS=$work/tokens
with_tokens() { rate 1 -c 32 -s "$here/polls.lua" "$TIX_GATEWAY_URL"; }
with_tokens >/dev/null # the threads of the gateway are there then, and its buckets
kib=$(memory_kib)
before=$(statements)
began=$SECONDS
with_tokens >"$work/token_rate"
after=$(statements)
say "polls with $joins tokens     $(<"$work/token_rate") a second, at the gateway itself"
say "statements                   $((after - before)) in $((SECONDS - began)) s"
say "memory of the gateway        $kib KiB before, $(memory_kib) KiB after"
