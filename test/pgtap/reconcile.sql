-- Reconciler: a payment whose outcome is unknown is asked about, by one caller at a time, until it
-- is known, and only that frees its seats; what the buyer has to do elsewhere is kept.
\ir fixture.psql
SELECT plan(70);
CREATE FUNCTION pg_temp.begun(session uuid, seats text, buyer uuid) RETURNS uuid LANGUAGE plpgsql
AS $$
DECLARE o uuid := pg_temp.order_for(session, seats, buyer);
BEGIN
    PERFORM FROM tix.tix_begin_payment(o);
    RETURN o;
END $$;
CREATE FUNCTION pg_temp.event(id text, kind text, o uuid, amount bigint) RETURNS text LANGUAGE sql
AS $$
    SELECT result || '/' || next_action FROM tix.tix_payment_event('mock', id || o, kind,
        'tx-' || o, o, amount, 'EUR')
$$;
CREATE FUNCTION pg_temp.payment(o uuid) RETURNS uuid LANGUAGE sql AS $$
    SELECT payment_id FROM tix.payments WHERE order_id = $1
$$;
CREATE FUNCTION pg_temp.due_in(o uuid) RETURNS int LANGUAGE sql AS $$
    SELECT round(extract(epoch FROM next_try_at - clock_timestamp())) FROM tix.payments
    WHERE order_id = $1
$$;
CREATE FUNCTION pg_temp.make_due(o uuid) RETURNS void LANGUAGE sql AS $$
    UPDATE tix.payments SET next_try_at = clock_timestamp() WHERE order_id = $1
$$;
-- Claims the payment of an order that is due: what is to be done, and when it is due again.
CREATE FUNCTION pg_temp.claim(o uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE got record;
BEGIN
    PERFORM pg_temp.make_due(o);
    SELECT * INTO got FROM tix.tix_payments_due(1000) d WHERE d.order_id = o;
    RETURN got.action || ' ' || got.status || ' ' || pg_temp.due_in(o);
END $$;
SELECT count(*) FROM tix_payments_due(1000) \g /dev/null

-- What is due.
SELECT pg_temp.begun(:'session', 'A-1', :'ann') AS o \gset
SELECT ok(pg_temp.due_in(:'o') BETWEEN 55 AND 60, 'a payment is left alone for a minute');
SELECT is_empty('SELECT * FROM tix_payments_due()', 'it is not due before');
SELECT throws_ok(format('SELECT tix_payments_due(%L)', n), '22023', NULL,
    format('%s rows are refused', coalesce(n::text, 'NULL')))
FROM (VALUES (NULL), (0), (-1), (1001)) v (n);
SELECT pg_temp.begun(:'session', 'A-2', :'ann') AS second \gset
SELECT pg_temp.make_due(:'o') \g /dev/null
SELECT pg_temp.make_due(:'second') \g /dev/null
CREATE EXTENSION dblink SCHEMA public;
SELECT dblink_connect('other', format('host=%s port=%s dbname=%s user=%s',
                                     :'HOST', :'PORT', :'DBNAME', :'USER')) \g /dev/null
BEGIN;
SELECT results_eq('SELECT * FROM tix_payments_due(1)', format(
    $$SELECT %L::uuid, %L::uuid, 'mock', NULL::text, 1000::bigint, 'EUR', 'pending', 'ask', 1$$,
    pg_temp.payment(:'o'), :'o'), 'the longest due is claimed, with all one has to know');
SELECT dblink_exec('other', 'SET statement_timeout = 3000') \g /dev/null
SELECT is((SELECT order_id FROM dblink('other', 'SELECT order_id FROM tix.tix_payments_due()')
    AS t (order_id uuid)), :'second'::uuid, 'another caller gets the other one, without waiting');
COMMIT;
SELECT dblink_disconnect('other') \g /dev/null
DROP EXTENSION dblink;
SELECT is_empty('SELECT * FROM tix_payments_due()', 'what was claimed is not due');
SELECT is(ARRAY(SELECT pg_temp.claim(:'o') FROM generate_series(1, 10)),
    '{ask pending 20,ask pending 40,ask pending 80,ask pending 160,ask pending 320,ask pending 640,
    ask pending 1280,ask pending 2560,ask pending 3600,ask pending 3600}'::text[],
    'it is due again after 10 s, doubling to an hour');
