-- Owed refunds: whoever owes money back owes it by one way, once, and never more than came.
\ir fixture.psql
SELECT plan(36);
CREATE FUNCTION pg_temp.owed(o uuid) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(amount || ' ' || reason || ' ' || status, ', ' ORDER BY created_at, amount)
    FROM tix.refunds WHERE order_id = $1
$$;
CREATE FUNCTION pg_temp.item(o uuid, seat text) RETURNS uuid LANGUAGE sql AS $$
    SELECT order_item_id FROM tix.order_items WHERE order_id = $1 AND seat_id = $2
$$;
SELECT pg_temp.paid(:'session', 'A-1 A-2 A-3', :'ann') AS o,
       pg_temp.paid(:'session', 'B-1', :'bob') AS bobs,
       pg_temp.order_for(:'session', 'B-2', :'ann') AS unpaid \gset

SELECT throws_ok(format('SELECT owe_refund(%L, NULL, %s, %s)', :'o', v.amount, v.reason), '22023',
    NULL, 'no refund of ' || v.amount || ' for the reason ' || v.reason)
FROM (VALUES ('NULL', '''x'''), ('-1', '''x'''), ('-9223372036854775808', '''x'''), ('1', 'NULL'))
     v (amount, reason);
SELECT throws_ok('SELECT owe_refund(NULL, NULL, 1, ''x'')', 'P0002', NULL, 'no order, no refund');
SELECT throws_ok('SELECT owe_refund(gen_random_uuid(), NULL, 1, ''x'')', 'P0002', NULL,
    'nor of one that is unknown');
SELECT throws_ok(format('SELECT owe_refund(%L, %L, 1, ''x'')', :'o', pg_temp.item(:'bobs', 'B-1')),
    'P0002', NULL, 'nor for an item of another order');
SELECT throws_ok(format('SELECT owe_refund(%L, NULL, 1, ''x'')', :'unpaid'), 'TX008', NULL,
    'what was not paid is not owed back');
SELECT throws_ok(format('SELECT owe_refund(%L, NULL, 3001, ''x'')', :'o'), 'TX008', NULL,
    'nor more than was paid');
SELECT throws_ok(format('SELECT owe_refund(%L, NULL, 9223372036854775807, ''x'')', :'o'), 'TX008',
    NULL, 'however much more');
SELECT is(owe_refund(:'o', NULL, 0, 'x'), NULL, 'nothing owes nothing');
SELECT is(pg_temp.owed(:'o'), NULL, 'none of these changed anything');

SELECT owe_refund(:'o', pg_temp.item(:'o', 'A-1'), 1000, 'seat') AS first \gset
SELECT is(pg_temp.owed(:'o'), '1000 seat requested', 'what is owed stands in refunds');
SELECT is((SELECT order_item_id FROM refunds WHERE refund_id = :'first'),
    pg_temp.item(:'o', 'A-1'), 'with its item');
SELECT is((SELECT (payment_id = (SELECT payment_id FROM orders WHERE order_id = :'o'))::text
    || currency FROM refunds WHERE refund_id = :'first'), 'trueEUR',
    'and the payment and currency it came in');
SELECT throws_ok(format('SELECT owe_refund(%L, %L, 1, ''x'')', :'o', pg_temp.item(:'o', 'A-1')),
    'TX010', NULL, 'an item is owed once');
SELECT throws_ok(format('SELECT owe_refund(%L, NULL, 2001, ''x'')', :'o'), 'TX008', NULL,
    'what is owed already is not there to be owed again');
SELECT isnt(owe_refund(:'o', NULL, 2000, 'rest'), NULL, 'the rest is');
SELECT throws_ok(format('SELECT owe_refund(%L, NULL, 1, ''x'')', :'o'), 'TX008', NULL,
    'and not a cent more');
SELECT tix_refund_refused(:'first', 'account closed') AS refused \gset
SELECT isnt(owe_refund(:'o', pg_temp.item(:'o', 'A-1'), 1000, 'again'), NULL,
    'a refund that failed may be owed again');
