#!/usr/bin/env bash
# measure.sh DIR: locks over HTTP, each alone and as shipped, where those that wait go together,
# against the same hops with a bare insert, on the stack of the environment. Adds to DIR/turns, one
# line a turn as measure.sh there does. With OVERLOAD=yes also: what comes through at ten times the
# connections, of clients that wait as they are told and of those that do not.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
source "$here/../../stack/lib.sh"
work=$1
session=b0000000-0000-4000-8000-000000040000  # the loader reads the number of seats from the end
threads=2
lua=$work/lock.lua
said=$work/wrk

sql() { psql -XAtq -v ON_ERROR_STOP=1 -c "$1"; }

base64url() { base64 -w 0 | tr '+/' '-_' | tr -d '='; }

# A token of the demo key for a box office, which no rate limit holds back.
token() {
    local now key head body
    now=$(date +%s)
    key=$(od -An -v -tx1 "$TIX_DEMO_KEY_FILE" | tr -d ' \n')
    head=$(printf '{"alg":"HS256","kid":"demo","typ":"JWT"}' | base64url)
    body=$(printf '{"iss":"tix","aud":"tix","sub":"%s","role":"box_office","iat":%d,"exp":%d}' \
        "$1" "$now" $((now + 86400)) | base64url)
    printf '%s.%s.%s\n' "$head" "$body" "$(printf '%s.%s' "$head" "$body" |
        openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | base64url)"
}

# turn ROUND SYSTEM PATH: one run of wrk on fresh connections.
turn() {
    BENCH_PATH=$3 wrk -t "$threads" -c "$HTTP_CLIENTS" -d "${ROUND_SECONDS}s" -s "$lua" \
        "$TIX_URL" >"$said" 2>&1 || {
        cat "$said" >&2
        die "wrk could not run"
    }
    awk '/^answers/ && ($4 > $2 / 100 || $6 > 0) { exit 1 }' "$said" || {
        cat "$said" >&2
        die "more than 1 % of the requests of $2 were refused"
    }
    awk -v head="http $HTTP_CLIENTS $1 $2" '/^Requests\/sec/ { print head, $2, 0 }' "$said" \
        >>"$work/turns"
    sleep 1.2 # until the holds have lapsed
}

# overload CLIENTS PATIENT LABEL: one line, what was granted and how long refusals took at the edge.
overload() {
    local log=$TIX_RUN/log/edge-access.log from
    sleep 2 # the log is written once a second
    from=$(wc -l <"$log")
    printf '%-22s %5d clients: ' "$3" "$1"
    BENCH_LOCKS=$lua BENCH_PATIENT=$2 BENCH_PATH=/v1/sessions/$session/seats/lock \
        wrk -t "$threads" -c "$1" -d "${ROUND_SECONDS}s" -s "$here/overload.lua" "$TIX_URL" |
        grep '^overload' | tr '\n' ' '
    sleep 2
    tail -n "+$((from + 1))" "$log" | perl -MJSON::PP -ne '
        my $l = decode_json($_); push @t, 1000 * $l->{seconds} if $l->{status} =~ /^(503|429)$/;
        END { @t = sort { $a <=> $b } @t;
              print @t ? "refusal p50 $t[@t / 2] p99 $t[@t * 0.99] ms\n" : "none refused\n" }'
}

cp "$here/lock.lua" "$lua"
export BENCH_SEATS=40000
BENCH_TOKENS="$(token b1000000-0000-4000-8000-000000000001) \
$(token b1000000-0000-4000-8000-000000000002)"
export BENCH_TOKENS
sql "CREATE EXTENSION tix_bench"
sql "GRANT USAGE ON SCHEMA bench TO tix_gateway; GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA bench
    TO tix_gateway"
sql "INSERT INTO tix.venues (venue_id, name) VALUES ('$session', 'bench');
    INSERT INTO tix.seat_maps (seat_map_id, venue_id, version, name, width, height, plan_sha256,
        seat_count) VALUES ('$session', '$session', 1, 'bench', 1, 1, '', $BENCH_SEATS);
    INSERT INTO tix.events (event_id, venue_id, name, organizer_id)
        VALUES ('$session', '$session', 'bench', '$session');
    INSERT INTO tix.sessions (session_id, event_id, seat_map_id, start_time, end_time,
        sale_start_time, sale_end_time, status, opened_at)
        VALUES ('$session', '$session', '$session', now() + '1 day'::interval,
        'infinity', now(), 'infinity', 'on_sale', now())"
sql "SELECT seats FROM tix.tix_load_session('$session')" >/dev/null
sql "CHECKPOINT"
for ((round = 1; round <= ROUNDS; round++)); do
    printf 'http: round %d of %d\n' "$round" "$ROUNDS" >&2
    turn "$round" row "/v1/bench/$session/insert"
    turn "$round" alone "/v1/bench/$session/lock"
    turn "$round" tix "/v1/sessions/$session/seats/lock"
done
if [[ ${OVERLOAD:-} == yes ]]; then
    for ((round = 1; round <= 3; round++)); do
        overload "$HTTP_CLIENTS" no load
        overload "$((HTTP_CLIENTS * 10))" yes "ten times, as told"
        overload "$((HTTP_CLIENTS * 10))" no "ten times, at once"
    done >&2
fi
