#!/usr/bin/env bash
# Upgrades and restores: a database of the first release becomes what a fresh one is, with its data;
# and one that is dumped in the middle of a sale goes on selling where it is restored.
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
work=$(mktemp -d)
number=0

drop_all() {
    local name
    for name in old fresh sale restored; do
        psql -X -q -d postgres -c "DROP DATABASE IF EXISTS tix_${name}_test" 2>/dev/null
    done
}
trap 'drop_all; rm -rf "$work"' EXIT
drop_all
for name in old fresh sale restored; do
    psql -X -q -d postgres -c "CREATE DATABASE tix_${name}_test"
done

check() {  # check NAME COMMAND...: one line of TAP
    local name=$1
    number=$((number + 1))
    shift
    if "$@"; then echo "ok $number - $name"; else echo "not ok $number - $name"; fi
}
in_db() { PGDATABASE=tix_$1_test "${@:2}"; }
sql() { in_db "$1" psql -X -q -A -t -v ON_ERROR_STOP=1 -c 'SET search_path = tix' -c "$2"; }
value() {  # value DATABASE QUERY EXPECTED
    local got
    got=$(sql "$1" "$2") && [ "$got" = "$3" ] || { echo "# got: $got"; return 1; }
}
migrate() { in_db "$1" "$2/migrate" >"$work/out" 2>&1 || { sed 's/^/# /' "$work/out"; return 1; }; }
# The shape of a database: all but its rows, its cluster's and when it was made.
shape() {  # a condition that was dumped and read again has fewer parentheses
    in_db "$1" pg_dump --schema-only --schema=tix |
        grep -Ev '^(--|$|SET|SELECT pg_catalog|.(un)?restrict )' | tr -d '()'
}
same_shape() {  # same_shape FILE DATABASE
    shape "$2" | diff "$1" - | sed 's/^/# /' | head -40 >"$work/diff"
    [ ! -s "$work/diff" ] || { cat "$work/diff"; return 1; }
}
digest() {  # digest DATABASE: of the rows of every table of business that were there at first
    sql "$1" "SELECT md5(string_agg(t, ' ' ORDER BY t)) FROM (
        SELECT 'o ' || (order_id, user_id, session_id, total_amount, status, payment_id)::text
            FROM orders UNION ALL
        SELECT 'i ' || (order_item_id, order_id, lock_id, seat_id, price_amount)::text
            FROM order_items UNION ALL
        SELECT 'p ' || (payment_id, order_id, amount, currency, status)::text FROM payments
            UNION ALL
        SELECT 'r ' || (refund_id, payment_id, order_id, amount, status)::text FROM refunds
            UNION ALL
        SELECT 't ' || (ticket_id, order_id, seat_id, user_id, price_amount, status, qr_code)::text
            FROM tickets UNION ALL
        SELECT 'u ' || (user_id, email, password_hash, role)::text FROM users UNION ALL
        SELECT 'e ' || (provider, event_id, kind, amount, result)::text FROM provider_events) r (t)"
}

