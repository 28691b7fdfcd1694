#!/usr/bin/env bash
# Measures how long a sale stands still when a backend is killed: `GROUPS_ONLY=recovery make bench`.
#
#   HOLDS=200000    live holds, all in one session
#   DEAD=5000000    journal rows of holds that are over, half of them before and half after
#   ROUNDS=15       kills
#
# Nothing has vacuumed or analysed the journal. A round is kill -9 of one backend, and then fresh
# connections that ask for the one free seat until it is granted by a server of after the kill; how
# many holds are there again is counted afterwards. The settings are the shipped ones.
set -euo pipefail
bench=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
source "$bench/../stack/lib.sh"
export HOLDS=${HOLDS:-200000} DEAD=${DEAD:-5000000} ROUNDS=${ROUNDS:-15}
buyer=b1000000-0000-4000-8000-000000000001
batch=5000

sql() { psql -XAtq -v ON_ERROR_STOP=1 -c "$1"; }

now_us() { printf '%s\n' "${EPOCHREALTIME/[.,]/}"; }

# A hall with a seat more than there will be holds; prints its session.
build_hall() {
    psql -XAtq -v ON_ERROR_STOP=1 -v seats="$((HOLDS + 1))" <<'SQL'
SELECT seat_map_id AS map
    FROM tix_import_begin('Bench', 'Bench', 1000, 1000, 'recovery', '{}') \gset
INSERT INTO tix.seat_map_seats
SELECT :'map', i, format('%s-%s-%s', i / 1000, i / 50 % 20 + 1, i % 50 + 1), 'Block ' || i / 1000,
    (i / 50 % 20 + 1)::text, 'stand', (i % 50 + 1)::text, i % 50, i % 50 * 10, i / 50 * 10,
    'std', false
FROM generate_series(0, :seats - 1) i;
SELECT tix_import_finish(:'map') AS seats_in_map \gset
SELECT tix_create_event('Recovery', :'map') AS event \gset
SELECT tix_create_session(:'event', :'map', now() + interval '7 days');
SQL
}

# Rows of holds that ended by their deadline, were sold or released, some after an extension.
bury() {
    sql "INSERT INTO tix.holds
        SELECT i, '$session', i % 3, substr('gers', i % 4 + 1, 1)::\"char\", '$buyer',
            now() - interval '3 hours', now() - interval '1 min' - i * interval '1 ms',
            CASE WHEN i % 4 = 1 THEN now() - interval '2 hours' END, NULL,
            ARRAY[format('%s-%s-%s', i % 200, i % 20 + 1, i % 50 + 1)]
        FROM generate_series($1, $2) i"
}

hold_all() {
    local done
    for ((done = 0; done < HOLDS; done += batch)); do
        sql "SELECT count(*) FROM tix.seats s, tix_lock_seat('$session', s.seat_id,
                gen_random_uuid(), '30 min') l
            WHERE s.session_id = '$session' AND s.ordinal >= $done
              AND s.ordinal < least($done + $batch, $HOLDS) AND l.ok" >/dev/null
    done
}

count_holds() { sql "SELECT count(*) FROM tix_stat_holds WHERE state = 'held'"; }

# A backend that does nothing; prints its process id when it is connected.
start_victim() {
    PGAPPNAME=victim psql -Xq -c "SELECT pg_sleep(3600)" >/dev/null 2>&1 &
    retry 30 sql "SELECT 1 / count(*) FROM pg_stat_activity WHERE application_name = 'victim'" \
        >/dev/null 2>&1
    sql "SELECT pid FROM pg_stat_activity WHERE application_name = 'victim'"
}

# round: prints "<ms until the server answers> <ms until the lock> <holds>".
round() {
    local victim before killed answers='' granted
    before=$(sql "SELECT generation FROM tix.generation")
    victim=$(start_victim)
    killed=$(now_us)
    kill -9 "$victim"
    until granted=$(sql "SELECT ok, lock_id FROM tix_lock_seat('$session', '$free', '$buyer')
            WHERE lock_id >> 47 > $before" 2>/dev/null) && [[ $granted == t* ]]; do
        if [[ -z $answers ]] && pg_isready -q; then answers=$(now_us); fi
    done
    granted=${granted#*|}
    local end
    end=$(now_us)
    printf '%d %d %d\n' $(((${answers:-$end} - killed) / 1000)) $(((end - killed) / 1000)) \
        $(($(count_holds) - 1))
    sql "SELECT tix_release_seats($granted, '$buyer')" >/dev/null
}

measure() {
    local i
    export PGOPTIONS='-c search_path=tix,public'
    session=$(build_hall)
    free=$(sql "SELECT seat_id FROM tix.seats WHERE session_id = '$session' AND ordinal = $HOLDS")
    sql "SELECT seats FROM tix_open_session('$session')" >/dev/null
    say "writing $DEAD dead rows and $HOLDS holds" >&2
    bury 1 $((DEAD / 2))
    hold_all
    bury $((DEAD / 2 + 1)) "$DEAD"
    sql CHECKPOINT
    [[ $(count_holds) == "$HOLDS" ]] || die "only $(count_holds) seats could be held"
    for ((i = 1; i <= ROUNDS; i++)); do
        printf 'recovery: round %d of %d\n' "$i" "$ROUNDS" >&2
        round
    done | sort -n -k 2 | awk -v holds="$HOLDS" -v dead="$DEAD" '
        { server[NR] = $1; lock[NR] = $2; if ($3 != holds) missing += holds - $3 }
        END {
            median = int((NR + 1) / 2)
            printf "%d kills of a backend among %d holds and %d dead rows:\n", NR, holds, dead
            printf "the server answers after %d ms, the first lock is granted after %d ms ",
                server[median], lock[median]
            printf "(at most %d; bar: at most 1000 ms): %s.\n", lock[NR],
                lock[median] <= 1000 ? "met" : "NOT met"
            printf "Holds that are missing: %d (bar: 0): %s.\n", missing,
                missing ? "NOT met" : "met"
        }'
}

if [[ ${1:-} == inside ]]; then
    measure
    exit
fi
settings=$(mktemp)
trap 'rm -f "$settings"' EXIT
printf '%s\n' 'autovacuum = off' 'max_wal_size = 4GB' >"$settings"
chmod a+r "$settings"
TIX_SETTINGS=$settings "$bench/../stack/with_server.sh" "$bench/recovery.sh" inside
