-- Ledger: every movement of money is booked once with the row that says it happened, is never
-- changed, and the audit finds whatever disagrees with it.
\ir fixture.psql
SELECT plan(33);
CREATE FUNCTION pg_temp.entries(o uuid) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(kind || ' ' || amount || currency, ', ' ORDER BY entry_id)
    FROM tix.ledger WHERE order_id = $1
$$;
CREATE FUNCTION pg_temp.breaches(o uuid) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(law, ' ' ORDER BY law) FROM tix.audit_money() WHERE subject = o::text
$$;
SELECT is_empty('SELECT * FROM audit_money()', 'before, all agrees');

-- Booked.
SELECT pg_temp.order_for(:'session', 'A-1 A-2', :'ann') AS o \gset
SELECT * FROM tix_begin_payment(:'o') \gset p_
SELECT is(pg_temp.entries(:'o'), NULL, 'a payment that begins moves nothing');
SELECT result FROM tix_payment_event('mock', 'c' || :'o', 'captured', 't' || :'o', :'o', 2000,
    'EUR') \gset
SELECT is(pg_temp.entries(:'o'), 'captured 2000EUR', 'a capture is booked');
SELECT is((SELECT payment_id FROM ledger WHERE order_id = :'o'), :'p_payment_id'::uuid,
    'with its payment');
UPDATE payments SET status = 'succeeded' WHERE payment_id = :'p_payment_id';
SELECT is(pg_temp.entries(:'o'), 'captured 2000EUR', 'and once');
SELECT result FROM tix_payment_event('mock', 'c2' || :'o', 'captured', 't2' || :'o', :'o', 2000,
    'EUR') \gset
SELECT is(pg_temp.entries(:'o'), 'captured 2000EUR, captured 2000EUR',
    'money that comes twice is booked twice');