# The tables of the first release, and what the migration itself calls; the rest came later.
first_release() {
    mkdir -p "$work/first"
    cp "$here"/../../sql/{migrate,bootstrap.sql,refuse.sql} "$work/first/"
    (cd "$here/../../sql" && cp --parents ./*/00{01,02,03,04,05,06,07,08,09,10}_*.sql \
        jobs/functions.sql "$work/first/")
}
# A hall of four seats: one order is paid, one half cancelled, one is late money, one is open.
fill() {
    in_db old psql -X -q -v ON_ERROR_STOP=1 -c 'SET search_path = tix' -f - <<'SQL'
SET ROLE tix_owner;
INSERT INTO users (user_id, email, password_hash) VALUES
    ('a0000000-0000-4000-8000-000000000001', 'Old@example.org', '$argon2id$x');
INSERT INTO venues (venue_id, name, capacity) VALUES
    ('b0000000-0000-4000-8000-000000000001', 'Old hall', 4);
INSERT INTO seat_maps (seat_map_id, venue_id, version, name, width, height, plan_sha256, seat_count)
VALUES ('c0000000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000001', 1, 'Old', 9,
        9, 'x', 4);
INSERT INTO seat_map_seats SELECT 'c0000000-0000-4000-8000-000000000001', n - 1, 'A-' || n, 'A',
    'A', '1', n::text, n, n, 1, 'std', false FROM generate_series(1, 4) n;
INSERT INTO events (event_id, venue_id, name, organizer_id) VALUES
    ('d0000000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000001', 'Old',
     'a0000000-0000-4000-8000-000000000001');
INSERT INTO sessions (session_id, event_id, seat_map_id, start_time, end_time, sale_start_time,
                      sale_end_time, status, opened_at)
VALUES ('e0000000-0000-4000-8000-000000000001', 'd0000000-0000-4000-8000-000000000001',
        'c0000000-0000-4000-8000-000000000001', now() + interval '7 days',
        now() + interval '8 days',
        now() - interval '1 day', now() + interval '7 days', 'on_sale', now());
INSERT INTO price_categories (event_id, price_amount, price_currency) VALUES
    ('d0000000-0000-4000-8000-000000000001', 1000, 'EUR');
INSERT INTO seats SELECT 'e0000000-0000-4000-8000-000000000001', ordinal, seat_id, area_id,
    row_label, seat_number, "position", x, y, category, accessible FROM seat_map_seats;
CREATE TEMP TABLE sale (n int, order_id uuid, payment_id uuid, status text);
INSERT INTO sale SELECT n, gen_random_uuid(), gen_random_uuid(), s FROM unnest(ARRAY['completed',
    'partially_refunded', 'paid_unfulfilled', 'payment_pending']) WITH ORDINALITY u (s, n);
INSERT INTO orders (order_id, user_id, session_id, total_amount, total_currency, provider,
                    payment_id, status, expires_at, completed_at)
SELECT order_id, 'a0000000-0000-4000-8000-000000000001', 'e0000000-0000-4000-8000-000000000001',
    CASE n WHEN 2 THEN 2000 ELSE 1000 END, 'EUR', 'mock', payment_id, status,
    now() + interval '1 hour', CASE WHEN n <= 2 THEN now() END FROM sale;
INSERT INTO order_items (order_id, lock_id, seat_id, price_amount, price_currency)
SELECT order_id, 100 + n * 10 + s, 'A-' || s, 1000, 'EUR'
FROM sale JOIN (VALUES (1, 1), (2, 2), (2, 3), (3, 1), (4, 4)) v (o, s) ON o = n;
INSERT INTO payments (payment_id, order_id, amount, currency, provider, provider_transaction_id,
                      status, processed_at)
SELECT payment_id, order_id, CASE n WHEN 2 THEN 2000 ELSE 1000 END, 'EUR', 'mock', 'tx ' || n,
    CASE n WHEN 4 THEN 'pending' ELSE 'succeeded' END, CASE WHEN n <> 4 THEN now() END FROM sale;
INSERT INTO provider_events (provider, event_id, kind, order_id, amount, currency, payload, result)
SELECT 'mock', 'event ' || n, 'captured', order_id, 1000, 'EUR', '{}', 'applied' FROM sale
WHERE n <= 3;
INSERT INTO tickets (order_id, session_id, seat_id, user_id, price_amount, price_currency, status)
SELECT order_id, 'e0000000-0000-4000-8000-000000000001', 'A-' || s,
    'a0000000-0000-4000-8000-000000000001', 1000, 'EUR', st
FROM sale JOIN (VALUES (1, 1, 'valid'), (2, 2, 'used'), (2, 3, 'cancelled')) v (o, s, st) ON o = n;
INSERT INTO refunds (payment_id, order_id, order_item_id, amount, currency, reason, status)
SELECT payment_id, order_id, CASE n WHEN 2 THEN (SELECT i.order_item_id FROM order_items i
        WHERE i.order_id = sale.order_id AND seat_id = 'A-3') END, 1000, 'EUR', 'x',
    CASE n WHEN 2 THEN 'succeeded' ELSE 'requested' END FROM sale WHERE n IN (2, 3);
SQL
}
# Somebody buys the seat by the functions, in three calls; prints "applied" and the tickets.
buy() {  # buy DATABASE SESSION SEAT
    sql "$1" "CREATE TEMP TABLE bought AS SELECT o.* FROM tix_create_order(ARRAY[(SELECT lock_id
              FROM tix_lock_seat('$2', '$3', 'f0000000-0000-4000-8000-000000000009'))],
              'f0000000-0000-4000-8000-000000000009') o;
        SELECT FROM bought, tix_begin_payment(order_id);
        SELECT result FROM bought, tix_payment_event('mock', 'new ' || order_id, 'captured',
            'new ' || order_id, order_id, total_amount, total_currency);
        SELECT count(*) FROM tickets JOIN bought USING (order_id)" | grep . | xargs
}
sold() { [ "$(buy "$@")" = "applied 1" ]; }
old_session=e0000000-0000-4000-8000-000000000001

echo 1..27
# Upgrade.
first_release
check "the first release is installed" migrate old "$work/first"
check "it has few tables" value old "SELECT count(*) < 25 FROM pg_class
    WHERE relnamespace = 'tix'::regnamespace AND relkind = 'r'
      AND relowner = 'tix_owner'::regrole" t
check "and sells" fill
before=$(digest old)
check "it is upgraded" migrate old "$here/../../sql"
check "by every file that is new" value old "SELECT count(*) > 15 FROM migrations" t
check "once" migrate old "$here/../../sql"
check "and then says so" grep -q 'nothing to do' "$work/out"
check "a fresh database is made" migrate fresh "$here/../../sql"
shape fresh >"$work/shape"
check "the upgraded one is what the fresh one is" same_shape "$work/shape" old
check "its data are what they were" [ "$(digest old)" = "$before" ]
check "the audit of all of it is clean" value old "SELECT count(*) FROM tix_audit()" 0
check "what was sold is sold" value old "SELECT string_agg(seat_id || state, ' ' ORDER BY ordinal)
    FROM tix_seats('$old_session')" "A-1sold A-2sold A-3free A-4free"
check "a seat given back is sold again" sold old $old_session A-3
check "who registered then signs in now" value old "SELECT user_id
    FROM tix_get_credentials('old@EXAMPLE.org')" a0000000-0000-4000-8000-000000000001
check "money that was owed is still owed" value old "SELECT amount FROM tix_refunds_due()" 1000
check "the open order is paid late" value old "SELECT e.result FROM orders o, tix_payment_event(
    'mock', 'late', 'captured', 'tx 4', o.order_id, 1000, 'EUR') e
    WHERE o.status = 'payment_pending'" late
check "and the audit stays clean" value old "SELECT count(*) FROM tix_audit()" 0

# Dump and restore, in the middle of a sale.
migrate sale "$here/../../sql"
fixture=$(sed '/^\\ir/d' "$here/fixture.psql")
session=$(in_db sale psql -X -q -v ON_ERROR_STOP=1 -f - <<SQL | tail -1
SET search_path = tix;
$fixture
SELECT pg_temp.paid(:'session', 'A-1 A-2', :'ann') AS o \gset
SELECT pg_temp.paid(:'session', 'B-1', :'bob') AS p \gset
SELECT tix_cancel_ticket(ticket_id, :'ann') FROM tickets WHERE seat_id = 'A-2' \g /dev/null
SELECT tix_payment_event('mock', 'twice', 'captured', 'twice', :'p', 2000, 'EUR') \g /dev/null
SELECT pg_temp.order_for(:'session', 'A-5', :'ann') AS open \gset
SELECT pg_temp.hold(:'session', 'A-6', :'bob', '20 min') AS lock \gset
SELECT tix_set_user_role(tix_register_user('g@example.org', '\$x'), 'gate') \g /dev/null
SELECT :'session';
SQL
)
money="SELECT (SELECT sum(amount) FROM payments WHERE status = 'succeeded') || ' '
    || (SELECT sum(amount) FROM refunds) || ' ' || (SELECT count(*) FROM tickets)"
shape sale >"$work/shape"
sold_digest=$(digest sale)
sold_money=$(sql sale "$money")
check "a sale is dumped" in_db sale pg_dump -Fc -f "$work/sale.dump"
# Its memory goes with it: one token is one hold to the whole server.
psql -X -q -d postgres -c "DROP DATABASE tix_sale_test"
check "and restored" in_db restored \
    pg_restore --exit-on-error -d tix_restored_test "$work/sale.dump"
check "with every table, function, trigger and right" same_shape "$work/shape" restored
check "and every row of money" [ "$(digest restored)" = "$sold_digest" ]
check "the same sums" value restored "$money" "$sold_money"
check "there is nothing to migrate" migrate restored "$here/../../sql"
check "nor to report" value restored "SELECT count(*) FROM tix_audit()" 0
check "what was held is held" value restored "
    SELECT string_agg(seat_id || state, ' ' ORDER BY ordinal)
    FROM tix_seats('$session') WHERE state <> 'free'" "A-1sold A-5held A-6held B-1sold"
check "the sale goes on" sold restored "$session" A-7
check "and is in order" value restored "SELECT count(*) FROM tix_audit()" 0