UPDATE payments SET attempts = 2147483647 WHERE order_id = :'o';
SELECT is(pg_temp.claim(:'o'), 'ask pending 3600', 'for ever');
SELECT has_index('tix', 'payments', 'payments_due', 'next_try_at', 'an index finds what is due');
SELECT is(pg_temp.status(:'o') || pg_temp.state(:'session', 'A-1'), 'payment_pendingheld',
    'asking frees no seat');

-- Capture asked for and not answered; void asked for and not answered.
SELECT is(pg_temp.event('a', 'authorized', :'o', 1000), 'applied/capture', 'capture is asked for');
SELECT ok(pg_temp.due_in(:'o') BETWEEN 5 AND 10, 'its answer is waited for ten seconds');
SELECT is(pg_temp.claim(:'o'), 'ask authorized 10', 'then the provider is asked how it stands');
SELECT is(pg_temp.event('b', 'authorized', :'o', 1000), 'applied/capture',
    'still reserved: the fence is checked again, and the answer is capture');
SELECT is(pg_temp.event('c', 'captured', :'o', 1000), 'applied/none', 'captured');
SELECT is(pg_temp.claim(:'o'), NULL, 'what is known is not asked about');
SELECT pg_temp.begun(:'session', 'A-3', :'ann') AS lost \gset
SELECT release_order_seats(:'lost', :'ann') \g /dev/null
SELECT is(pg_temp.event('a', 'authorized', :'lost', 1000), 'applied/void', 'void is asked for');
SELECT is(pg_temp.claim(:'lost'), 'void voiding 10', 'and again');
SELECT is(pg_temp.event('v', 'voided', :'lost', NULL), 'applied/none', 'until it is done');
SELECT is(pg_temp.claim(:'lost'), NULL, 'which is the end');

-- The order has ended, the payment has not.
SELECT tix_cancel_order(:'second', :'ann') \g /dev/null
SELECT is(pg_temp.claim(:'second'), 'ask pending 20',
    'a payment is asked about, whatever became of its order');
SELECT is(pg_temp.event('f', 'failed', :'second', NULL), 'applied/none', 'until it is known');
SELECT is(pg_temp.claim(:'second') || pg_temp.status(:'second'), NULL, 'and no longer');
SELECT is(pg_temp.status(:'second'), 'cancelled', 'the order stays as it was');

-- In doubt: the deadline passed while the provider may still say yes.
SET tix.in_doubt_max = '1s';
SET tix.order_ttl = '1s';
SELECT order_id AS doubt FROM tix_create_order(
    ARRAY[pg_temp.hold(:'session', 'A-4', :'ann', '1s')], :'ann') \gset
SELECT order_id AS doubt2 FROM tix_create_order(
    ARRAY[pg_temp.hold(:'session', 'A-5', :'ann', '1s')], :'ann') \gset
SELECT count(*) FROM unnest(ARRAY[:'doubt', :'doubt2']::uuid[]) o, tix_begin_payment(o) \g /dev/null
RESET tix.in_doubt_max;
RESET tix.order_ttl;
SELECT is(tix_expire_orders(), 0, 'an order in payment does not expire before');
SELECT pg_sleep(1.2) \g /dev/null
SELECT is(tix_expire_orders(), 2, 'its deadline passes');
SELECT is(pg_temp.status(:'doubt'), 'in_doubt', 'and leaves it in doubt');
SELECT is(pg_temp.claim(:'doubt'), 'ask pending 10', 'its payment is asked about');
SELECT is(pg_temp.event('c', 'captured', :'doubt', 1000), 'late/none', 'it was paid');
SELECT is(pg_temp.status(:'doubt'), 'completed', 'the order is complete');
SELECT is(pg_temp.event('f', 'failed', :'doubt2', NULL), 'applied/none', 'it was refused');
SELECT is(pg_temp.status(:'doubt2'), 'expired', 'the order has expired');

-- What the buyer has to do elsewhere.
SELECT pg_temp.begun(:'session', 'A-6', :'ann') AS secure \gset
SELECT throws_ok(format('SELECT tix_payment_action_required(%L, %L)', pg_temp.payment(:'secure'),
    url), '22023', NULL, coalesce(left(quote_literal(url), 30), 'NULL') || ' is no address')
FROM (VALUES (NULL), (''), ('javascript:alert(1)'), ('https://'), (E'https://a/\r\nx'),
    ('https://a b'), ('https://' || repeat('a', 2048))) v (url);
SELECT throws_ok(format('SELECT tix_payment_action_required(%L, ''https://a/'', ''infinity'')',
    pg_temp.payment(:'secure')), '22023', NULL, 'nor for ever a time');
