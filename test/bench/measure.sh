#!/usr/bin/env bash
# measure.sh DIR: the rounds of run.sh, on the server of the environment. Keeps what it measures in
# DIR/turns, one line a turn: group, clients, round, system, requests (or, of a batch, seats) a
# second, p99 in microseconds. What was measured on what goes to DIR/facts.
set -euo pipefail
bench=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
source "$bench/../stack/lib.sh"
source "$bench/redis.sh"
source "$bench/turns.sh"
source "$bench/in_server.sh"
work=$1
client=$build/bench/bin/tix-load
walked_seats=40000
walked=$(session_of "$walked_seats" 8000 0)
# Four seats a request take the largest stadium until holds have lapsed, batches two of them.
large_seats=100000
large=$(session_of "$large_seats" 8000 0)
many="--session=$large --seats=$large_seats"
huge_seats=200000
huge=$(session_of "$huge_seats" 8000 0)
buyer=b1000000-0000-4000-8000-000000000001
holder=b2000000-0000-4000-8000-000000000002
async="-c synchronous_commit=off"
memory="-c tix.hold_journal=off"

finish() {
    local status=$?
    trap - EXIT
    stop_redis
    exit "$status"
}
trap finish EXIT
trap 'exit 143' TERM

# fact NAME TEXT: TEXT may go over several lines.
fact() { printf '%s\t%s\n' "$1" "$(tr -s ' \n' ' ' <<<"$2")" >>"$work/facts"; }

note_facts() {
    fact Processors "$(nproc) × $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)"
    fact Kernel "$(uname -sr)"
    fact PostgreSQL "$(sql "SHOW server_version"), every setting as initdb makes it but
        shared_preload_libraries, max_connections $(sql "SHOW max_connections"),
        tix.memory $(sql "SHOW tix.memory"), tix.seat_loader"
    if wanted redis || wanted batch || wanted lua; then
        fact Redis "$(redis_version) from Debian, save '', unix socket; no persistence,
            appendfsync everysec or always"
    fi
    fact "File system" "$(stat -f -c %T "$TIX_DATA"), the same for PostgreSQL and Redis"
    fact Client "one program for all, closed loop, 2 threads, unix sockets; libpq with a prepared
        statement, or the protocol of Redis"
    fact Rounds "$ROUNDS of $ROUND_SECONDS s, the systems of a group taking turns in each"
}

hold_wanted_seat() {
    local ok
    ok=$(sql "SELECT ok FROM tix.tix_lock_seats('$walked', ARRAY['$walked_seats'], '$holder',
        '30 min')")
    [[ $ok == t ]] || die "the contended seat could not be held"
}

release_wanted_seat() {
    sql "SELECT r FROM tix.tix_stat_holds h, LATERAL tix.tix_release_seats(h.lock_id, h.user_id) r
        WHERE h.user_id = '$holder'" >/dev/null
}

measure_losing() {
    hold_wanted_seat
    fact "WAL bytes and transaction ids of 10 000 lost races" "$(traces_of_losing)"
    if wanted lost; then
        group lost "$CLIENTS" --pick=same select:select_1: empty:lost_empty: tix:tix: \
            insert:lost_insert:
    fi
    if wanted four; then
        group four_lost "$few" "--pick=same --group=4" empty:lost_empty: tix:tix:
    fi
    release_wanted_seat
}

measure_yardsticks() {
    if wanted memory; then
        group memory "$CLIENTS" "" empty:empty: "tix:tix:$memory"
    fi
    if wanted async; then
        group async "$CLIENTS" "" "row:row:$async" "tix:tix:$async"
    fi
    if wanted journal; then
        group journal "$CLIENTS" "" row:row: tix:tix:
    fi
    if wanted four; then
        load_session "$large"
        group four_memory "$few" "$many --group=4" empty:empty: "tix:tix:$memory"
        group four_async "$few" "$many --group=4" "row:row:$async" "tix:tix:$async"
        group four_journal "$few" "$many --group=4" row:row: tix:tix:
    fi
}

measure_plain_sql() {
    local designs=(update insert skip_locked advisory for_update) name with=() without=()
    for name in "${designs[@]}"; do
        with+=("$name:$name:")
        without+=("$name:$name:$async")
    done
    if wanted uniform; then
        group uniform_async "$CLIENTS" "" "${without[@]}" "tix:tix:$async"
        group uniform_journal "$CLIENTS" "" "${with[@]}" tix:tix:
    fi
    if wanted hot; then
        # Nearly all lose; the empty function says how fast that can be.
        group hot "$CLIENTS" "--pick=hot --seats=100" empty:lost_empty: "${with[@]}" tix:tix:
    fi
    if wanted best; then
        group best_async "$few" "" "first:best_skip_locked:$async" "any:any_skip_locked:$async" \
            "tix:best_tix:$async"
        group best_journal "$few" "" first:best_skip_locked: any:any_skip_locked: tix:best_tix:
    fi
}

measure_peers() {
    local redis=() mode
    for mode in "${redis_modes[@]}"; do redis+=("redis_$mode:redis:$mode"); done
    if wanted redis; then
        # SELECT 1 says how much of the distance is the price of asking PostgreSQL anything.
        group redis "$CLIENTS" "" "${redis[@]}" select:select_1: "tix_async:tix:$async" \
            tix_journal:tix:
    fi
    if wanted lua; then
        load_session "$large"
        group lua "$few" "$many --group=4" "${redis[@]}" "tix_async:tix:$async" tix_journal:tix:
    fi
    if wanted batch; then
        load_session "$huge"
        group batch "$few" "--session=$huge --seats=$huge_seats --batch=32" "${redis[@]}" \
            "tix_memory:batch_tix:$memory $async" "tix_async:batch_tix:$async" \
            tix_journal:batch_tix: "tix_jsonb:jsonb_tix:$async"
    fi
}

# One client, so that holds of 12 ms are enough for a thousand seats to have a free one next.
measure_scale() {
    local sizes=(1000 10000 100000 1000000) seats number round
    for seats in "${sizes[@]}"; do load_session "$(session_of "$seats" 8000 2)"; done
    for ((number = 3; number < 99; number++)); do
        load_session "$(session_of 1000 8000 "$number")"
    done
    for ((round = 1; round <= ROUNDS; round++)); do
        printf 'scale: round %s of %s\n' "$round" "$ROUNDS" >&2
        for seats in "${sizes[@]}"; do
            turn scale 1 "$round" "$seats" short_tix "$memory" --seats="$seats" \
                --session="$(session_of "$seats" 8000 2)"
        done
    done
}

few=8  # the clients of the groups that have one number of them
[[ " $CLIENTS " == *" 8 "* ]] || few=${CLIENTS%% *}
sql "CREATE SCHEMA IF NOT EXISTS tix; CREATE EXTENSION tix SCHEMA tix; CREATE EXTENSION tix_bench"
note_facts
load_session "$walked"
if wanted redis || wanted lua || wanted batch; then
    as_server mkdir "$TIX_RUN/redis"
    start_redis "$TIX_RUN/redis"
fi
if wanted lost || wanted four; then measure_losing; fi
measure_yardsticks
measure_plain_sql
measure_peers
stop_redis
if wanted map; then measure_map; fi
if wanted fill; then measure_best; fi
if wanted scale; then measure_scale; fi
fact "Bytes a seat" "$(sql "SELECT string_agg(part || ' ' || round(bytes_per_seat::numeric, 1),
    ', ') FROM tix.tix_memory WHERE session_id = '$walked'")"