SELECT results_eq(format('SELECT captured, refunded, balance FROM ledger_balances
    WHERE order_id = %L', :'o'), 'VALUES (4000::bigint, 0::bigint, 4000::bigint)',
    'the balance counts what is owed back as ours until it is paid');
SELECT result FROM tix_payment_event('mock', 'r' || :'o', 'refunded', 't2' || :'o', :'o', 2000,
    'EUR') \gset
SELECT is(pg_temp.entries(:'o'), 'captured 2000EUR, captured 2000EUR, refunded -2000EUR',
    'a refund is booked when it is paid');
SELECT results_eq(format('SELECT captured, refunded, balance FROM ledger_balances
    WHERE order_id = %L', :'o'), 'VALUES (4000::bigint, 2000::bigint, 2000::bigint)',
    'and the balance is what is left');
SELECT is((SELECT count(*) FROM ledger l JOIN refunds r USING (refund_id)
    WHERE r.order_id = :'o' AND l.amount = -r.amount), 1::bigint, 'with its refund');
INSERT INTO payments (order_id, amount, currency, provider, status)
VALUES (:'o', 0, 'EUR', 'mock', 'succeeded');
SELECT is((SELECT count(*) FROM ledger WHERE order_id = :'o'), 3::bigint, 'nothing is not booked');
BEGIN;
INSERT INTO payments (order_id, amount, currency, provider, status)
VALUES (:'o', 7, 'EUR', 'mock', 'succeeded');
SELECT is((SELECT balance FROM ledger_balances WHERE order_id = :'o'), 2007::bigint,
    'cash that is a payment from the start is booked');
ROLLBACK;
SELECT is((SELECT balance FROM ledger_balances WHERE order_id = :'o'), 2000::bigint,
    'and a rollback takes the entry along');
SELECT throws_ok('INSERT INTO ledger (order_id, kind, amount, currency)
    VALUES (gen_random_uuid(), ''captured'', ' || v.amount || ', ' || v.currency || ')', '23514',
    NULL, v.what)
FROM (VALUES ('0', '''EUR''', 'an entry moves something'), ('1', '''eur''', 'in a currency'))
     v (amount, currency, what);
SELECT throws_ok('INSERT INTO ledger (order_id, kind, amount, currency)
    VALUES (gen_random_uuid(), ''gift'', 1, ''EUR'')', '23514', NULL, 'of a kind that is known');

-- Append-only.
SELECT throws_ok(statement, 'TX010', NULL, 'the ledger refuses ' || statement)
FROM (VALUES ('UPDATE ledger SET amount = 1'), ('DELETE FROM ledger'), ('TRUNCATE ledger'))
     v (statement);
SET session_replication_role = replica;
SELECT throws_ok('DELETE FROM ledger', 'TX010', NULL, 'also to a replication role');
RESET session_replication_role;
SELECT is(pg_temp.entries(:'o'), 'captured 2000EUR, captured 2000EUR, refunded -2000EUR',
    'and stays as it was');

-- Found.
SELECT is(pg_temp.breaches(:'o'), NULL, 'so far all agrees');
BEGIN;
SET LOCAL session_replication_role = replica;
UPDATE payments SET status = 'failed' WHERE payment_id = :'p_payment_id';
SELECT is(pg_temp.breaches(:'o'), 'O8', 'an entry without its payment is found');
ROLLBACK;
BEGIN;
SET LOCAL session_replication_role = replica;
INSERT INTO payments (order_id, amount, currency, provider, status)
VALUES (:'o', 5, 'EUR', 'mock', 'succeeded');
SELECT is(pg_temp.breaches(:'o'), 'O8', 'a payment without its entry is found');
ROLLBACK;
BEGIN;
SET LOCAL session_replication_role = replica;
UPDATE refunds SET amount = amount - 1 WHERE order_id = :'o';
SELECT is(pg_temp.breaches(:'o'), 'O8', 'a refund of another sum is found');
ROLLBACK;
BEGIN;
INSERT INTO ledger (order_id, payment_id, kind, amount, currency)
VALUES (:'o', :'p_payment_id', 'captured', 2000, 'EUR');
SELECT is(pg_temp.breaches(:'o'), 'O8', 'an entry made twice is found');
INSERT INTO ledger (order_id, payment_id, kind, amount, currency)
VALUES (:'o', :'p_payment_id', 'captured', -2000, 'EUR');
SELECT is(pg_temp.breaches(:'o'), 'O8', 'also when another takes it back');
ROLLBACK;
BEGIN;
SET LOCAL session_replication_role = replica;
UPDATE payments SET currency = 'USD' WHERE payment_id = :'p_payment_id';
SELECT is(pg_temp.breaches(:'o'), 'O8 O8', 'and so is another currency, from both sides');
ROLLBACK;
BEGIN;
INSERT INTO refunds (payment_id, order_id, amount, currency, reason)
VALUES (:'p_payment_id', :'o', 2001, 'EUR', 'by hand');
SELECT is(pg_temp.breaches(:'o'), 'O5', 'a refund beyond its payment is found');
ROLLBACK;
BEGIN;
SET LOCAL session_replication_role = replica;
UPDATE orders SET status = 'expired' WHERE order_id = :'o';
SELECT is(pg_temp.breaches(:'o'), 'O4', 'money of an order that ended is found');
ROLLBACK;
BEGIN;
INSERT INTO ledger (order_id, payment_id, kind, amount, currency)
VALUES (gen_random_uuid(), gen_random_uuid(), 'captured', 9, 'EUR');
SELECT is((SELECT count(*) FROM audit_money()), 1::bigint, 'money of no order is found');
ROLLBACK;
SELECT is_empty('SELECT * FROM audit_money()', 'after, all agrees again');
SET ROLE tix_admin;
SELECT isnt((SELECT count(*) FROM tix.ledger_balances), NULL, 'operators read the balances');
RESET ROLE;
SELECT * FROM finish();
