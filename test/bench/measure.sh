#!/usr/bin/env bash
# measure.sh DIR: the rounds of run.sh, on the server that PGHOST and PGPORT name. Keeps what it
# measures in DIR, one line a turn: group, round, system, transactions a second.
set -euo pipefail
bench=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
source "$bench/../stack/lib.sh"
work=$1
turns=$work/turns
said=$work/pgbench
walked=b0000000-0000-4000-8000-000000040000  # the loader reads the number of seats from the end
stadium=b0000000-0000-4000-8000-000000039616
buyer=b1000000-0000-4000-8000-000000000001
holder=b2000000-0000-4000-8000-000000000002
wanted=12345
load_before=$(</proc/loadavg)

sql() { psql -XAtq -v ON_ERROR_STOP=1 -c "$1"; }

# load_turn SCRIPT PGBENCH-OPTIONS…: one run of pgbench.
load_turn() {
    local script=$1
    shift
    pgbench -n -M prepared -f "$bench/load/$script.sql" -D session="$walked" -D buyer="$buyer" \
        -D seat="$wanted" -D n=0 -D clients="$CLIENTS" "$@" >"$said" 2>&1 || {
        cat "$said" >&2
        die "pgbench could not run $script.sql"
    }
    if grep -q 'failed transactions: [1-9]' "$said"; then
        cat "$said" >&2
        die "transactions of $script.sql failed"
    fi
}

# turn GROUP ROUND SYSTEM SCRIPT [SETTINGS]: one measured turn. A turn in which a backend got no
# processor for a whole TTL, so that its COMMIT found the hold lost, tells nothing and is repeated.
turn() {
    local attempt
    for attempt in 1 2 3 4 5; do
        if (PGOPTIONS=${5:-} load_turn "$4" -c "$CLIENTS" -j 2 -T "$ROUND_SECONDS") \
            2>"$work/error"; then
            awk -v head="$1 $2 $3" '/^tps/ { print head, $3 }' "$said" >>"$turns"
            return
        fi
        grep -q 'ERROR:  lock is lost' "$said" || break
        say "$1: a turn of $3 is repeated: a backend stood still for longer than its hold" >&2
        sleep 0.5
    done
    cat "$work/error" >&2
    exit 1
}

counters() {
    sql "SELECT sum(grants) || ' ' || sum(refusals) || ' ' || sum(relocks)
        FROM tix.tix_stat_partitions"
}

# Every group starts with empty journals, a clean wheel and somebody else's hold on one seat.
prepare_group() {
    sql "TRUNCATE tix.holds, bench.holds, bench.holds_plain"
    sql "INSERT INTO bench.holds_plain VALUES ('$walked', '$wanted', '$holder', 'infinity')"
    sql "CHECKPOINT"
}

# group NAME SYSTEM:SCRIPT:SETTINGS…: the rounds of one group, the systems taking turns.
group() {
    local name=$1 round system script settings before after
    shift
    if [[ " $GROUPS_ONLY " != *" $name "* ]]; then return; fi
    prepare_group
    before=$(counters)
    for ((round = 1; round <= ROUNDS; round++)); do
        printf '%s: round %d of %d\n' "$name" "$round" "$ROUNDS" >&2
        for system in "$@"; do
            IFS=: read -r system script settings <<<"$system"
            turn "$name" "$round" "$system" "$script" "$settings"
        done
    done
    after=$(counters)
    printf '%s %s %s\n' "$name" "$before" "$after" >>"$work/counters"
}

hold_wanted_seat() {
    local ok
    ok=$(sql "SELECT ok FROM tix.tix_lock_seats('$walked', ARRAY['$wanted'], '$holder', '30 min')")
    [[ $ok == t ]] || die "the contended seat could not be held"
}

release_wanted_seat() {
    sql "SELECT r FROM tix.tix_stat_holds h, LATERAL tix.tix_release_seats(h.lock_id, h.user_id) r
        WHERE h.user_id = '$holder'" >/dev/null
}

# What 10 000 lost races in one transaction leave behind: "<bytes of WAL> <transaction ids>".
traces_of_losing() {
    sql "BEGIN;
        EXPLAIN (ANALYZE, WAL, TIMING off, COSTS off, SUMMARY off, FORMAT json)
            SELECT t.ok FROM generate_series(1, 10000) i,
                LATERAL tix.tix_lock_seats('$walked', ARRAY['$wanted'], '$buyer',
                    make_interval(secs => i)) t;
        SELECT 'xids: ' || count(pg_current_xact_id_if_assigned());
        COMMIT" | awk -F: '
            /WAL Bytes/ { gsub(/[ ,]/, "", $2); if ($2 + 0 > bytes) bytes = $2 + 0 }
            /^xids/ { xids = $2 + 0 }
            END { print bytes + 0, xids }'
}

# The median time of a seat map, in milliseconds.
map_ms() {
    load_turn map -c 1 -t 300 -D session="$stadium" -l --log-prefix="$work/map"
    cat "$work"/map.* | awk '{ print $3 }' | sort -n |
        awk '{ us[NR] = $1 } END { printf "%.2f\n", us[int((NR + 1) / 2)] / 1000 }'
}

sql "CREATE SCHEMA IF NOT EXISTS tix; CREATE EXTENSION tix SCHEMA tix; CREATE EXTENSION tix_bench"
sql "SELECT seats FROM tix.tix_load_session('$walked')" >/dev/null
sql "SELECT seats FROM tix.tix_load_session('$stadium')" >/dev/null

hold_wanted_seat
traces=$(traces_of_losing)
group lost empty:lost_empty: tix:lost_tix: plain:lost_plain:
release_wanted_seat
group memory empty:win_empty: "tix:win_tix:-c tix.hold_journal=off"
group journal insert:win_insert: tix:win_tix: plain:win_plain:
async="-c synchronous_commit=off"
group async "insert:win_insert:$async" "tix:win_tix:$async" "plain:win_plain:$async"
map=$(map_ms)
seat_bytes=$(sql "SELECT string_agg(part || ' ' || round(bytes_per_seat::numeric, 1), ', ')
    FROM tix.tix_memory WHERE session_id = '$walked'")

say ""
say "$CLIENTS clients, $ROUNDS rounds, turns of $ROUND_SECONDS s, $(nproc) processors"
say "Load average before and after: ${load_before%% *} and $(cut -d' ' -f1 /proc/loadavg)"
perl "$bench/report.pl" "$turns" "$work/counters"
printf '\n10 000 lost races: %s bytes of WAL, %s transaction ids (bar: 0 and 0): %s.\n' $traces \
    "$([[ $traces == "0 0" ]] && say met || say "NOT met")"
printf 'Map of 39 616 seats: median %s ms (bar: at most 2 ms): %s.\n' "$map" \
    "$(awk -v ms="$map" 'BEGIN { print (ms <= 2 ? "met" : "NOT met") }')"
printf 'Bytes a seat: %s.\n' "$seat_bytes"
