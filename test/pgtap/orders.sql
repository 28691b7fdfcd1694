-- Orders: exactly the held seats at the price of the moment, and only the drawn changes of state.
\ir fixture.psql
SELECT plan(156);

-- The state machine, every ordered pair of states. Foreign keys and seats play no part here.
CREATE TEMP TABLE drawn (from_status text, to_status text);
INSERT INTO drawn VALUES
    ('created', 'payment_pending'), ('created', 'expired'), ('created', 'cancelled'),
    ('payment_pending', 'completed'), ('payment_pending', 'expired'),
    ('payment_pending', 'cancelled'), ('payment_pending', 'failed'),
    ('payment_pending', 'in_doubt'), ('in_doubt', 'completed'), ('in_doubt', 'expired'),
    ('completed', 'partially_refunded'), ('partially_refunded', 'refunded'),
    ('expired', 'completed'), ('cancelled', 'completed'), ('failed', 'completed'),
    ('expired', 'paid_unfulfilled'), ('cancelled', 'paid_unfulfilled'),
    ('failed', 'paid_unfulfilled'), ('paid_unfulfilled', 'refunded');
CREATE FUNCTION pg_temp.change(session uuid, from_status text, to_status text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    o uuid;
    outcome text;
BEGIN
    INSERT INTO tix.orders (user_id, session_id, total_amount, total_currency, provider, expires_at)
    VALUES (gen_random_uuid(), session, 0, 'EUR', 'mock', 'infinity') RETURNING order_id INTO o;
    SET LOCAL session_replication_role = replica;  -- put it into any state, past the trigger
    UPDATE tix.orders SET status = from_status WHERE order_id = o;
    SET LOCAL session_replication_role = origin;
    BEGIN
        UPDATE tix.orders SET status = to_status WHERE order_id = o;
        outcome := 'done';
    EXCEPTION WHEN OTHERS THEN
        outcome := SQLSTATE;
    END;
    SELECT outcome || ' ' || n.status || coalesce((
        SELECT string_agg(format(', %s to %s', h.from_status, h.to_status), '')
        FROM tix.order_history h WHERE h.order_id = o), '')
    INTO outcome FROM tix.orders n WHERE n.order_id = o;
    DELETE FROM tix.orders WHERE order_id = o;
    RETURN outcome;
END $$;
CREATE TEMP TABLE states AS SELECT unnest('{created,payment_pending,in_doubt,completed,expired,
    partially_refunded,refunded,cancelled,failed,paid_unfulfilled}'::text[]) AS status;
SELECT is(pg_temp.change(:'session', a.status, b.status),
          CASE WHEN a.status = b.status THEN 'done ' || a.status
               WHEN d.from_status IS NULL THEN 'TX010 ' || a.status
               ELSE format('done %s, %s to %s', b.status, a.status, b.status) END,
          format('%s to %s is %s', a.status, b.status,
                 CASE WHEN a.status = b.status THEN 'no change'
                      WHEN d.from_status IS NULL THEN 'refused and leaves no trace'
                      ELSE 'drawn, and recorded' END))
FROM states a CROSS JOIN states b
LEFT JOIN drawn d ON d.from_status = a.status AND d.to_status = b.status
ORDER BY a.status, b.status;
SELECT set_eq('SELECT from_status, to_status FROM order_transitions', 'SELECT * FROM drawn',
    'the table of transitions is the drawn one');
SELECT throws_ok(format($$INSERT INTO orders (user_id, session_id, total_amount, total_currency,
    provider, expires_at, status) VALUES (%1$L, %2$L, 0, 'EUR', 'mock', now(), %3$L)$$, :'ann',
    :'session', s.status), 'TX010', NULL, 'an order cannot start as ' || s.status)
FROM states s WHERE s.status <> 'created';

-- Creation.
SELECT pg_temp.hold(:'session', 'B-1 A-1', :'ann') AS l1,
       pg_temp.hold(:'session', 'A-2', :'ann') AS l2 \gset
SELECT throws_ok(format('SELECT tix_create_order(ARRAY[%s], %L)', :l1, :'bob'), 'TX002', NULL,
    'another''s lock is a lost lock');
SELECT * FROM tix_create_order(ARRAY[:l2, :l1], :'ann', idempotency_key => 'k' || :'plan') \gset o_
SELECT is(:'o_seats'::text, '{A-1,A-2,B-1}', 'an order of two locks has the seats of both');
SELECT is(:'o_total_amount' || :'o_total_currency', '4000EUR',
    'the total is the sum of the prices, an area before a category');
SELECT ok(:'o_expires_at'::timestamptz > clock_timestamp() + interval '9 min',
    'the order has the payment window');
SELECT ok((tix_lock_get(:l1, :'ann')).expires_at > clock_timestamp() + interval '9 min',
    'the engine holds the seats that long');
SELECT tix_set_price(:'event', '{std}', 7777, 'EUR') AS dearer \gset
SELECT results_eq(format('SELECT seat_id, price_amount, lock_id FROM order_items WHERE order_id '
    '= %L ORDER BY 1', :'o_order_id'), format($$VALUES ('A-1', 1000::bigint, %1$s::bigint),
    ('A-2', 1000, %2$s), ('B-1', 2000, %1$s)$$, :l1, :l2), 'items keep price and token');
SELECT is(:'o_replayed' || :'o_session_id', 'f' || :'session', 'a first answer is no replay');
CREATE FUNCTION pg_temp.replay(l1 bigint, l2 bigint, buyer uuid, plan uuid) RETURNS text
LANGUAGE sql AS $$ SELECT r::text FROM tix.tix_create_order(ARRAY[l1, l2], buyer,
                                                    idempotency_key => 'k' || plan) r $$;
SELECT ROW(:'o_order_id'::uuid, :o_total_amount, :'o_total_currency',
           :'o_expires_at'::timestamptz, :'o_seats'::text[], :'o_session_id'::uuid,
           :'o_created_at'::timestamptz, true)::text AS first_answer \gset
SELECT is(pg_temp.replay(:l1, :l2, :'ann', :'plan'), :'first_answer',
    'the same idempotency key answers the same');
SELECT throws_ok(format('SELECT tix_create_order(ARRAY[%s], %L, idempotency_key => %L)', :l1,
    :'ann', 'k' || :'plan'), 'TX009', NULL, 'a key with other locks is refused');
SELECT throws_ok(format('SELECT tix_create_order(ARRAY[%s, %s], %L, ''other'', idempotency_key => '
    '%L)', :l1, :l2, :'ann', 'k' || :'plan'), 'TX009', NULL, 'and so is one with another provider');
SELECT throws_ok(format('SELECT tix_create_order(ARRAY[%s], %L, idempotency_key => %L)', :l1,
    :'ann', key),
    '22023', NULL, 'a key of ' || octet_length(key) || ' bytes is refused')
FROM (VALUES (''), (repeat('k', 256))) v (key);
SELECT throws_ok(format('SELECT tix_create_order(ARRAY[%s], %L)', :l2, :'ann'), 'TX010', NULL,
    'a lock enters one order only');
SELECT is((SELECT count(*) FROM orders WHERE user_id = :'ann'), 1::bigint,
    'refused orders leave nothing');
SELECT throws_ok(format('SELECT tix_create_order(%L, %L)', bad, :'ann'), '22023', NULL,
    format('lock ids %s are refused', coalesce(bad, 'NULL')))
FROM (VALUES (NULL), ('{}'), ('{NULL}')) v (bad);
SELECT throws_ok(format('SELECT tix_create_order(ARRAY[1], %L)', :'ann'), 'TX002', NULL,
    'an unknown lock is a lost lock');

-- Two requests with one key at once: another connection has not committed yet.
CREATE EXTENSION dblink SCHEMA public;
SELECT dblink_connect('other', format('host=%s port=%s dbname=%s user=%s',
                                     :'HOST', :'PORT', :'DBNAME', :'USER')) \g /dev/null
SELECT pg_temp.hold(:'session', 'B-4', :'bob') AS l4 \gset
SELECT dblink_exec('other', 'BEGIN') \g /dev/null
SELECT format('SELECT order_id, replayed FROM tix.tix_create_order(ARRAY[%s], %L, '
              'idempotency_key => %L)', :l4, :'bob', 'twin' || :'plan') AS twin \gset
SELECT order_id AS first_twin FROM dblink('other', :'twin') AS t (order_id uuid, replayed boolean)
\gset
SELECT throws_ok(:'twin', '55P03', NULL, 'a key in use is not another request, and nobody waits');
SELECT dblink_exec('other', 'COMMIT') \g /dev/null
SELECT results_eq(:'twin', format('VALUES (%L::uuid, true)', :'first_twin'),
    'afterwards it has the answer of the first');
SELECT is((SELECT count(*) FROM orders WHERE user_id = :'bob'), 1::bigint,
    'two requests at once make one order');
SELECT dblink_disconnect('other') \g /dev/null
DROP EXTENSION dblink;

-- Reading and cancelling.
SELECT is((SELECT jsonb_array_length(items) FROM tix_get_order(:'o_order_id', :'ann')), 3,
    'the buyer reads the order');
SELECT is_empty(format('SELECT * FROM tix_get_order(%L, %L)', :'o_order_id', :'bob'),
    'a stranger does not');
SELECT throws_ok(format('SELECT tix_cancel_order(%L, %L)', :'o_order_id', :'bob'), 'P0002', NULL,
    'a stranger cannot cancel');
SELECT is(tix_cancel_order(:'o_order_id', :'ann'), '{A-1,A-2,B-1}', 'cancelling gives seats back');
SELECT is(pg_temp.status(:'o_order_id'), 'cancelled', 'the order stays, as cancelled');
SELECT is(pg_temp.state(:'session', 'A-1'), 'free', 'its seats are free');
SELECT is(tix_cancel_order(:'o_order_id', :'ann'), '{}', 'cancelling again changes nothing');
SELECT is(pg_temp.replay(:l1, :l2, :'ann', :'plan'), :'first_answer',
    'the key of a cancelled order keeps its answer');
SELECT is((SELECT result FROM tix_payment_event('mock', 'late' || :'plan', 'captured', 'late'
    || :'plan', :'o_order_id', 4000, 'EUR')), 'late', 'late money takes the seats again');
SELECT is(pg_temp.replay(:l1, :l2, :'ann', :'plan'), :'first_answer',
    'and the key of the paid order, whose seats have new tokens, still has its answer');
SELECT pg_temp.paid(:'session', 'A-9', :'ann') AS sold \gset
SELECT throws_ok(format('SELECT tix_cancel_order(%L, %L)', :'sold', :'ann'), 'TX010', NULL,
    'a completed order cannot be cancelled');

-- Lists.
SELECT pg_temp.order_for(:'session', seat, :'ann') AS fourth FROM unnest('{B-7,B-8}'::text[]) seat
\g /dev/null
SELECT ARRAY(SELECT order_id FROM orders WHERE user_id = :'ann'
             ORDER BY created_at DESC, order_id DESC) AS mine \gset
SELECT is(ARRAY(SELECT order_id FROM tix_list_orders(:'ann')), :'mine'::uuid[],
    'buyers see their orders, newest first');
SELECT is(ARRAY(SELECT order_id FROM tix_list_orders(:'ann', NULL, 3))
    || ARRAY(SELECT order_id FROM tix_list_orders(:'ann', (:'mine'::uuid[])[3], 100)),
    :'mine'::uuid[], 'a page goes on behind the page before');
SELECT results_eq(format('SELECT * FROM tix_list_orders(%L) WHERE order_id = %L', :'ann', :'sold'),
    format('SELECT * FROM tix_get_order(%L, %L)', :'sold', :'ann'),
    'an order is listed as it is shown');
SELECT is_empty(format('SELECT * FROM tix_list_orders(%L, %L)', :'bob', :'sold'),
    'a page cannot begin behind another''s order');
SELECT is((SELECT count(*) FROM tix_list_orders(:'bob')), 1::bigint,
    'nobody sees another''s orders');
SELECT throws_ok(format('SELECT * FROM tix_list_orders(%L, NULL, %L)', :'ann', n), '22023', NULL,
    format('a page of %s orders is refused', coalesce(n::text, 'NULL')))
FROM unnest('{0,101,NULL}'::int[]) n;

-- Expiry: the engine decides, not the order's copy of the deadline.
SET tix.order_ttl = '1s';
SELECT pg_temp.hold(:'session', 'A-3', :'ann', '1s') AS short,
       pg_temp.hold(:'session', 'A-4', :'ann', '1s') AS doubtful \gset
SELECT order_id AS lost FROM tix_create_order(ARRAY[:short], :'ann') \gset
SELECT order_id AS asked FROM tix_create_order(ARRAY[:doubtful], :'ann') \gset
SET tix.in_doubt_max = '1s';
SELECT * FROM tix_begin_payment(:'asked') \gset p_
RESET tix.in_doubt_max;
RESET tix.order_ttl;
SELECT pg_temp.order_for(:'session', 'A-5', :'ann') AS live \gset
UPDATE orders SET expires_at = now() - interval '1 day' WHERE order_id = :'live';
SELECT pg_sleep(1.2) \g /dev/null
SELECT ok(tix_expire_orders(1000) >= 2, 'expiry ends what is due');
SELECT is(pg_temp.status(:'lost'), 'expired', 'an order whose hold is gone expires');
SELECT is(pg_temp.status(:'asked'), 'in_doubt', 'with a payment on its way it is in doubt');
SELECT is(pg_temp.status(:'live'), 'created', 'a live hold keeps its order, whatever the row says');
SELECT is((SELECT count(*) FROM tix_audit() WHERE session_id = :'session'), 0::bigint,
    'the audit is clean');
SELECT throws_ok('SELECT tix_expire_orders(0)', '22023', NULL, 'max_rows must be positive');
SELECT * FROM finish();