SELECT throws_ok('SELECT tix_payment_action_required(gen_random_uuid(), ''https://a/'')', 'P0002',
    NULL, 'an unknown payment needs no action');
SELECT throws_ok(format('SELECT tix_payment_action_required(%L, ''https://a/'', NULL, %L)',
    pg_temp.payment(:'secure'), 'tx-' || :'o'), '22023', NULL,
    'nor one with the transaction of another');
SELECT is(tix_payment_action_required(pg_temp.payment(:'secure'), 'https://bank/3ds?x=1',
    '2030-01-01', 'tx-' || :'secure'), 'requires_action', 'the buyer is to go somewhere');
SELECT results_eq(format('SELECT status, action_url, action_expires_at
    FROM tix_order_payments(%L, %L)', :'secure', :'ann'),
    $$VALUES ('requires_action', 'https://bank/3ds?x=1', '2030-01-01'::timestamptz)$$,
    'and is told where and until when');
SELECT is_empty(format('SELECT * FROM tix_order_payments(%L, %L)', :'secure', :'bob'),
    'nobody else is');
SELECT is(pg_temp.claim(:'secure'), 'ask requires_action 10', 'the provider is asked in time');
SELECT throws_ok(format('SELECT tix_payment_action_required(%L, ''https://a/'', NULL, ''tx'')',
    pg_temp.payment(:'secure')), '22023', NULL, 'a payment keeps its transaction');
SELECT is(tix_payment_action_required(pg_temp.payment(:'secure'), 'https://bank/again'),
    'requires_action', 'another address replaces the first');
SELECT is(pg_temp.event('a', 'authorized', :'secure', 1000), 'applied/capture',
    'the buyer did it: capture');
SELECT is((SELECT action_url FROM tix_order_payments(:'secure', :'ann')), NULL,
    'there is nothing left to do');
SELECT throws_ok(format('SELECT tix_payment_action_required(%L, ''https://a/'')',
    pg_temp.payment(:'secure')), 'TX010', NULL, 'nor will there be');

-- A payment that has begun is known by the provider's name for it.
SELECT pg_temp.begun(:'session', 'A-7', :'ann') AS known \gset
SELECT throws_ok(format('SELECT tix_payment_begun(%L, %L)', pg_temp.payment(:'known'), tx),
    '22023', NULL, coalesce(left(quote_literal(tx), 20), 'NULL') || ' is no transaction')
FROM (VALUES (NULL), (''), (repeat('a', 256)), ('tx-' || :'secure')) v (tx);
SELECT throws_ok('SELECT tix_payment_begun(gen_random_uuid(), ''tx'')', 'P0002', NULL,
    'an unknown payment has not begun');
SELECT is(tix_payment_begun(pg_temp.payment(:'known'), 'tx-' || :'known'), 'pending',
    'the transaction is kept');
SELECT pg_temp.make_due(:'known') \g /dev/null
SELECT is_empty('SELECT * FROM tix_payments_due(10, ''{stripe}'')',
    'who cannot ask its provider does not get it');
SELECT is((SELECT provider_transaction_id FROM tix_payments_due(10, '{stripe,mock}')),
    'tx-' || :'known', 'who can asks by the transaction');
SELECT is(tix_payment_begun(pg_temp.payment(:'known'), 'tx-' || :'known'), 'pending',
    'again changes nothing');
SELECT throws_ok(format('SELECT tix_payment_begun(%L, ''other'')', pg_temp.payment(:'known')),
    '22023', NULL, 'and another name is refused');
SELECT is(tix_payment_begun(pg_temp.payment(:'known'), 'tx-' || :'known', 'https://bank/',
    '20 min'), 'requires_action', 'the buyer has to go elsewhere');
SELECT ok(action_expires_at BETWEEN clock_timestamp() + interval '19 min'
          AND clock_timestamp() + interval '20 min', 'for twenty minutes')
FROM tix_order_payments(:'known', :'ann');
SELECT results_eq(format($$SELECT result, next_action FROM tix_payment_event('mock', 'by tx',
    'captured', 'tx-%s', NULL, 1000, 'EUR')$$, :'known'), $$VALUES ('applied', 'none')$$,
    'an event that names no order is about that of the transaction');
SELECT is(pg_temp.status(:'known'), 'completed', 'which is complete');
SELECT is(tix_payment_begun(pg_temp.payment(:'known'), 'tx-' || :'known', 'https://bank/late'),
    'succeeded', 'an answer that comes after the money changes nothing');
SELECT is_empty('SELECT * FROM audit_money()', 'all agrees');
SELECT * FROM finish();
