#!/usr/bin/env bash
# Measures how long overdue orders take to end while sales go on: `GROUPS_ONLY=expiry make bench`.
#
#   ORDERS=100000       overdue orders, of one seat each
#   CLIENTS_SELLING=4   connections that hold a seat, order it and cancel the order
#   QUIET_SECONDS=10    how long they sell before, to compare
#
# The sales come at random moments, on average half as many a second as these connections make
# without a pause: what is measured is a sale beside the expiry, not two that want all of two cores.
# The latency of a sale counts from the moment it was due.
#
# The orders are ended by the command that pg_cron runs, which commits each batch. Nothing has
# vacuumed or analysed a table. The settings are the shipped ones.
set -euo pipefail
bench=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
source "$bench/../stack/lib.sh"
export ORDERS=${ORDERS:-100000} CLIENTS_SELLING=${CLIENTS_SELLING:-4}
export QUIET_SECONDS=${QUIET_SECONDS:-10}
ttl_s=30
batch=2000
seats_on_sale=10000

sql() { psql -XAtq -v ON_ERROR_STOP=1 -c "$1"; }

# A hall with a seat for each overdue order, and those on sale; prints its session.
build_hall() {
    psql -XAtq -v ON_ERROR_STOP=1 -v seats="$((ORDERS + seats_on_sale))" <<'SQL'
SELECT seat_map_id AS map
    FROM tix_import_begin('Bench', 'Bench', 1000, 1000, 'expiry', '{}') \gset
INSERT INTO tix.seat_map_seats
SELECT :'map', i, i::text, 'Block ' || i / 1000, (i / 50 % 20 + 1)::text, 'stand',
    (i % 50 + 1)::text, i % 50, i % 50 * 10, i / 50 * 10, 'std', false
FROM generate_series(0, :seats - 1) i;
SELECT tix_import_finish(:'map') AS seats_in_map \gset
SELECT tix_create_event('Expiry', :'map') AS event \gset
SELECT tix_set_price(:'event', NULL, 1000, 'EUR') AS price \gset
SELECT tix_create_session(:'event', :'map', now() + interval '7 days');
SQL
}

make_orders() {
    local done
    for ((done = 0; done < ORDERS; done += batch)); do
        PGOPTIONS="$PGOPTIONS -c tix.order_ttl=$ttl_s" sql "
            SELECT count(o.order_id)
            FROM (SELECT i::text AS seat, gen_random_uuid() AS buyer
                  FROM generate_series($done, least($done + $batch, $ORDERS) - 1) i OFFSET 0) s,
            LATERAL tix_lock_seat('$session', s.seat, s.buyer, '$ttl_s s') l,
            LATERAL tix_create_order(ARRAY[l.lock_id], s.buyer) o" >/dev/null
    done
}

prepare_sales() {
    sql "CREATE SCHEMA sales;
        CREATE FUNCTION sales.buy(seat text) RETURNS void LANGUAGE plpgsql AS \$\$
        DECLARE
            buyer CONSTANT uuid := gen_random_uuid();
            hold tix.tix_lock_result := tix_lock_seat('$session', seat, buyer);
        BEGIN
            IF hold.ok THEN
                PERFORM tix_cancel_order(o.order_id, buyer)
                FROM tix_create_order(ARRAY[hold.lock_id], buyer) o;
            END IF;
        END \$\$"
    printf '%s\n' "\\set seat random($ORDERS, $ORDERS + $seats_on_sale - 1)" \
        'SELECT sales.buy(:seat::text)' >"$work/sale.sql"
}

# sell NAME SECONDS [OPTION…]: leaves a line "<end in µs> <latency in µs>" for each sale.
sell() {
    pgbench -n -c "$CLIENTS_SELLING" -j 1 -T "$2" -M prepared -l --log-prefix="$work/$1" \
        -f "$work/sale.sql" "${@:3}" >"$work/$1.out" 2>&1 || { cat "$work/$1.out" >&2; return 1; }
    cat "$work/$1".[0-9]* | awk '{ printf "%.0f %d\n", $5 * 1000000 + $6, $3 }' >"$work/$1"
}

# p99 FILE FROM TO: "<sales a second> <p99 in µs>" of the sales that ended in between.
p99() {
    awk -v from="$2" -v to="$3" '$1 >= from && $1 <= to { print $2 }' "$1" | sort -n |
        awk -v us="$(($3 - $2))" '{ v[NR] = $1 }
            END { printf "%d %d\n", NR * 1000000 / us, v[int((NR * 99 + 99) / 100)] }'
}

now_us() { printf '%s\n' "${EPOCHREALTIME/[.,]/}"; }

measure() {
    local command from to seller peak rate quiet busy
    export PGOPTIONS='-c search_path=tix,public'
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    session=$(build_hall)
    sql "SELECT seats FROM tix_open_session('$session')" >/dev/null
    prepare_sales
    command=$(sql "SELECT command FROM cron.job WHERE jobname = 'tix_expire_orders'")
    sql "SELECT cron.unschedule('tix_expire_orders')" >/dev/null
    say "making $ORDERS orders" >&2
    make_orders
    sleep "$((ttl_s + 1))"
    from=$(now_us)
    sell peak 5
    peak=$(p99 "$work/peak" "$from" "$(now_us)")
    rate=$((${peak% *} / 2))
    from=$(now_us)
    sell quiet "$QUIET_SECONDS" --rate="$rate"
    quiet=$(p99 "$work/quiet" "$from" "$(now_us)")
    sell busy "$((ORDERS / 2000 + 10))" --rate="$rate" &
    seller=$!
    sleep 1
    from=$(now_us)
    sql "$command"
    to=$(now_us)
    wait "$seller"
    busy=$(p99 "$work/busy" "$from" "$to")
    [[ $(sql "SELECT count(*) FROM orders WHERE status = 'expired'") == "$ORDERS" ]] ||
        die "not all of the orders expired"
    awk -v orders="$ORDERS" -v ms="$(((to - from) / 1000))" -v quiet="$quiet" -v busy="$busy" '
        BEGIN {
            split(quiet, q, " ")
            split(busy, b, " ")
            printf "%d orders ended in %.1f s (bar: 100000 in 10 s): %s.\n", orders, ms / 1000,
                ms * 100000 <= orders * 10000 ? "met" : "NOT met"
            printf "Sales a second %d before, %d meanwhile; p99 %.1f ms before, %.1f ms ", q[1],
                b[1], q[2] / 1000, b[2] / 1000
            printf "meanwhile (bar: 1.5 times): %s.\n", b[2] <= q[2] * 1.5 ? "met" : "NOT met"
        }'
}

if [[ ${1:-} == inside ]]; then
    measure
    exit
fi
"$bench/../stack/with_server.sh" "$bench/expiry.sh" inside