SELECT is(pg_temp.owed(:'o'), '1000 seat failed, 2000 rest requested, 1000 again requested',
    'each time in a row of its own');
SELECT throws_ok(format('SELECT owe_refund(%L, NULL, 1, ''x'')', :'o'), 'TX008', NULL,
    'and counts again');
SELECT throws_ok(format('UPDATE refunds SET status = ''requested'' WHERE refund_id = %L',
    :'first'), '23505', NULL, 'the index keeps two for one item apart');

-- Two payments of one order.
INSERT INTO payments (order_id, amount, currency, provider, status)
VALUES (:'bobs', 500, 'EUR', 'mock', 'succeeded') RETURNING payment_id AS second \gset
SELECT owe_refund(:'bobs', pg_temp.item(:'bobs', 'B-1'), 2300, 'both') AS both_ \gset
SELECT is(pg_temp.owed(:'bobs'), '2000 both requested, 300 both requested',
    'what one payment cannot give the other gives');
SELECT is((SELECT amount FROM refunds WHERE refund_id = :'both_'), 2000::bigint,
    'the one that paid the order first');
SELECT is((SELECT payment_id FROM refunds WHERE order_id = :'bobs' AND amount = 300),
    :'second'::uuid, 'then the other');
SELECT throws_ok(format('SELECT owe_refund(%L, NULL, 201, ''x'')', :'bobs'), 'TX008', NULL,
    'both together bound what is owed');
SELECT isnt(owe_refund(:'bobs', NULL, 200, 'last'), NULL, 'to the cent');

-- Two at once: both want the whole.
SELECT pg_temp.paid(:'session', 'B-4', :'bob') AS raced \gset
CREATE EXTENSION dblink SCHEMA public;
SELECT dblink_connect(n, format('host=%s port=%s dbname=%s user=%s',
    :'HOST', :'PORT', :'DBNAME', :'USER')) FROM (VALUES ('one'), ('two')) v (n) \g /dev/null
SELECT dblink_exec('one', 'BEGIN') \g /dev/null
SELECT isnt((SELECT r FROM dblink('one', format('SELECT tix.owe_refund(%L, NULL, 2000, ''one'')',
    :'raced')) AS t (r uuid)), NULL, 'the first has it');
SELECT dblink_send_query('two', format('SELECT tix.owe_refund(%L, NULL, 2000, ''two'')', :'raced'))
    AS sent \gset
SELECT pg_sleep(0.3) \g /dev/null
SELECT is(dblink_is_busy('two'), 1, 'the second waits for the order, not for the table');
SELECT isnt(owe_refund(:'bobs', NULL, 0, 'x') IS NULL, NULL, 'nobody else waits');
SELECT dblink_exec('one', 'COMMIT') \g /dev/null
SELECT throws_ok('SELECT * FROM dblink_get_result(''two'') AS t (r uuid)', 'TX008', NULL,
    'and finds nothing left');
SELECT is(pg_temp.owed(:'raced'), '2000 one requested', 'it is owed once');
SELECT count(*) FROM (VALUES ('one'), ('two')) v (n), dblink_disconnect(n) \g /dev/null
DROP EXTENSION dblink;

-- What the bank took back cannot be given back.
SELECT pg_temp.paid(:'session', 'B-3', :'bob') AS taken \gset
INSERT INTO disputes (order_id, payment_id, provider_dispute_id, amount, currency)
SELECT order_id, payment_id, 'd', 1500, 'EUR' FROM orders WHERE order_id = :'taken';
SELECT throws_ok(format('SELECT owe_refund(%L, NULL, 501, ''x'')', :'taken'), 'TX008', NULL,
    'what the bank took back is not owed a second time');
SELECT isnt(owe_refund(:'taken', NULL, 500, 'rest'), NULL, 'what it left is');
SELECT is_empty('SELECT * FROM audit_money()', 'all agrees');
SELECT * FROM finish();
