#!/usr/bin/env bash
# Measures a whole purchase of four seats – hold, order, payment begun, paid, four tickets – in
# three calls and in one: `GROUPS_ONLY=purchase make bench`.
#
#   ROUNDS=5           rounds; in each every manner has its turn
#   ROUND_SECONDS=2    length of a turn
#   CLIENTS="8 32"     connections
#
# The manners: tix; the same rows by plain SQL functions over tables with the same columns,
# constraints and indexes, a seat being a row (purchase/plain.sql); the same with the hold in Redis,
# which keeps nothing or flushes always, and no row for a seat; tix and plain SQL in one call. Each
# with synchronous_commit off and on. A ratio is that of one round; the middle one counts.
set -euo pipefail
bench=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
source "$bench/../stack/lib.sh"
export ROUNDS=${ROUNDS:-5} ROUND_SECONDS=${ROUND_SECONDS:-2} CLIENTS=${CLIENTS:-8 32}
client=$build/bench/bin/tix-purchase
seats=400000

sql() { psql -XAtq -v ON_ERROR_STOP=1 -c "$1"; }

# A house large enough that nobody wants a seat twice; prints its session.
build_house() {
    PGOPTIONS='-c search_path=tix,public' psql -XAtq -v ON_ERROR_STOP=1 -v seats="$seats" <<'SQL'
SELECT seat_map_id AS map
    FROM tix_import_begin('Bench', 'Bench', 1000, 1000, gen_random_uuid()::text, '{}') \gset
INSERT INTO tix.seat_map_seats
SELECT :'map', i, i::text, 'Block ' || i / 1000, (i / 50 % 20 + 1)::text, 'stand',
    (i % 50 + 1)::text, i % 50, i % 50 * 10, i / 50 * 10, 'std', false
FROM generate_series(0, :seats - 1) i;
SELECT tix_import_finish(:'map') AS seats_in_map \gset
SELECT tix_create_event('Purchase', :'map') AS event \gset
SELECT tix_set_price(:'event', NULL, 1000, 'EUR') AS price \gset
SELECT tix_create_session(:'event', :'map', now() + interval '7 days') AS session \gset
SELECT seats FROM tix_open_session(:'session') \gset
\echo :session
SQL
}

# Tables as they were before the first turn, so that no manner works on what another has filled.
start_over() {
    local session=$1
    sql "SET client_min_messages = error; TRUNCATE plain.orders, plain.order_items, plain.payments,
        plain.tickets, plain.provider_events, plain.order_history, plain.ledger,
        plain.events_outbox, plain.seat_states"
    sql "INSERT INTO plain.seat_states (session_id, seat_id)
        SELECT '$session', i::text FROM generate_series(0, $seats - 1) i"
    sql "VACUUM ANALYZE plain.seat_states"
    sql "CHECKPOINT"
}

# buy MANNER CLIENTS COMMIT REDIS: one turn; its line is added to $work/turns.
buy() {
    local manner=$1 said
    said=$(PGOPTIONS="-c synchronous_commit=$3" "$client" "$manner" "$2" "$ROUND_SECONDS" \
        "$session" "$first" "$seats" "$(redis_socket "$4")")
    say "$round $manner-$4 $2 $3 $said" >>"$work/turns"
}

measure() {
    local clients commit
    work=$(mktemp -d)
    trap 'stop_redis; rm -rf "$work"' EXIT
    source "$bench/redis.sh"
    as_server mkdir "$TIX_RUN/redis"
    start_redis "$TIX_RUN/redis"
    psql -XAtq -v ON_ERROR_STOP=1 -f "$bench/purchase/plain.sql"
    sql "ALTER DATABASE $PGDATABASE SET search_path = plain, tix, public"
    for ((round = 1; round <= ROUNDS; round++)); do
        for clients in $CLIENTS; do
            for commit in off on; do
                printf 'purchase: round %d of %d, %d clients, synchronous_commit %s\n' "$round" \
                    "$ROUNDS" "$clients" "$commit" >&2
                # A house for each: the engine's seats, once sold, stay sold.
                session=$(build_house)
                start_over "$session"
                for mode in none always; do
                    redis-cli -s "$(redis_socket $mode)" flushall >/dev/null
                done
                first=0
                buy tix "$clients" "$commit" none
                buy plain "$clients" "$commit" none
                start_over "$session"
                buy redis "$clients" "$commit" none
                start_over "$session"
                buy redis "$clients" "$commit" always
                start_over "$session"
                buy plain-once "$clients" "$commit" none
                first=$((seats / 2))
                buy tix-once "$clients" "$commit" none
                sql "SELECT tix.tix_unload_session('$session')" >/dev/null
            done
        done
    done
    report
}

# The table: for each number of clients and way to commit the middle of the rates and ratios.
report() {
    awk '
        function middle(list,   n, i, j, t, v) {
            n = split(list, v, " ")
            for (i = 2; i <= n; i++)
                for (j = i; j > 1 && v[j] + 0 < v[j - 1] + 0; j--) {
                    t = v[j]; v[j] = v[j - 1]; v[j - 1] = t
                }
            return v[int((n + 1) / 2)]
        }
        {
            at = $3 " clients, synchronous_commit " $4
            if (!(at in seen)) { seen[at] = 1; order[++places] = at }
            rate[at, $2] = rate[at, $2] " " $5
            one[$1, at, $2] = $5
            for (i = 6; i <= 8; i++) steps[at, $2, i] = steps[at, $2, i] " " $i
            rounds = $1 > rounds ? $1 : rounds
        }
        function compare(at, ours, theirs, bar,   r, list) {
            for (r = 1; r <= rounds; r++)
                list = list " " one[r, at, ours] / one[r, at, theirs]
            printf "    %-10s against %-13s %.2f (bar %s)\n", ours, theirs, middle(list), bar
        }
        END {
            for (p = 1; p <= places; p++) {
                at = order[p]
                print at
                split("tix-none plain-none redis-none redis-always tix-once-none plain-once-none",
                      names, " ")
                for (n = 1; n <= 6; n++)
                    printf "    %-16s %7.0f purchases/s, steps %6.0f %6.0f %6.0f us\n", names[n],
                        middle(rate[at, names[n]]), middle(steps[at, names[n], 6]),
                        middle(steps[at, names[n], 7]), middle(steps[at, names[n], 8])
                compare(at, "tix-none", "plain-none", "1.2")
                compare(at, "tix-none", "redis-none", "1.0")
                compare(at, "tix-none", "redis-always", "1.2")
                compare(at, "tix-once-none", "plain-once-none", "1.4")
            }
        }' "$work/turns"
}

if [[ ${1:-} == inside ]]; then
    measure
    exit
fi
make -s -C "$bench/purchase"
"$bench/../stack/packages.sh" redis-tools
settings=$(mktemp)
trap 'rm -f "$settings"' EXIT
printf 'tix.memory = 512MB\n' >"$settings"
chmod a+r "$settings"
TIX_SETTINGS=$settings "$bench/../stack/with_server.sh" "$bench/purchase.sh" inside
